"""Numbering: entries are dense from the room's head on, and say of each row what its writer wished, in order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.core.numbering import number
from chatd.core.room import Room, RoomLimits
from chatd.core.row import (
    Add,
    Added,
    Annotate,
    Annotated,
    Entry,
    Finish,
    Finished,
    Grew,
    Grow,
    Method,
    NewRow,
    Numbered,
    RoomSet,
    SetRoom,
    Status,
)

OPEN = NewRow("x", Method.CHUNK, "bot", "so ", Status.OPEN, meta={"model": "bot", "k": 1})
SAID = NewRow("y", Method.USER, "alice", "hi")


def make_room(*drafts: Numbered, number_: int = 0, seq: int = 0) -> Room:
    room = Room("r", "lobby", "b", number=number_, seq=seq, limits=RoomLimits(10, 1000, 10, 1000))
    for entry in number(room, [(draft, 1) for draft in drafts]):
        room.apply(entry)
    return room


def numbered(room: Room, *drafts: Numbered) -> list[Entry]:
    return number(room, [(draft, 5 + at) for at, draft in enumerate(drafts)])


@given(st.integers(0, 9), st.integers(0, 9), st.lists(st.sampled_from(["add", "topic", "grow"]), max_size=20))
def test_numbers_and_places_go_on_from_the_head_and_the_room_is_only_read(
    head: int, seq: int, kinds: list[str]
) -> None:
    room = make_room(Add(OPEN), number_=head, seq=seq)
    before = (room.number, room.seq, room.topic, room.tail(99)[-1].text)
    wishes: dict[str, Numbered] = {"add": Add(SAID), "topic": SetRoom("topic", "tea"), "grow": Grow("x", "?")}
    entries = numbered(room, *(wishes[kind] for kind in kinds))
    assert [entry.number for entry in entries] == [head + 2 + at for at in range(len(entries))]
    seqs = [entry.row.seq for entry in entries if isinstance(entry, Added)]
    assert seqs == [seq + 2 + at for at in range(kinds.count("add"))]
    assert len(entries) == len(kinds) - max(0, kinds.count("grow") - 1)
    assert (room.number, room.seq, room.topic, room.tail(99)[-1].text) == before


def test_growth_that_waits_together_is_one_entry_where_the_first_of_it_was() -> None:
    drafts: list[Numbered] = [Add(OPEN), Grow("x", "a"), SetRoom("topic", "tea"), Grow("x", "b"), Grow("x", "c")]
    added, grew, topic = numbered(make_room(), *drafts)
    assert isinstance(added, Added) and topic == RoomSet(3, "topic", "tea")
    assert grew == Grew(2, "x", len("so "), "abc", 6), "it begins behind what the row was added with"
    assert numbered(make_room(Add(OPEN), Grow("x", "far")), Grow("x", "!")) == [Grew(3, "x", len("so far"), "!", 5)]


def test_a_row_has_its_times_and_an_open_one_no_end() -> None:
    added, said = numbered(make_room(), Add(OPEN), Add(SAID))
    assert isinstance(added, Added) and isinstance(said, Added)
    assert (added.row.created_at, added.row.updated_at, added.row.finished_at) == (5, 5, None)
    assert (said.row.created_at, said.row.finished_at, said.row.added) == (6, 6, said.number)


@pytest.mark.parametrize("together", [True, False], ids=["added with it", "added before"])
def test_an_end_adds_to_what_the_row_tells_of_itself(together: bool) -> None:
    drafts = [Finish("x", Status.LENGTH, {"k": 2})]
    entries = numbered(make_room(), Add(OPEN), *drafts) if together else numbered(make_room(Add(OPEN)), *drafts)
    end = entries[-1]
    assert isinstance(end, Finished)
    assert (end.status, end.method, end.meta) == (Status.LENGTH, Method.MODEL, {"model": "bot", "k": 2})
    assert OPEN.meta == {"model": "bot", "k": 1}


@pytest.mark.parametrize("together", [True, False], ids=["at once", "before"])
def test_an_end_keeps_what_scripts_have_found_out(together: bool) -> None:
    found: list[Numbered] = [Annotate("x", {"tone": "warm", "old": 1}), Annotate("x", {"old": None})]
    end = Finish("x", Status.COMPLETE, {"k": 2})
    drafts = [Add(OPEN), *found]
    entries = numbered(make_room(), *drafts, end) if together else numbered(make_room(*drafts), end)
    finished = entries[-1]
    assert isinstance(finished, Finished)
    assert finished.meta == {"model": "bot", "k": 2, "x": {"tone": "warm"}}


def test_any_row_may_be_annotated_whole_or_out_of_memory() -> None:
    wishes = [Annotate("y", {"a": 1}), Annotate("unknown", {"b": 2})]
    assert numbered(make_room(Add(SAID)), *wishes) == [
        Annotated(2, "y", {"a": 1}, 5), Annotated(3, "unknown", {"b": 2}, 6),
    ]  # fmt: skip


@pytest.mark.parametrize("draft", [Grow("x", "a"), Finish("x", Status.COMPLETE)])
def test_a_change_of_a_row_that_is_not_there_or_has_ended_is_a_bug(draft: Numbered) -> None:
    with pytest.raises(AssertionError, match="is not in lobby"):
        numbered(make_room(), draft)
    with pytest.raises(AssertionError, match="has ended"):
        numbered(make_room(Add(NewRow("x", Method.USER, "alice", "hi"))), draft)
