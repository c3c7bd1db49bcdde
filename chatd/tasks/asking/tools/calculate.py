"""The tool `calculate`: arithmetic, which models are bad at."""

from __future__ import annotations

from chatd.builtin.calculate import MAX_LENGTH, calculate
from chatd.core.tool import ToolSpec
from chatd.errors import UsageError
from chatd.ports import Arguments, SimpleTool, Tool, ToolContext

SPEC = ToolSpec(
    "calculate",
    "The exact value of an arithmetic expression: + - * / // % ** and parentheses, sqrt sin cos tan asin acos atan"
    " log(x[, base]) ln exp abs round floor ceil min max factorial gcd, pi e tau; angles in radians; 15% is 0.15."
    " Integers may be very large.",
    {
        "type": "object",
        "properties": {
            "expression": {"type": "string", "description": "such as (3+4)*2**10 or sqrt(2)", "maxLength": MAX_LENGTH}
        },
        "required": ["expression"],
        "additionalProperties": False,
    },
)


def calculate_tool() -> Tool:
    """The tool `calculate`, which models call for arithmetic."""
    return SimpleTool(SPEC, _answer)


async def _answer(arguments: Arguments, _context: ToolContext) -> str:
    try:
        return calculate(str(arguments["expression"]))
    except ValueError as error:
        raise UsageError(str(error)) from None
