"""Many rows are read few at a time, by their number and by their size, and none is left out or comes twice."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.core.visit import Visit
from chatd.ports import PAGE_CHARS
from chatd.tasks.chat.pages import PAGE, Pages
from chatd.testing import World
from tests.support import converse, in_world

LONG = 256 * 1024


@in_world()
async def test_long_rows_come_in_small_pages(world: World) -> None:
    for n in range(10):
        await world.command("alice", f"say {n} -", b"x" * (LONG - 100))
    room = world.hub.lobby.get("lobby", "")
    pages, sizes, seqs = Pages(world.hub.archive, room.id, 1, room.seq), [], []
    while page := await pages.next():
        sizes.append(sum(len(row.content) for row in page))
        seqs += [row.seq for row in page]
    assert seqs == list(range(1, 11))
    assert len(sizes) > 1 and max(sizes) < PAGE_CHARS + LONG, "a page ends with the row that fills it"


@in_world()
async def test_somebody_who_stops_reading_a_long_history_holds_one_page(world: World) -> None:
    for n in range(20):
        await world.command("alice", f"say {n} -", b"x" * (LONG - 100))
    given: list[int] = []
    page_from = world.hub.archive.page_from

    async def counted(*args: object, **options: object) -> object:
        rows = await page_from(*args, **options)  # type: ignore[arg-type]
        given.append(sum(len(row.content) for row in rows))
        return rows

    world.hub.archive.page_from = counted  # type: ignore[method-assign, assignment]
    reader = world.connect(Visit(world.visitor("bob"), "history --limit 1000 --json"))
    reader.stops_reading()
    await world.settle(30)
    assert sum(given) < PAGE_CHARS + LONG and reader.unsent() < 256 * 1024
    reader.reads_on()
    await reader.ended.wait()
    assert [json.loads(line)["seq"] for line in reader.output.splitlines()] == list(range(1, 21))


@settings(deadline=None, max_examples=15)
@given(st.integers(1, 300), st.integers(-5, 310), st.integers(0, 310))
def test_any_part_of_any_room(count: int, first: int, last: int) -> None:
    async def conversation(world: World) -> None:
        writer = await world.lines("alice")
        writer.sends(b"".join(b"%d\n" % n for n in range(1, count + 1))).ends_input()
        await writer.ended.wait()
        room = world.hub.lobby.get("lobby", "")
        last_there = min(last, room.seq)
        pages, seqs = Pages(world.hub.archive, room.id, first, last_there), []
        while page := await pages.next():
            assert len(page) <= PAGE
            seqs += [row.seq for row in page]
        assert seqs == list(range(max(1, first), last_there + 1))

    converse(conversation)
