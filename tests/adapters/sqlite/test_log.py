"""The log on SQLite: compare-and-set appends, one transaction, growth joined at the end and after a crash."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from chatd.adapters.sqlite.database import Database
from chatd.adapters.sqlite.directory import SqliteDirectory
from chatd.adapters.sqlite.log import SqliteLog
from chatd.adapters.sqlite.schema import LOCAL_WRITER
from chatd.core.excerpt import EXCERPT, Excerpt
from chatd.core.numbering import number
from chatd.core.room import Room, RoomLimits
from chatd.core.row import (
    Add,
    Annotate,
    Begin,
    End,
    Finish,
    Grow,
    Method,
    NewRow,
    Numbered,
    Row,
    SetRoom,
    Status,
    Thought,
)
from chatd.core.times import iso
from chatd.errors import DamagedDatabase
from chatd.ports import Append, Committed, Conflict, Head, RoomRecord, Unknown
from chatd.testing import Disk, run
from chatd.testing.sources import CountingIds

NOW = "2026-11-20T10:15:30.123Z"


class Store:
    """A log with one room, and that room's fold."""

    def __init__(self, path: Path | str, writer_id: str = LOCAL_WRITER) -> None:
        self.database = Database(path, NOW, writer_id)
        disk = Disk()
        disk.attach(self.database.writer)
        self.disk = disk
        self.log = SqliteLog(self.database, write=disk, read=disk)
        self.directory = SqliteDirectory(self.database, write=disk, read=disk, ids=CountingIds())
        self.tokens = 0

    async def room(self) -> Room:
        await self.log.create_room(RoomRecord("r", "lobby", "b", {}, 0, Head()))
        (record,) = await self.log.rooms()
        return Room(
            "r", "lobby", "b", number=record.head.number, seq=record.head.seq, limits=RoomLimits(9, 9999, 9, 999)
        )

    def append(self, room: Room, *drafts: Numbered) -> Append:
        self.tokens += 1
        entries = number(room, [(draft, 1000 + i) for i, draft in enumerate(drafts)])
        return Append(room.id, Head(room.number, room.seq), tuple(entries), f"{self.database.writer_id}{self.tokens}")

    async def commit(self, room: Room, *drafts: Numbered) -> None:
        append = self.append(room, *drafts)
        assert await self.log.append([append]) == [Committed()]
        for entry in append.entries:
            room.apply(entry)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "chatd.sqlite3")
    yield opened
    opened.database.close()


def opened(row_id: str) -> Add:
    return Add(NewRow(row_id, Method.CHUNK, "bot", "", Status.OPEN, meta={"model": "bot"}))


def said(row_id: str, text: str) -> Add:
    return Add(NewRow(row_id, Method.USER, "alice", text))


def go(main: Callable[[], Awaitable[Any]]) -> None:
    run(main)


def test_rows_come_back_as_they_were_committed(store: Store) -> None:
    async def main() -> None:
        room = await store.room()
        await store.commit(room, said("a", "hello\x00 \x1b é 世"), opened("b"))
        await store.commit(room, Grow("b", "one "), Grow("b", "two"))
        assert [row.content for row in await store.log.page("r", 10)] == ["hello\x00 \x1b é 世", "one two"]
        await store.commit(room, Finish("b", Status.CANCELLED, {"k": [1]}))
        rows = await store.log.page("r", 10)
        assert rows == [live.row for live in room.tail(9)]
        assert (rows[1].content, rows[1].method, rows[1].status) == ("one two", "message.model", "cancelled")
        assert rows[1].meta == {"model": "bot", "k": [1]}
        assert await store.log.row("b") == rows[1] and await store.log.row("none") is None
        assert await store.log.page("r", 1) == rows[1:] and await store.log.page("r", 9, before=2) == rows[:1]
        assert store.database.writer.execute("SELECT count(*) FROM chunks").fetchone() == (0,)

    go(main)


