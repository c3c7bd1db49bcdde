"""Following a room on SQLite: what changed since, with the head of that moment, or how the room stands."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from chatd.core.replication import Delta, Snapshot, fold
from chatd.core.room import Room, RoomLimits
from chatd.core.row import Annotate, Finish, Grow, SetRoom, Status
from chatd.errors import StorageError
from tests.adapters.sqlite.test_log import Store, go, opened, said


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened_store = Store(tmp_path / "chatd.sqlite3")
    yield opened_store
    opened_store.database.close()


def test_a_delta_is_each_row_that_changed_with_the_head_and_the_topic(store: Store) -> None:
    async def main() -> None:
        room = await store.room()
        await store.commit(room, said("a", "x"), opened("b"), opened("c"))
        before = room.number
        await store.commit(
            room, Grow("b", "grown"), said("d", "y"), Finish("c", Status.COMPLETE), SetRoom("topic", "tea")
        )
        news = await store.log.follow("r", before, 9)
        assert isinstance(news, Delta)
        assert (news.number, news.seq, news.settings) == (7, 4, {"topic": "tea"})
        assert [(entry.number, entry.row.id, entry.row.content) for entry in news.changed] == [
            (4, "b", "grown"), (5, "d", "y"), (6, "c", ""),
        ]  # fmt: skip
        assert await store.log.follow("r", room.number, 9) == Delta(7, 4, {"topic": "tea"}, ())
        assert await store.log.follow("none", 0, 9) is None

    go(main)


def test_more_than_is_asked_for_is_a_snapshot_with_every_open_row(store: Store) -> None:
    async def main() -> None:
        room = await store.room()
        await store.commit(room, opened("open"), *(said(name, name * 10) for name in "abcde"))
        whole = await store.log.follow("r", 0, 6)
        assert isinstance(whole, Delta) and len(whole.changed) == 6, "so many are asked for"
        for limit, chars, newest in ((5, 999, "abcde"), (2, 999, "de"), (9, 30, "cde"), (9, 1, "e")):
            news = await store.log.follow("r", 0, limit, chars=chars)
            assert isinstance(news, Snapshot)
            assert [row.id for row in news.rows] == ["open", *newest] and (news.number, news.seq) == (6, 6)

    go(main)


def test_a_room_that_follows_is_the_room_that_was_written(store: Store) -> None:
    async def main() -> None:
        room = await store.room()
        follower = Room("r", "lobby", "b", limits=RoomLimits(9, 9999, 9, 999))
        for drafts in (
            [opened("a"), said("b", "x")],
            [Grow("a", "é世")],
            [Annotate("a", {"tone": "warm"}), Grow("a", "?"), Annotate("b", {"n": 1})],
            [Grow("a", "!"), Finish("a", Status.COMPLETE)],
            [Annotate("a", {"tone": None, "n": 2})],
        ):
            await store.commit(room, *drafts)
            news = await store.log.follow("r", follower.number, 9)
            assert news is not None
            fold(follower, news)
            told = [(live.text, live.head.meta) for live in follower.tail(9)]
            assert told == [(live.text, live.head.meta) for live in room.tail(9)]
        assert [live.row for live in follower.tail(9)] == [live.row for live in room.tail(9)]

    go(main)


def test_a_database_that_fails_says_so(store: Store) -> None:
    async def main() -> None:
        await store.room()
        store.database.writer.execute("DROP TABLE chunks")
        with pytest.raises(StorageError, match="the disk fails"):
            await store.log.follow("r", 0, 9)
        assert not store.database.reader.in_transaction

    go(main)
