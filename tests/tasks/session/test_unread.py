"""On entering a room its script learns how much has come since the person was there last."""

from __future__ import annotations

from chatd.testing import World
from tests.tasks.scripted import in_script

SCRIPT = """
function on_room(room)
  tools.notify(room.name .. ' has ' .. room.unread .. ' unread of ' .. room.rows .. ', seen ' .. tostring(room.seen))
end
"""


@in_script(mine=SCRIPT)
async def test_what_came_meanwhile_is_counted_at_the_next_login_and_on_coming_back(world: World) -> None:
    bob = await world.lines("bob")
    bob.sends(b"before alice was ever here\n")
    await world.settle()
    alice = await world.lines("alice")
    assert "* lobby has 1 unread of 1, seen nil" in alice.output
    alice.sends(b"/join den\n")
    await world.settle()
    bob.sends(b"one\ntwo\n")
    await world.settle()
    alice.sends(b"/leave\n")
    await world.settle()
    assert "* lobby has 2 unread of 3, seen 1" in alice.output
    alice.hangs_up()
    await world.settle()
    bob.sends(b"three\n")
    await world.settle()
    assert "* lobby has 1 unread of 4, seen 3" in (await world.lines("alice")).output
