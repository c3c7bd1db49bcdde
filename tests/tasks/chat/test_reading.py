"""Reading what was said: pages meet without a gap, a search says what ended it, memory admits what it lacks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.config import Config, LimitsConfig
from chatd.core.numbering import number
from chatd.core.room import Room, RoomLimits
from chatd.core.row import Add, Method, NewRow, Row
from chatd.core.search import parse_query
from chatd.errors import NotFound, UsageError
from chatd.tasks.chat.pages import Pages
from chatd.tasks.chat.reading import SEARCH_PAGE, Found, history, in_memory, readable
from chatd.tasks.chat.say import say
from chatd.testing import World
from tests.support import converse, in_world


async def talk(world: World, texts: Sequence[str], room: str = "lobby") -> Room:
    """alice says these texts; their rows' ids are the texts."""
    alice = world.visitor("alice")
    spoken_in = await world.hub.open_room(room, alice, make=True)
    for text in texts:
        receipt = say(world.hub, alice, spoken_in, text, row_id=text)
    if texts:
        await receipt.wait()
    return spoken_in


def at_most(world: World, rows: int) -> None:
    """One call may have so many rows."""
    world.hub.limits = replace(world.hub.limits, max_history_page=rows)


async def all_of(pages: Pages | Found) -> list[str]:
    rows: list[Row] = []
    while page := await pages.next():
        rows += page
    return [row.content for row in rows]


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 60), st.integers(0, 60))
def test_a_search_gives_the_newest_up_to_the_limit_of_a_call_and_says_when_that_ended_it(hits: int, limit: int) -> None:
    async def conversation(world: World) -> None:
        lobby = await talk(world, [f"tea {n}" if n < hits else f"rum {n}" for n in range(hits + 5)])
        at_most(world, limit)
        found = Found(world.hub, [lobby], parse_query("tea"))
        assert await all_of(found) == [f"tea {n}" for n in range(hits)][::-1][:limit]
        assert found.any == (hits > 0 < limit) and found.cut == (hits >= limit)
        assert await found.next() == []

    converse(conversation)


@in_world()
async def test_a_search_is_fetched_a_page_at_a_time(world: World) -> None:
    lobby = await talk(world, [f"tea {n}" for n in range(2 * SEARCH_PAGE + 1)])
    found = Found(world.hub, [lobby], parse_query("tea"))
    assert [len(await found.next()) for _ in range(4)] == [SEARCH_PAGE, SEARCH_PAGE, 1, 0]
    at_most(world, SEARCH_PAGE + 2)
    found = Found(world.hub, [lobby], parse_query("tea"))
    assert [len(await found.next()) for _ in range(3)] == [SEARCH_PAGE, 2, 0] and found.cut


@in_world()
async def test_what_is_said_while_one_pages_changes_nothing_of_the_pages(world: World) -> None:
    lobby = await talk(world, [f"tea {n}" for n in range(SEARCH_PAGE + 1)])
    found = Found(world.hub, [lobby], parse_query("tea"))
    first = await found.next()
    await talk(world, ["tea, late"])
    assert [row.content for row in first + await found.next()] == [f"tea {n}" for n in range(SEARCH_PAGE + 1)][::-1]


@in_world()
async def test_a_search_finds_nothing_in_rooms_that_one_may_not_read(world: World) -> None:
    await talk(world, ["public tea"])
    await talk(world, ["secret tea"], "~alice")
    query = parse_query("tea")
    for name, texts in (("alice", ["secret tea", "public tea"]), ("bob", ["public tea"])):
        rooms = readable(world.hub, world.visitor(name))
        assert sorted(await all_of(Found(world.hub, rooms, query))) == sorted(texts)


@in_world()
async def test_a_history_read_page_by_page_is_the_whole_of_it(world: World) -> None:
    texts = [str(n) for n in range(25)]
    lobby = await talk(world, texts)
    read: list[str] = []
    before = None
    while page := await all_of(await history(world.hub, lobby, 7, before=before)):
        read, before = page + read, page[0]
    assert read == texts
    assert await all_of(await history(world.hub, lobby, 0)) == []


@in_world()
async def test_a_history_is_of_this_room_and_no_longer_than_one_call_may_have(world: World) -> None:
    lobby = await talk(world, ["here"])
    await talk(world, ["elsewhere"], "den")
    at_most(world, 3)
    assert await all_of(await history(world.hub, lobby, 3)) == ["here"]
    with pytest.raises(UsageError, match="4 rows asked for, the limit is 3 a call"):
        await history(world.hub, lobby, 4)
    for before in ("elsewhere", "nowhere"):
        with pytest.raises(NotFound, match=f"there is no row '{before}' in lobby"):
            await history(world.hub, lobby, 3, before=before)


@given(st.integers(0, 12), st.integers(1, 6), st.integers(0, 14), st.none() | st.integers(0, 14))
def test_memory_gives_the_rows_asked_for_or_says_that_it_has_not_enough(
    said: int, kept: int, limit: int, before: int | None
) -> None:
    room = Room("r", "lobby", "b", limits=RoomLimits(kept, 1000, 100, 1000))
    for entry in number(room, [(Add(NewRow(str(seq), Method.USER, "alice", "")), 0) for seq in range(1, said + 1)]):
        room.apply(entry)
    wanted = [seq for seq in range(1, said + 1) if before is None or seq < before][-limit:] if limit else []
    held = set(range(max(1, said - kept + 1), said + 1))
    found = in_memory(room, limit, before)
    if found is None:
        assert not held >= set(wanted), "all that was asked for is there"
    else:
        assert [live.head.seq for live in found] == wanted


@in_world(replace(Config(), limits=LimitsConfig(history_rows=5)))
async def test_memory_has_the_newest_rows_and_the_log_the_others(world: World) -> None:
    lobby = await talk(world, [str(n) for n in range(8)])
    assert [live.text for live in in_memory(lobby, 5) or []] == ["3", "4", "5", "6", "7"]
    assert in_memory(lobby, 6) is None and in_memory(lobby, 3, before=6) is None
    assert await all_of(await history(world.hub, lobby, 6)) == ["2", "3", "4", "5", "6", "7"]
