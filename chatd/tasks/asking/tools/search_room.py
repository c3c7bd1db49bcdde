"""The tool `search_room`: what was said in the room, also before what the model was told of it."""

from __future__ import annotations

from chatd.core.search import MAX_QUERY, parse_query
from chatd.core.times import iso
from chatd.core.tool import ToolSpec
from chatd.ports import Arguments, Search, SimpleTool, Tool, ToolContext
from chatd.tasks.slices import snippet

MAX_HITS = 8
"""Rows a model is shown: a snippet of each is some hundred tokens together."""

OWN_ROWS = 8
"""Rows of the answer under way that may be among the hits: the question, and what was said between tool calls."""

SPEC = ToolSpec(
    "search_room",
    'What was said in this room, newest first. Words must all occur, "a phrase" literally; from:NAME finds what'
    " somebody said. Gives time, author and a line of each message.",
    {
        "type": "object",
        "properties": {
            "query": {"type": "string", "description": 'such as budget "next week" from:alice', "maxLength": MAX_QUERY}
        },
        "required": ["query"],
        "additionalProperties": False,
    },
)


def search_room_tool(rows: Search) -> Tool:
    """The tool, searching these rows; never in another room than the one in which was asked."""

    async def answer(arguments: Arguments, context: ToolContext) -> str:
        query = parse_query(str(arguments["query"]))
        found = await rows.search([context.room_id], query, MAX_HITS + OWN_ROWS)
        # The question itself has the words that are looked for.
        others = [row for row in found if row.mention_id != context.mention_id][:MAX_HITS]
        lines = [f"[{iso(row.created_at)}] {row.author}: {await snippet(row.content, query)}" for row in others]
        return "\n".join(lines) or "nothing was found"

    return SimpleTool(SPEC, answer)
