"""A room is a fold over its entries: numbering drafts and applying them gives what the drafts asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from chatd.core.annotation import annotated, annotations_in
from chatd.core.live_row import LiveRow
from chatd.core.numbering import number
from chatd.core.room import Behind, Room, RoomLimits
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

LIMITS = RoomLimits(rows=5, row_chars=200, entries=12, entry_chars=60)


def make_room() -> Room:
    return Room("r", "lobby", "b", limits=LIMITS)


@dataclass
class Viewer:
    """Follows a room by cursor, and starts again from the rows when it fell behind."""

    cursor: int = 0
    texts: dict[str, str] = field(default_factory=dict)
    found: dict[str, Mapping[str, object]] = field(default_factory=dict)
    """Annotations, by row."""
    topic: str = ""
    resyncs: int = 0

    def read(self, room: Room) -> None:
        entries = room.since(self.cursor)
        self.cursor = room.number
        if isinstance(entries, Behind):
            self.resyncs += 1
            at_hand = [*room.tail(99), *room.open_rows]
            self.texts |= {live.head.id: live.text for live in at_hand}
            self.found |= {live.head.id: annotations_in(live.head.meta) for live in at_hand}
            self.topic = room.topic
            return
        for entry in entries:
            match entry:
                case Added(row=row):
                    self.texts[row.id] = row.content
                case Grew():
                    assert len(self.texts[entry.row_id]) == entry.offset
                    self.texts[entry.row_id] += entry.text
                case RoomSet():
                    self.topic = entry.value
                case Annotated(row_id=row_id, values=values):
                    self.found[row_id] = annotations_in(annotated({"x": self.found.get(row_id, {})}, values))
                case Finished():
                    pass


class RoomMachine(RuleBasedStateMachine):
    """Drafts in any order and any batches; viewers who read at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.room = make_room()
        self.viewers = [Viewer(), Viewer()]
        self.waiting: list[Numbered] = []
        self.model: dict[str, str] = {}
        self.topic = ""
        self.found: dict[str, dict[str, object]] = {}
        self.open: set[str] = set()
        self.entries: list[Entry] = []

    @rule(text=st.text(max_size=8), grows=st.booleans())
    def add(self, text: str, grows: bool) -> None:
        row_id = f"row{len(self.model)}"
        status = Status.OPEN if grows else Status.COMPLETE
        self.waiting.append(Add(NewRow(row_id, Method.CHUNK if grows else Method.USER, "a", text, status)))
        self.model[row_id] = text
        if grows:
            self.open.add(row_id)

    @precondition(lambda self: self.open)
    @rule(data=st.data(), text=st.text(min_size=1, max_size=8))
    def grow(self, data: st.DataObject, text: str) -> None:
        row_id = data.draw(st.sampled_from(sorted(self.open)))
        self.waiting.append(Grow(row_id, text))
        self.model[row_id] += text

    @precondition(lambda self: self.open)
    @rule(data=st.data(), status=st.sampled_from([Status.COMPLETE, Status.CANCELLED]))
    def finish(self, data: st.DataObject, status: Status) -> None:
        row_id = data.draw(st.sampled_from(sorted(self.open)))
        self.open.remove(row_id)
        self.waiting.append(Finish(row_id, status, {"k": 1}))

    @precondition(lambda self: self.model)
    @rule(data=st.data(), key=st.sampled_from(["a", "b"]), value=st.none() | st.integers(0, 9))
    def annotate(self, data: st.DataObject, key: str, value: int | None) -> None:
        row_id = data.draw(st.sampled_from(sorted(self.model)))
        self.waiting.append(Annotate(row_id, {key: value}))
        found = {**self.found.get(row_id, {}), key: value}
        self.found[row_id] = {name: one for name, one in found.items() if one is not None}

    @rule(topic=st.text(max_size=8))
    def set_topic(self, topic: str) -> None:
        self.topic = topic
        self.waiting.append(SetRoom("topic", topic))

    @rule()
    def commit(self) -> None:
        for entry in number(self.room, [(draft, 1) for draft in self.waiting]):
            self.room.apply(entry)
            self.entries.append(entry)
        self.waiting.clear()

    @rule(which=st.integers(0, 1))
    def read(self, which: int) -> None:
        self.viewers[which].read(self.room)

    @invariant()
    def numbers_are_dense(self) -> None:
        assert [entry.number for entry in self.entries] == list(range(1, len(self.entries) + 1))
        seqs = [entry.row.seq for entry in self.entries if isinstance(entry, Added)]
        assert seqs == list(range(1, len(seqs) + 1))

    @invariant()
    def memory_is_bounded(self) -> None:
        assert len(self.room.tail(1000)) <= LIMITS.rows

    def teardown(self) -> None:
        self.commit()
        finished = [entry.row_id for entry in self.entries if isinstance(entry, Finished)]
        assert len(finished) == len(set(finished))
        assert {live.head.id for live in self.room.open_rows} == self.open
        for viewer in self.viewers:
            viewer.read(self.room)
            for live in [*self.room.tail(99), *self.room.open_rows]:
                row_id = live.head.id
                assert live.row.content == self.model[row_id] == viewer.texts[row_id]
                assert annotations_in(live.head.meta) == self.found.get(row_id, {}) == viewer.found.get(row_id, {})
                assert row_id in self.open or live.head.method == Method.USER or live.head.meta["k"] == 1
            assert viewer.topic == self.room.topic == self.topic


TestRoom = RoomMachine.TestCase


