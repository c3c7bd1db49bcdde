"""`tools` where there is no session: what does not need one. The rest of a session's table says that there is none."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from chatd.errors import ScriptError
from chatd.ports import HostFunction, Plain
from chatd.screen import widths
from chatd.tasks.chat import views
from chatd.tasks.chat.hub import Hub
from chatd.tasks.chat.stats import server_stats
from chatd.tasks.scripts.api import Where, names
from chatd.tasks.scripts.api_functions import FUNCTIONS
from chatd.tasks.scripts.layout import layout, wrap_text
from chatd.tasks.scripts.script_log import ScriptLog

SILENT = names(FUNCTIONS, Where.SCREEN)
"""Calls about a screen, which do nothing where there is none: scripts make them without asking."""

ABSENT = names(FUNCTIONS, Where.SESSION)
"""Calls on behalf of a person."""


def sessionless_functions(hub: Hub, mode: str, *, reloaded: bool = False) -> Mapping[str, HostFunction]:
    """The table; `mode` is what scripts read in `tools.session().mode`."""
    nothing: dict[str, HostFunction] = dict.fromkeys(sorted(SILENT), _nothing)
    absent: dict[str, HostFunction] = {name: _absent(name) for name in sorted(ABSENT)}
    return {
        **nothing, **absent, "set_meta": refuse_annotation,
        "session": lambda: {"name": "", "kind": "server", "mode": mode, "width": 80, "height": 24,
                            "server": hub.facts.name, "version": hub.facts.version, "motd": "", "notice": "",
                            "max_message": hub.limits.max_message, "reloaded": reloaded,
                            "web": bool(hub.web_url)},
        "rooms": lambda: [views.room_summary(hub, room, 0) for room in hub.lobby.visible("")],
        "who": lambda: [*(views.person_view(hub, p) for p in hub.lobby.people), *views.model_people(hub)],
        "models": lambda: [views.model_view(hub, model) for model in hub.models.values()],
        "model": lambda name: _model(hub, str(name)),
        "is_member": lambda name: hub.names.is_member(str(name)),
        "now": hub.clock.now_ms,
        "asked": views.asked, "display_width": widths.width, "graphemes": widths.graphemes, "clip": widths.clip,
        "wrap": wrap_text, "layout": layout, "log": ScriptLog(hub.clock).write, "stats": lambda: server_stats(hub),
        "help": lambda topic: hub.scripts.help(str(topic)), "help_topics": hub.scripts.help_topics,
    }  # fmt: skip


def refuse_annotation(row_id: str, key: str, value: Plain = None) -> Plain:
    """tools.set_meta, where it would be done once for each runtime."""
    return {"success": False, "error": "rows are annotated in the server's own runtime, once for all"}


def _nothing(*_: Plain) -> None:
    return None


def _absent(name: str) -> Callable[..., None]:
    def refuse(*_: Plain) -> None:
        raise ScriptError(f"there is no session here; {name} works in a session's scripts")

    return refuse


def _model(hub: Hub, name: str) -> Plain:
    model = hub.models.named(name)
    return None if model is None else views.model_view(hub, model)