def test_a_page_of_long_rows_ends_early(store: Store) -> None:
    """At least one row, and no further ones once they have so many characters together, thoughts included."""

    async def main() -> None:
        room, log = await store.room(), store.log
        await store.commit(room, *(said(name, name * 10) for name in "abcde"))
        ids = [[row.id for row in rows] for rows in (
            await log.page("r", 9, chars=25), await log.page("r", 9, 3, chars=5),
            await log.page_from("r", 2, 9, chars=20),
            await log.page_from("r", 2, 1, chars=99), [entry.row for entry in await log.read("r", 1, 9, chars=11)],
        )]  # fmt: skip
        assert ids == [["c", "d", "e"], ["b"], ["b", "c"], ["b"], ["b", "c"]]
        thoughtful = Add(NewRow("f", Method.MODEL, "bot", "x", meta={"thinking": "y" * 50}))
        await store.commit(room, thoughtful)
        assert [row.id for row in await log.page("r", 9, chars=50)] == ["f"]

    go(main)


def test_excerpts_are_the_beginnings_of_rows(store: Store) -> None:
    async def main() -> None:
        room = await store.room()
        thoughtful = Add(NewRow("b", Method.MODEL, "bot", "é" * 20_000, meta={"thinking": "hm", "model": "bot"}))
        await store.commit(room, said("a", "short"), thoughtful)
        short, long = await store.log.excerpts("r", 9)
        assert short.is_whole and short.row == (await store.log.page("r", 9))[0]
        assert (long.row.content, long.size, long.thought) == ("é" * EXCERPT, 40_000, 2) and not long.is_whole
        assert long.row.meta == {"model": "bot"}, "thoughts may be longer than any text"
        assert [excerpt.row.id for excerpt in await store.log.excerpts("r", 1, 2)] == ["a"]

    go(main)


def test_an_append_from_the_wrong_head_changes_nothing(store: Store) -> None:
    async def main() -> None:
        room = await store.room()
        await store.commit(room, said("a", "x"))
        stale = Room("r", "lobby", "b", limits=RoomLimits(9, 9999, 9, 999))
        assert await store.log.append([store.append(stale, said("b", "y"))]) == [Conflict()]
        assert len(await store.log.page("r", 9)) == 1

    go(main)


def test_what_moves_no_head_is_one_twice(store: Store) -> None:
    """Mentions and thoughts go on record without entries: such an append is written again when it is tried again."""

    async def main() -> None:
        room = await store.room()
        thought = Thought(opened("t").row, 0, "hm", 1000)
        begun = (Begin("m", "q", "bot", "alice"), Begin("n", "q", "sage", "alice"))
        append = Append(room.id, Head(), (), "t", thoughts=(thought,), begun=begun, ended=(End("n"),))
        for _ in range(2):
            assert await store.log.append([append]) == [Committed()]
            held = store.database.writer.execute("SELECT id, question_id, model, asker FROM mentions").fetchall()
            assert held == [("m", "q", "bot", "alice")]
            assert store.database.writer.execute("SELECT text FROM thoughts").fetchall() == [("hm",)]

    go(main)


def test_a_topic_and_the_row_that_tells_of_it_are_on_disk_together(store: Store) -> None:
    async def main() -> None:
        room = await store.room()
        append = store.append(room, SetRoom("topic", "about hé"), said("a", "x"))
        store.disk.becomes_read_only()
        assert await store.log.append([append]) == [Unknown("the disk is read-only")]
        (record,) = await store.log.rooms()
        assert (record.settings, record.head) == ({}, Head())
        store.disk.works_again()
        assert await store.log.append([append]) == [Committed()]
        (record,) = await store.log.rooms()
        assert (record.settings, record.head) == ({"topic": "about hé"}, Head(2, 1)), "a topic has a number, and no seq"
        assert [(entry.number, entry.row.id) for entry in await store.log.read("r", 0, 9)] == [(2, "a")]

    go(main)


def test_the_same_append_twice_is_one(store: Store) -> None:
    """What a recorder does after `Unknown`: the first try may have landed."""

    async def main() -> None:
        append = store.append(await store.room(), said("a", "x"))
        assert await store.log.append([append]) == [Committed()]
        assert await store.log.append([append]) == [Committed()]
        assert len(await store.log.page("r", 9)) == 1

    go(main)


