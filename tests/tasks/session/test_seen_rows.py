"""A script gets the text of every row that it has been shown, and of no other, however long ago and however long."""

from __future__ import annotations

from chatd.config import Config, LimitsConfig
from chatd.testing import World
from tests.support import in_world

FEW = Config(limits=LimitsConfig(history_rows=2))
"""A room that forgets soon."""


async def fill(world: World, rows: int, lines: int) -> None:
    for n in range(rows):
        text = "".join(f"row {n} line {k}\n" for k in range(lines))
        await world.command("bob", f"say long {n} -", text.encode())


@in_world(FEW, shipped=True)
async def test_long_rows_that_the_room_has_forgotten_are_fetched_when_they_are_looked_at(world: World) -> None:
    await fill(world, 3, 600)
    alice = await world.join("alice", size=(60, 20))
    for _ in range(200):
        alice.types("\x1b[5~")  # PgUp
        await world.settle()
        if "long 0" in alice.screen:
            break
    assert "long 0" in alice.screen and "row 0 line 3" in alice.screen
    alice.types("\x1b[6~")
    await world.settle()
    assert "row 0 line 2" in alice.screen, "and further down in it"
    assert len(world.hub.row_cache._rows) >= 1


@in_world(FEW, shipped=True)
async def test_many_who_look_back_at_long_rows_hold_each_of_them_once(world: World) -> None:
    await fill(world, 6, 600)
    people = [await world.join(name, size=(60, 20)) for name in ("ann", "ben", "cat")]
    for _ in range(30):
        for person in people:
            person.types("\x1b[5~")
        await world.settle()
    for person in people:
        assert "row " in person.screen
    assert len(world.hub.row_cache._rows) <= 6
