"""`tools` in the server's own runtime: what needs no session, and the way to define something and to run it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from chatd.ports import HostFunction, Later, ToolContext
from chatd.tasks.chat.hub import Hub
from chatd.tasks.scripts.sessionless import sessionless_functions
from chatd.tasks.scripts.tool_calls import call_tool


def server_functions(
    hub: Hub,
    context: Callable[[], ToolContext],
    *,
    offer: HostFunction,
    set_meta: HostFunction,
    say: HostFunction,
    done: HostFunction,
    reloaded: bool = False,
) -> Mapping[str, HostFunction]:
    """The table; `offer`, `say` and `done` are the script's way to define something and to run it, `set_meta` annotates
    rows.

    `context` says on whose behalf the script runs at the moment: what it has other tools do is done for them.
    """
    return {
        **sessionless_functions(hub, "server", reloaded=reloaded),
        "look_for_models": lambda: Later(hub.discovery.refresh),
        "call": lambda name, arguments=None: call_tool(hub, context(), name, arguments),
        "set_meta": set_meta, "offer": offer, "run_say": say, "run_done": done,
    }  # fmt: skip