def test_the_same_append_twice_is_one_whoever_appended_in_between(tmp_path: Path) -> None:
    """Each writer's last append is known by its token: the first try landed, and its answer was lost."""
    ours, theirs = (Store(tmp_path / "chatd.sqlite3", name) for name in ("ours", "theirs"))

    async def main() -> None:
        append = ours.append(await ours.room(), said("a", "x"))
        assert await ours.log.append([append]) == [Committed()]
        await theirs.commit(await theirs.room(), said("b", "y"))
        assert await ours.log.append([append]) == [Committed()]
        assert [row.id for row in await ours.log.page("r", 9)] == ["a", "b"]
        assert await theirs.log.append([append]) == [Conflict()], "it was not theirs"

    go(main)
    for store in (ours, theirs):
        store.database.close()


def test_a_failing_disk_is_unknown_and_writes_nothing(store: Store) -> None:
    async def main() -> None:
        room = await store.room()
        append = store.append(room, said("a", "x"))
        store.disk.becomes_read_only()
        assert await store.log.append([append]) == [Unknown("the disk is read-only")]
        store.disk.works_again()
        assert await store.log.append([append]) == [Committed()]

    go(main)


def test_read_tells_what_changed_since(store: Store) -> None:
    async def main() -> None:
        room = await store.room()
        await store.commit(room, said("a", "x"), opened("b"), said("c", "y"))
        before = room.number
        await store.commit(room, Grow("b", "grown"))
        changed = await store.log.read("r", before, 9)
        assert [(entry.number, entry.row.id, entry.row.content) for entry in changed] == [(4, "b", "grown")]
        assert [entry.row.id for entry in await store.log.read("r", 0, 9)] == ["a", "c", "b"]
        assert await store.log.read("r", room.number, 9) == []

    go(main)


def test_annotations_are_in_the_row_whether_it_grows_or_is_whole_and_leave_no_history(store: Store) -> None:
    async def main() -> None:
        room = await store.room()
        await store.commit(room, opened("a"), said("b", "x"), Grow("a", "so"))
        for n in range(5):
            await store.commit(room, Annotate("a", {"n": n}), Annotate("b", {"half": n / 2, "text": "é"}))
        await store.commit(room, Annotate("b", {"half": None}), Annotate("nobody", {"n": 1}))
        assert [row.meta.get("x") for row in await store.log.page("r", 9)] == [{"n": 4}, {"text": "é"}]

        after = room.number - 3
        assert [entry.row.id for entry in await store.log.read("r", after, 9)] == ["b"]
        await store.commit(room, Finish("a", Status.COMPLETE, {"k": 1}))
        row = await store.log.row("a")
        assert row is not None and (row.content, row.meta) == ("so", {"model": "bot", "x": {"n": 4}, "k": 1})

    go(main)


def test_a_crash_leaves_no_open_row_and_keeps_its_text(tmp_path: Path) -> None:
    path = tmp_path / "chatd.sqlite3"
    store = Store(path)

    async def before() -> None:
        room = await store.room()
        await store.commit(room, opened("a"), Grow("a", "one "), said("b", "x"), Annotate("a", {"tone": "warm"}))
        await store.commit(room, Grow("a", "two"))

    go(before)
    copy = tmp_path / "copy.sqlite3"  # what a kill -9 here would leave, WAL and all
    for suffix in ("", "-wal"):
        (tmp_path / f"copy.sqlite3{suffix}").write_bytes(Path(f"{path}{suffix}").read_bytes())
    store.database.close()
    again = Store(copy)

    async def after() -> None:
        assert again.database.recovered == 1
        row = await again.log.row("a")
        assert row is not None
        assert (row.content, row.status, row.method) == ("one two", "interrupted", "message.model")
        assert iso(row.finished_at or 0) == NOW
        assert row.meta == {"model": "bot", "x": {"tone": "warm"}}
        room = await again.room()
        assert room.number == 6  # added, grown, added, annotated, grown, and the recovery
        await again.commit(room, said("c", "life goes on"))

    go(after)
    again.database.close()


