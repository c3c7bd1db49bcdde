"""The tool `roll_dice`: chance, which models only pretend to have."""

from __future__ import annotations

from random import Random

from chatd.builtin.dice import MAX_LENGTH, parse, throw
from chatd.core.tool import ToolSpec
from chatd.errors import UsageError
from chatd.ports import Arguments, SimpleTool, Tool, ToolContext

SPEC = ToolSpec(
    "roll_dice",
    "Throws dice and shows each of them and the total: 3d6+2, d20, 2d6+1d4-1; 4d6kh3 keeps the highest three, 2d20kl1"
    " the lowest one.",
    {
        "type": "object",
        "properties": {"dice": {"type": "string", "description": "such as 3d6+2", "maxLength": MAX_LENGTH}},
        "required": ["dice"],
        "additionalProperties": False,
    },
)


def roll_dice_tool(random: Random) -> Tool:
    """The tool, throwing with this source of randomness."""

    async def answer(arguments: Arguments, _context: ToolContext) -> str:
        try:
            terms = parse(str(arguments["dice"]))
        except ValueError as error:
            raise UsageError(str(error)) from None
        return throw(terms, lambda sides: random.randint(1, sides)).text

    return SimpleTool(SPEC, answer)