@given(st.lists(st.text(max_size=5), max_size=20), st.data())
def test_the_text_since_an_offset_is_the_end_of_the_text(pieces: list[str], data: st.DataObject) -> None:
    room = make_room()
    drafts: list[Numbered] = [Add(NewRow("x", Method.CHUNK, "a", "", Status.OPEN))]
    for entry in number(room, [(draft, 0) for draft in drafts]):
        room.apply(entry)
    live = room.get("x")
    assert live is not None
    for piece in pieces:
        live.grow(piece, 0)
    whole = "".join(pieces)
    offset = data.draw(st.integers(0, len(whole)))
    assert live.since(offset) == whole[offset:]
    assert (live.length, live.size) == (len(whole), len(whole.encode("utf-8", "replace")))


def test_loading_puts_older_rows_before_those_in_memory() -> None:
    room = Room("r", "lobby", "b", number=10, seq=3, limits=LIMITS)
    old = [_row(seq) for seq in (1, 2, 3)]
    for entry in number(room, [(Add(NewRow("new", Method.USER, "a", "x")), 0)]):
        room.apply(entry)
    room.restore([*old, _row(4, "new")])
    assert [live.head.seq for live in room.tail(9)] == [1, 2, 3, 4]
    assert room.loaded


def test_a_row_that_was_read_before_it_was_annotated_has_its_annotations() -> None:
    """Its page came late, and it is whole: nothing but its meta can have changed."""
    room = Room("r", "lobby", "b", number=10, seq=3, limits=LIMITS)
    for entry in number(room, [(Annotate("old2", {"tone": "warm"}), 5), (Annotate("gone", {"tone": "cold"}), 5)]):
        room.apply(entry)
    room.restore([_row(1), _row(2), _row(3)])
    live = room.get("old2")
    assert live is not None and (live.row.meta, live.row.updated_at) == ({"x": {"tone": "warm"}}, 5)
    assert room.since(10) == [Annotated(11, "old2", {"tone": "warm"}, 5), Annotated(12, "gone", {"tone": "cold"}, 5)]


def test_a_row_that_was_read_before_it_ended_has_ended() -> None:
    """The page of the log is older than what was applied while it was read."""
    room = Room("r", "lobby", "b", number=10, seq=3, limits=LIMITS)
    begun = Add(NewRow("new", Method.CHUNK, "bot", "x", status=Status.OPEN))
    for entry in number(room, [(begun, 0), (Finish("new", Status.COMPLETE), 0)]):
        room.apply(entry)
    page = replace(_row(4, "new"), status=Status.OPEN, method=Method.CHUNK)
    room.restore([_row(3), page])
    assert not room.open_rows
    assert [(live.head.seq, live.head.status) for live in room.tail(2)] == [(3, Status.COMPLETE), (4, Status.COMPLETE)]


def said(room: Room, *texts: str) -> None:
    """Rows of these texts."""
    for text in texts:
        for entry in number(room, [(Add(NewRow(f"r{room.seq}", Method.USER, "a", text)), 0)]):
            room.apply(entry)


def kept(room: Room) -> int:
    """How many of the newest entries are kept."""
    return next(count for count in range(99, -1, -1) if not isinstance(room.since(room.number - count), Behind))


def test_so_many_entries_are_kept_and_not_one_more() -> None:
    room = make_room()
    said(room, *"abcdefghijkl")
    assert kept(room) == 12
    said(room, "m")
    assert kept(room) == 12 and isinstance(room.since(0), Behind)


def test_entries_have_so_many_characters_together_and_the_newest_is_kept_whatever_it_has() -> None:
    room = make_room()
    said(room, "x" * 30, "x" * 30)
    assert kept(room) == 2
    said(room, "y")
    assert kept(room) == 2
    said(room, "z" * 100)
    assert kept(room) == 1
    said(room, "a")
    assert kept(room) == 1


def test_rows_in_memory_have_so_many_characters_together_and_the_newest_stays_whatever_it_has() -> None:
    room = make_room()
    said(room, *"abcdef")
    assert [live.text for live in room.tail(99)] == [*"bcdef"]
    assert room.tail(0) == [] and [live.text for live in room.tail(2)] == ["e", "f"]
    said(room, "x" * 100, "y" * 100)
    assert [live.text[0] for live in room.tail(99)] == ["x", "y"]
    said(room, "z")
    assert [live.text[0] for live in room.tail(99)] == ["y", "z"]
    said(room, "!" * 300)
    assert [live.text[0] for live in room.tail(99)] == ["!"]
    said(room, "a")
    assert [live.text[0] for live in room.tail(99)] == ["a"]


def test_a_restart_takes_the_newest_rows_that_follow_each_other_and_the_open_ones() -> None:
    """The page of the log has open rows from before it: between those and the newest some are not there."""
    room = make_room()
    said(room, "before")
    long_open = replace(_row(2, "open"), status=Status.OPEN, method=Method.CHUNK)
    newest_open = replace(_row(9, "new"), status=Status.OPEN, method=Method.CHUNK)
    room.restart([long_open, _row(7), _row(8), newest_open], number=30, seq=9, settings={"topic": "now"})
    assert (room.number, room.seq, room.topic, room.loaded) == (30, 9, "now", False)
    assert [live.head.seq for live in room.tail(9)] == [7, 8, 9]
    assert [live.head.id for live in room.open_rows] == ["open", "new"]
    assert room.tail(1)[0] is room.get("new"), "what it grows by is seen in both"
    assert isinstance(room.since(29), Behind) and room.since(30) == []


def _row(seq: int, row_id: str | None = None):  # type: ignore[no-untyped-def]
    other = Room("r", "lobby", "b", seq=seq - 1, limits=LIMITS)
    (entry,) = number(other, [(Add(NewRow(row_id or f"old{seq}", Method.USER, "a", "x")), 0)])
    assert isinstance(entry, Added)
    return LiveRow(entry.row).row
