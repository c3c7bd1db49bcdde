"""tools.call: a script runs a tool as models do."""

from __future__ import annotations

import json
from collections.abc import Mapping

from chatd.core.row import Status
from chatd.core.stream import ToolCall
from chatd.ports import Later, Plain, ToolContext
from chatd.tasks.chat.hub import Hub


def call_tool(hub: Hub, context: ToolContext, name: str, arguments: Mapping[str, Plain] | None = None) -> Later:
    """Run the tool on behalf of the person in `context`: `{success=true, result=…}`, or false and `error`."""
    call = ToolCall(hub.ids.new(), str(name), json.dumps(arguments or {}))

    async def run() -> Plain:
        result = await hub.answers.router.tools.run(call, context, on_output=_drop)
        good = result.status is Status.COMPLETE
        return {"success": good, "result" if good else "error": result.content}

    return Later(run)


async def _drop(_text: str) -> None:
    """Output that is wanted as a whole, at the end."""
