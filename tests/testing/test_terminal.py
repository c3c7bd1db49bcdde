"""A person's terminal in memory: what they did is remembered, and what they see can be looked at."""

from __future__ import annotations

from chatd.testing import World
from chatd.testing.terminal import TOLD_TEXT
from tests.support import in_world


@in_world()
async def test_what_a_person_did_is_remembered_with_its_time(world: World) -> None:
    """Each act once, in its order, as it is told; what changes nothing is none."""
    alice = await world.join("alice")
    began = alice.writes[-1][0]
    alice.types("é\r").sends(b"\x1b[A").resizes(40, 12)
    await world.settle(0.5)
    alice.reads_on()
    alice.stops_reading()
    alice.stops_reading()
    alice.reads_on()
    alice.types("x" * 1000).ends_input().hangs_up()
    assert [what for _, what in alice.acts] == [
        "types 'é\\r'", "sends b'\\x1b[A'", "resizes to 40x12", "stops reading", "reads on",
        f"types '{'x' * TOLD_TEXT}'", "ends input", "hangs up",
    ]  # fmt: skip
    times = [time for time, _ in alice.acts]
    assert times[0] == times[2] > began and times[3] == times[-1] == times[0] + 0.5


@in_world()
async def test_a_terminal_can_be_looked_at(world: World) -> None:
    alice, bot = await world.join("alice", size=(40, 4)), await world.command("bob", "whoami")
    assert repr(alice) == "<MemoryTerminal alice, 40x4>"
    assert repr(bot) == "<MemoryTerminal bob, 'whoami'>"
    assert repr(await world.lines("carol")) == "<MemoryTerminal carol, 'in line mode'>"
    assert alice.shown().startswith("alice, cursor at (") and alice.shown().count("\n") == 6
    assert bot.shown() == "bob, command 'whoami', exit status 0\n  stdout 'bob\\nmember, SHA256:bob\\n'\n  stderr ''"
