"""Who listens to an author hears of each row of theirs, once, in whatever room, and of nothing else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chatd.core.numbering import number
from chatd.core.room import Room, RoomLimits
from chatd.core.row import Add, Finish, Grow, Method, NewRow, Numbered, SetRoom, Status
from chatd.tasks.log.authors import Authors


def commit(authors: Authors, room: Room, *drafts: Numbered) -> None:
    """As the recorder does: the entries are applied, then told."""
    entries = number(room, [(draft, 0) for draft in drafts])
    for entry in entries:
        room.apply(entry)
    authors.tell(room, entries)


def make(room_id: str) -> Room:
    return Room(room_id, room_id, f"b-{room_id}", limits=RoomLimits(100, 1000, 100, 1000))


@given(st.lists(st.tuples(st.sampled_from("xy"), st.sampled_from(["alice", "bob", "eve"])), max_size=20))
def test_each_row_is_heard_of_by_its_authors_listener_alone(said: list[tuple[str, str]]) -> None:
    authors, rooms = Authors(), {name: make(name) for name in "xy"}
    heard: list[tuple[str, str, int]] = []
    for name in ("alice", "bob"):
        authors.listen(name, lambda room, seq, name=name: heard.append((name, room, seq)))  # type: ignore[misc]
    expected, seqs = [], dict.fromkeys("xy", 0)
    for at, (room, author) in enumerate(said):
        commit(authors, rooms[room], Add(NewRow(str(at), Method.USER, author, "hi")))
        seqs[room] += 1
        expected += [(author, room, seqs[room])] if author != "eve" else []
    assert heard == expected


def test_growth_ends_and_topics_are_no_rows() -> None:
    authors, room, heard = Authors(), make("x"), list[int]()
    authors.listen("bot", lambda _, seq: heard.append(seq))
    commit(
        authors, room, Add(NewRow("a", Method.CHUNK, "bot", "", Status.OPEN)), Grow("a", "so"), SetRoom("topic", "tea")
    )
    commit(authors, room, Grow("a", " far"), Finish("a", Status.COMPLETE))
    assert heard == [1]


def test_who_listens_no_longer_hears_nothing_more() -> None:
    authors, room, heard = Authors(), make("x"), list[int]()
    authors.listen("alice", lambda _, seq: heard.append(seq))
    commit(authors, room, Add(NewRow("a", Method.USER, "alice", "hi")))
    authors.unlisten("alice")
    authors.unlisten("alice")
    commit(authors, room, Add(NewRow("b", Method.USER, "alice", "hi")))
    assert heard == [1]
