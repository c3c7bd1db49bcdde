"""The harness: a whole server on trio's virtual clock, in-memory terminals with a screen, scripted models.

No threads, no sockets, no sleeping: the same seed gives the same run.

    async def test_an_answer_is_seen_by_everybody(world: World) -> None:
        model = world.model("bot")
        asker, viewer = await world.join("alice"), await world.join("bob")
        asker.types("@bot hi\\r")
        model.says("hel", "lo").ends()
        await world.settle()
        assert "hello" in viewer.screen

`chatd.testing.strategies`, `.play` and `.machine` are for property tests; GUIDE.md, beside this file, shows them all.
"""

from importlib import import_module
from typing import TYPE_CHECKING

# Not lazily: the function has its module's name, and whoever imported the module would put it in the function's place.
from chatd.testing.run import run

if TYPE_CHECKING:
    from chatd.testing.disk import Disk
    from chatd.testing.models import ScriptedModel
    from chatd.testing.schedule import Mode, Schedule
    from chatd.testing.screen import ForeignControl, Screen
    from chatd.testing.terminal import MemoryTerminal
    from chatd.testing.world import World

_HOMES = {
    "Disk": "chatd.testing.disk",
    "ForeignControl": "chatd.testing.screen",
    "MemoryTerminal": "chatd.testing.terminal",
    "Mode": "chatd.testing.schedule",
    "Schedule": "chatd.testing.schedule",
    "Screen": "chatd.testing.screen",
    "ScriptedModel": "chatd.testing.models",
    "World": "chatd.testing.world",
}

__all__ = ["Disk", "ForeignControl", "MemoryTerminal", "Mode", "Schedule", "Screen", "ScriptedModel", "World", "run"]


def __getattr__(name: str) -> object:
    """What tests import from here, loaded when it is first wanted: every start of pytest loads the plugin beside it."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'chatd.testing' has no attribute {name!r}")
    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
