"""The harness: a whole server on trio's virtual clock, in-memory terminals with a screen, scripted models.

No threads, no sockets, no sleeping: the same seed gives the same run.

    async def test_an_answer_is_seen_by_everybody(world: World) -> None:
        model = world.model("bot")
        asker, viewer = await world.join("alice"), await world.join("bob")
        asker.types("@bot hi\\r")
        model.says("hel", "lo").ends()
        await world.settle()
        assert "hello" in viewer.screen
"""

from chatd.testing.disk import Disk
from chatd.testing.models import ScriptedModel
from chatd.testing.run import run
from chatd.testing.schedule import Mode, Schedule
from chatd.testing.screen import ForeignControl, Screen
from chatd.testing.terminal import MemoryTerminal
from chatd.testing.world import World

__all__ = ["Disk", "ForeignControl", "MemoryTerminal", "Mode", "Schedule", "Screen", "ScriptedModel", "World", "run"]
