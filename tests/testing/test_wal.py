"""What a WAL makes of a database is what SQLite itself makes of it, wherever it ends."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from chatd.testing.images import NAME, DiskFiles, opened, snapshot
from chatd.testing.wal import applied, frames


def written(path: Path, source: Random, *, checkpoint: bool = False) -> DiskFiles:
    """The files of a database with some transactions; some grow it, some shrink it."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA auto_vacuum = FULL")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE t(n, text)")
        for number in range(12):
            connection.execute("BEGIN")
            for _ in range(source.randrange(1, 4)):
                connection.execute("INSERT INTO t VALUES(?, ?)", (number, "x" * source.randrange(9000)))
            if source.random() < 0.3:
                connection.execute("DELETE FROM t WHERE n < ?", (number - 1,))
            connection.execute("COMMIT")
            if checkpoint and number == 6:
                connection.execute("PRAGMA wal_checkpoint(RESTART)")
        return DiskFiles.of(path)


def rows(connection: sqlite3.Connection) -> list[tuple[object, ...]]:
    try:
        return connection.execute("SELECT n, length(text) FROM t ORDER BY n, rowid").fetchall()
    except sqlite3.OperationalError:
        return []


@pytest.mark.parametrize("seed", range(30))
def test_what_is_whole_in_a_torn_wal_is_there(tmp_path: Path, seed: int) -> None:
    source = Random(seed)
    files = written(tmp_path / "first", source, checkpoint=seed % 3 == 0)
    end = [frame.end for frame in frames(files.wal)][-1]
    torn = files.torn(source.randrange(end + 1))
    if seed % 3 == 1:
        torn = files.flipped(source.randrange(end * 8), in_wal=True)
    (tmp_path / "next").mkdir()
    with closing(sqlite3.connect(torn.put(tmp_path / "next"))) as connection:
        there = rows(connection)
    expected = torn
    if seed % 3 == 1:
        at = next(i for i, (one, other) in enumerate(zip(files.wal, torn.wal, strict=True)) if one != other)
        expected = files.torn(max((frame.end for frame in frames(files.wal) if frame.end <= at), default=0))
    with opened(expected.image()) as connection:
        assert rows(connection) == there
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_what_was_left_behind_by_an_earlier_use_does_not_count(tmp_path: Path) -> None:
    files = written(tmp_path / NAME, Random(5), checkpoint=True)
    live = [frame.end for frame in frames(files.wal)][-1]
    assert live < len(files.wal)
    assert applied(files.main, files.wal) == applied(files.main, files.wal[:live])


@pytest.mark.parametrize("seed", range(10))
def test_what_stands_behind_a_flipped_bit_does_not_count_when_less_was_written_over_it(
    tmp_path: Path, seed: int
) -> None:
    """The next one to write goes on at the flipped frame; what is left of the old ones has the same salt."""
    source = Random(seed)
    files = written(tmp_path / "first", source)
    end = [frame.end for frame in frames(files.wal)][-1]
    (tmp_path / "next").mkdir()
    path = files.flipped(source.randrange(end * 8), in_wal=True).put(tmp_path / "next")
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        connection.execute("CREATE TABLE IF NOT EXISTS t(n, text)")
        connection.execute("INSERT INTO t VALUES(99, 'short')")
        found = rows(connection)
        with opened(DiskFiles.of(path).image()) as image:
            assert rows(image) == found


def test_without_a_wal_a_database_is_as_it_is() -> None:
    assert applied(b"", b"") == b"" and not list(frames(b"too short"))


def test_a_snapshot_of_a_database_on_disk_has_what_is_in_its_wal(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / NAME, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE t AS SELECT 1 AS n, 'one' AS text")
        with opened(snapshot(connection)) as copy:
            assert rows(copy) == [(1, 3)]
