"""What others appended, told as rows: folded, it gives what their entries would have given, to readers too."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from chatd.core.annotation import annotated
from chatd.core.numbering import number
from chatd.core.replication import Delta, Snapshot, entries_of, fold
from chatd.core.room import BEHIND, Room, RoomLimits
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
    changed_row,
)

LIMITS = RoomLimits(rows=99, row_chars=9999, entries=99, entry_chars=9999)


def make_room() -> Room:
    return Room("r", "lobby", "b", limits=LIMITS)


def opened(row_id: str) -> Add:
    return Add(NewRow(row_id, Method.CHUNK, "bot", "", Status.OPEN))


def said(row_id: str) -> Add:
    return Add(NewRow(row_id, Method.USER, "alice", "x"))


def commit(room: Room, *drafts: Numbered) -> None:
    """Each draft by itself, as a log takes them that is never behind."""
    for draft in drafts:
        for entry in number(room, [(draft, 7)]):
            room.apply(entry)


def delta(log: Room, after: int) -> Delta:
    """What the log of a room would tell: each row that changed, as it stands, by its last change."""
    last: dict[str, int] = {}
    entries = log.since(0)
    assert isinstance(entries, list)
    for entry in entries:
        if (row_id := changed_row(entry)) is not None:
            last[row_id] = entry.number
    rows = {live.head.id: live.row for live in log.tail(99)}
    changed = sorted((n, row_id) for row_id, n in last.items() if n > after)
    return Delta(log.number, log.seq, log.settings, tuple(Added(n, rows[row_id]) for n, row_id in changed))


DRAFTS = st.lists(
    st.tuples(st.sampled_from(("say", "open", "grow", "finish", "annotate", "set")), st.integers(0, 5)), max_size=15
)


def drawn(log: Room, kind: str, n: int) -> Numbered | None:
    growing = log.open_rows
    match kind:
        case "open":
            return opened(f"row{log.number}")
        case "grow" if growing:
            return Grow(growing[n % len(growing)].head.id, "abcdef"[: n + 1])
        case "finish" if growing:
            return Finish(growing[n % len(growing)].head.id, Status.COMPLETE, {"n": n})
        case "annotate" if log.seq:
            return Annotate(log.tail(99)[n % log.seq].head.id, {f"k{n % 2}": n % 3 or None})
        case "set":
            return SetRoom(("topic", "default")[n % 2], f"about {n}" if n < 4 else "")
        case "say":
            return said(f"row{log.number}")
        case _:
            return None


@given(st.lists(DRAFTS, max_size=4))
def test_a_fold_of_deltas_is_the_fold_of_the_entries(batches: list[list[tuple[str, int]]]) -> None:
    log, room = make_room(), make_room()
    for batch in batches:
        for kind, n in batch:
            if (draft := drawn(log, kind, n)) is not None:
                commit(log, draft)
        if log.number > room.number:
            fold(room, delta(log, room.number))
        assert [live.row for live in room.tail(99)] == [live.row for live in log.tail(99)]
        assert (room.number, room.seq, room.settings) == (log.number, log.seq, log.settings)
        assert [live.head.id for live in room.open_rows] == [live.head.id for live in log.open_rows]


@given(DRAFTS, DRAFTS, st.integers(0, 40))
def test_a_reader_that_stops_anywhere_misses_nothing_when_it_goes_on(
    before: list[tuple[str, int]], after: list[tuple[str, int]], stop: int
) -> None:
    """It goes on from the number of the last entry that it was told, with the rows that the log has changed since."""
    log, room = make_room(), make_room()
    for kind, n in before:
        if (draft := drawn(log, kind, n)) is not None:
            commit(log, draft)
    fold(room, delta(log, 0))
    start = room.number
    for kind, n in after:
        if (draft := drawn(log, kind, n)) is not None:
            commit(log, draft)
    seen = {live.head.id: (live.text, live.head.status, live.head.meta) for live in room.tail(99)}
    entries = entries_of(room, delta(log, start))[:stop]
    for entry in entries:
        tell(seen, entry)
    cursor = entries[-1].number if entries else start
    for change in delta(log, cursor).changed:
        seen[change.row.id] = (change.row.content, change.row.status, change.row.meta)
    assert seen == {live.head.id: (live.text, live.head.status, live.head.meta) for live in log.tail(99)}


def tell(seen: dict[str, tuple[str, Status, Mapping[str, object]]], entry: Entry) -> None:
    match entry:
        case Added(row=row):
            seen[row.id] = (row.content, row.status, row.meta)
        case Grew(row_id=row_id, text=text):
            seen[row_id] = (seen[row_id][0] + text, *seen[row_id][1:])
        case Finished(row_id=row_id, status=status, meta=meta):
            seen[row_id] = (seen[row_id][0], status, meta)
        case Annotated(row_id=row_id, values=values):
            seen[row_id] = (*seen[row_id][:2], annotated(seen[row_id][2], values))
        case RoomSet():
            pass


def test_growth_whose_number_is_lost_comes_behind_what_has_that_number() -> None:
    log, room = make_room(), make_room()
    commit(log, opened("a"))
    fold(room, delta(log, 0))
    commit(log, Grow("a", "text"), said("b"), Finish("a", Status.COMPLETE))
    told = [(entry.number, type(entry)) for entry in entries_of(room, delta(log, 1))]
    assert told == [(3, Added), (3, Grew), (4, Finished)]


def test_the_end_of_a_row_that_is_not_in_memory_is_told_all_the_same() -> None:
    log, room = make_room(), make_room()
    commit(log, opened("a"), said("b"))
    room.restart([], number=2, seq=2, settings={})
    commit(log, Grow("a", "text"))
    assert entries_of(room, delta(log, 2)) == []
    fold(room, delta(log, 2))
    assert (room.number, room.since(2)) == (3, [])
    commit(log, Finish("a", Status.COMPLETE))
    fold(room, delta(log, 3))
    (ended,) = room.since(3)  # type: ignore[misc]
    assert isinstance(ended, Finished) and ended.row_id == "a" and room.get("a") is None


def test_after_a_snapshot_readers_start_again_and_open_rows_go_on() -> None:
    log, room = make_room(), make_room()
    commit(log, opened("old"), *(said(f"row{i}") for i in range(5)))
    rows = [live.row for live in log.tail(99)]
    fold(room, Snapshot(6, 6, {"topic": "new"}, (rows[0], *rows[4:])))
    assert room.since(5) is BEHIND and room.since(6) == []
    assert [live.head.id for live in room.tail(9)] == ["row3", "row4"], "without a gap"
    assert [live.head.id for live in room.open_rows] == ["old"] and room.topic == "new"
    commit(room, Grow("old", "x"))
    assert room.since(6) == [Grew(7, "old", 0, "x", 7)]
    room.restore(rows)
    assert [live.head.seq for live in room.tail(9)] == [1, 2, 3, 4, 5, 6] and room.get("old") is room.open_rows[0]


def test_a_row_that_was_read_while_it_grew_gets_what_was_applied_since() -> None:
    """Its page was asked for before, and came after: others have pushed the row out of memory by then."""
    few = RoomLimits(rows=1, row_chars=9999, entries=99, entry_chars=9999)
    log, room = make_room(), Room("r", "lobby", "b", limits=few)
    first: list[Numbered] = [opened("a"), Grow("a", "one ")]
    commit(log, *first)
    page = [live.row for live in log.tail(9)]
    commit(room, *first, Grow("a", "two"), Finish("a", Status.COMPLETE), said("b"))
    assert room.get("a") is None
    room._limits = LIMITS
    room.restore(page)
    live = room.get("a")
    assert live is not None and (live.text, live.head.status) == ("one two", Status.COMPLETE)
    assert room.open_rows == []


def test_what_another_writer_has_open_goes_on_after_it_was_read() -> None:
    log = make_room()
    commit(log, opened("a"), Grow("a", "one "))
    room = Room("r", "lobby", "b", number=2, seq=1, limits=LIMITS)
    room.restore([live.row for live in log.tail(9)])
    commit(log, Grow("a", "two"))
    fold(room, delta(log, 2))
    assert [live.text for live in room.open_rows] == ["one two"]
    assert room.since(2) == [Grew(3, "a", 4, "two", 7)]
