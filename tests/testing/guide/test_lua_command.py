import pytest

from chatd.testing import MemoryTerminal, World

pytestmark = pytest.mark.chatd(lua="lua_command")


async def test_a_poll_is_seen_by_everybody(world: World, asker: MemoryTerminal, viewer: MemoryTerminal) -> None:
    asker.types("/poll tea or coffee?\r")
    await world.settle()
    assert "POLL: tea or coffee?" in viewer.screen
    assert world.rows()[-1] == ("alice", "POLL: tea or coffee?", "complete")


async def test_a_poll_about_nothing_is_refused(world: World, asker: MemoryTerminal, viewer: MemoryTerminal) -> None:
    asker.types("/poll\r")
    await world.settle()
    assert "ask something" in asker.screen
    assert "POLL" not in viewer.screen