def test_names_keys_and_marks(store: Store) -> None:
    async def main() -> None:
        await store.room()
        directory = store.directory
        for name, key in (("alice", "K1"), ("alice", "K2"), ("bob", "K1"), ("alice", "K1")):
            await directory.register({name: key}, 5)
        assert sorted(await directory.keys()) == [("alice", "K1"), ("alice", "K2"), ("bob", "K1")]
        await directory.set_mark("alice", "r", 7)
        await directory.set_mark("alice", "r", 3)
        await directory.set_mark("nobody", "r", 3)
        assert [m.seen for m in await directory.read_markers("alice")] == [7]
        assert await directory.read_markers("bob") == [] == await directory.read_markers("carol")

    go(main)


def test_what_people_spend_adds_up_for_a_day_and_outlives_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "chatd.sqlite3"
    first = Store(path)

    async def spend() -> None:
        ledger = first.directory
        assert await ledger.spent("2026-11-20") == {}
        for name, day, tokens in (("alice", "20", 5), ("bob", "20", 1 << 40), ("alice", "20", 7), ("alice", "19", 9)):
            await ledger.spend(name, f"2026-11-{day}", tokens)
        assert await ledger.spent("2026-11-20") == {"alice": 12, "bob": 1 << 40}
        assert await ledger.spent("2026-11-19") == {"alice": 9}

    go(spend)
    first.database.close()
    again = Store(path)

    async def next_day() -> None:
        assert await again.directory.spent("2026-11-20") == {"alice": 12, "bob": 1 << 40}
        await again.directory.spend("bob", "2026-11-21", 3)
        assert await again.directory.spent("2026-11-21") == {"bob": 3}
        assert await again.directory.spent("2026-11-20") == {}  # nobody asks for it any more

    go(next_day)
    again.database.close()


def test_dropping_a_room_drops_its_rows(store: Store) -> None:
    async def main() -> None:
        room = await store.room()
        await store.commit(room, opened("a"), Grow("a", "x"))
        await store.log.drop_room("r")
        assert await store.log.rooms() == []
        for table in ("rows", "chunks", "buffers"):
            assert store.database.writer.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)

    go(main)


@pytest.mark.parametrize("damage", ["foreign", "garbage", "truncated", "newer"])
def test_what_is_not_ours_is_refused_and_left_as_it_is(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "chatd.sqlite3"
    store = Store(path)
    go(store.room)
    if damage == "newer":
        store.database.writer.execute("PRAGMA user_version = 99")
    if damage == "foreign":
        store.database.writer.execute("PRAGMA application_id = 1")
    store.database.close()
    content = path.read_bytes()
    if damage == "garbage":
        path.write_bytes(b"\x00garbage" * 1000)
    if damage == "truncated":
        path.write_bytes(content[: len(content) // 2 + 100])
    before = path.read_bytes()
    with pytest.raises(DamagedDatabase, match="left as it is"):
        Database(path, NOW)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir() if not p.name.endswith("-shm")] == ["chatd.sqlite3"]


def test_many_bit_flips_never_crash_and_never_change_the_file(tmp_path: Path) -> None:
    path = tmp_path / "chatd.sqlite3"
    store = Store(path)

    async def fill() -> None:
        room = await store.room()
        for i in range(50):
            await store.commit(room, said(f"row{i}", "some text " * 10))

    go(fill)
    store.database.close()
    content = path.read_bytes()
    refused = 0
    for i in range(100):
        place = i * len(content) // 100
        path.write_bytes(content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :])
        before = path.read_bytes()
        try:
            Database(path, NOW).close()
        except DamagedDatabase:
            refused += 1
            assert path.read_bytes() == before
    assert refused > 0


def test_an_excerpt_is_whole_when_nothing_can_have_been_left_out() -> None:
    """Of a text that fills it, nobody knows whether it went on."""

    def excerpt(size: int, status: Status = Status.COMPLETE, **meta: object) -> Excerpt:
        return Excerpt.of(Row("a", "lobby", "b", 1, Method.MODEL, "bot", "x" * size, status, 0, 0, 0, meta=meta))

    assert excerpt(EXCERPT - 1).is_whole
    assert not excerpt(EXCERPT).is_whole and not excerpt(EXCERPT + 1).is_whole
    assert not excerpt(1, Status.OPEN).is_whole and not excerpt(1, thinking="hm").is_whole
