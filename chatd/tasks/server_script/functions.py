"""`tools` in the server's own runtime: what needs no session. The rest of a session's table says that there is none."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping

from chatd.core.row import Status
from chatd.core.sanitize import sanitize, sanitize_line
from chatd.core.stream import ToolCall
from chatd.errors import ScriptError
from chatd.ports import HostFunction, Later, Plain, ToolContext
from chatd.screen import widths
from chatd.screen.wrap import wrap
from chatd.tasks.hub import Hub
from chatd.tasks.session import views

logger = logging.getLogger("chatd.script")

SILENT = ("mark_dirty", "notify", "bell", "put", "cursor")
"""Calls about a screen, which do nothing where there is none: scripts make them without asking."""

ABSENT = (
    "room", "streams", "history", "say", "add_row", "mention", "cancel", "retry", "carry_on", "join", "create",
    "leave", "quit", "lines", "text", "thoughts", "kv_get", "kv_set",
)  # fmt: skip
"""Calls on behalf of a person."""


def server_functions(
    hub: Hub, context: Callable[[], ToolContext], *, offer: HostFunction, say: HostFunction, done: HostFunction
) -> Mapping[str, HostFunction]:
    """The table; `offer`, `say` and `done` are the script's way to define something and to run it.

    `context` says on whose behalf the script runs at the moment: what it has other tools do is done for them.
    """
    nothing: dict[str, HostFunction] = dict.fromkeys(SILENT, _nothing)
    absent: dict[str, HostFunction] = {name: _absent(name) for name in ABSENT}
    return {
        **nothing, **absent,
        "session": lambda: {"name": "", "kind": "server", "mode": "server", "width": 80, "height": 24,
                            "server": hub.facts.name, "version": hub.facts.version, "motd": "", "notice": "",
                            "max_message": hub.limits.max_message},
        "rooms": lambda: [views.room_summary(hub, room, 0) for room in hub.lobby.visible("")],
        "who": lambda: [*(views.person_view(hub, p) for p in hub.lobby.people), *views.model_people(hub)],
        "models": lambda: [views.model_view(hub, model) for model in hub.models.values()],
        "model": lambda name: _model(hub, str(name)),
        "look_for_models": lambda: Later(hub.discovery.refresh),
        "call": lambda name, arguments=None: _call(hub, context(), str(name), arguments),
        "is_member": lambda name: hub.is_member(str(name)),
        "now": hub.clock.now_ms,
        "display_width": widths.width, "graphemes": widths.graphemes, "clip": widths.clip,
        "wrap": lambda text, width: list(wrap(sanitize(str(text)), max(1, int(width)))),
        "log": _log,
        "offer": offer, "run_say": say, "run_done": done,
    }  # fmt: skip


def _nothing(*_: Plain) -> None:
    return None


def _absent(name: str) -> Callable[..., None]:
    def refuse(*_: Plain) -> None:
        raise ScriptError(f"there is no session here; {name} works in a session's scripts")

    return refuse


def _model(hub: Hub, name: str) -> Plain:
    model = hub.models.named(name)
    return None if model is None else views.model_view(hub, model)


def _call(hub: Hub, context: ToolContext, name: str, arguments: Plain) -> Later:
    """tools.call(name, arguments): run another tool for the same person."""
    call = ToolCall(hub.ids.new(), name, json.dumps(arguments or {}))

    async def run() -> Plain:
        result = await hub.answers.router.tools.run(call, context, on_output=_drop)
        good = result.status is Status.COMPLETE
        return {"success": good, "result" if good else "error": result.content}

    return Later(run)


async def _drop(_text: str) -> None:
    """Output that is wanted as a whole, at the end."""


def _log(level: str, text: str) -> None:
    number = {"debug": logging.DEBUG, "info": logging.INFO, "warn": logging.WARNING, "error": logging.ERROR}
    logger.log(number.get(str(level), logging.INFO), "%s", sanitize_line(str(text))[:1000])
