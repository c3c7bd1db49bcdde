"""Opening the database: what is not a healthy one of ours is refused in one line and not touched."""

from __future__ import annotations

import os
import resource
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from chatd.adapters.sqlite import database, schema
from chatd.adapters.sqlite.database import Database
from chatd.adapters.sqlite.schema import LOCAL_WRITER
from chatd.errors import BadConfig, CannotCreate, ChatdError, DamagedDatabase, StorageError

NOW = "2026-11-20T10:15:30.123Z"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A healthy database that no server has open."""
    file = tmp_path / "chatd.sqlite3"
    Database(file, NOW).close()
    return file


def change(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    connection.close()


def refused(path: Path, kind: type[ChatdError]) -> str:
    """Open it; returns what the operator reads. The file and its neighbours are as they were."""
    before = {file: file.read_bytes() for file in path.parent.iterdir() if file.is_file()}
    with pytest.raises(kind) as refusal:
        Database(path, NOW)
    assert {file: file.read_bytes() for file in path.parent.iterdir() if file.is_file()} == before
    assert str(path) in str(refusal.value) and "\n" not in str(refusal.value)
    return str(refusal.value)


@contextmanager
def no_file_grows_beyond(size: int) -> Iterator[None]:
    """A disk with little room, as far as SQLite can tell."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_healthy_one_opens_again(path: Path) -> None:
    Database(path, NOW).close()


@pytest.mark.parametrize("table", schema.tables(schema.VERSION))
def test_a_missing_table_is_damage(path: Path, table: str) -> None:
    change(path, "PRAGMA foreign_keys = OFF", f"DROP TABLE {table}")
    assert f"is damaged (it has no table {table}); it was left as it is" in refused(path, DamagedDatabase)


@pytest.mark.parametrize("version", [0, -1])
def test_a_version_that_no_chatd_writes_is_damage(path: Path, version: int) -> None:
    change(path, f"PRAGMA user_version = {version}")
    assert f"is damaged (format {version})" in refused(path, DamagedDatabase)


def test_a_database_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "chatd.sqlite3"
    change(file, "CREATE TABLE accounts(id)")
    assert "not one of chatd's" in refused(file, DamagedDatabase)


def test_an_empty_database_is_as_good_as_none(tmp_path: Path) -> None:
    file = tmp_path / "chatd.sqlite3"
    change(file, "CREATE TABLE t(x)", "DROP TABLE t")
    Database(file, NOW).close()


def test_what_sqlite_says_in_two_lines_is_said_in_one(path: Path) -> None:
    text = "x" * 300
    rows = ",".join(f"('{n}', '{n}{text}', '')" for n in range(500))
    schema_alone = path.stat().st_size
    change(path, f"INSERT INTO rooms VALUES {rows}")
    data = bytearray(path.read_bytes())
    for start in range(schema_alone, len(data) - 4096, 4096):
        data[start : start + 64] = b"\xff" * 64
    path.write_bytes(data)
    assert "*** in database main ***" in refused(path, DamagedDatabase)


def test_a_directory_in_its_place(tmp_path: Path) -> None:
    file = tmp_path / "chatd.sqlite3"
    file.mkdir()
    assert refused(file, CannotCreate) == f"{file} is a directory, not a file"


def test_a_pipe_in_its_place(tmp_path: Path) -> None:
    file = tmp_path / "chatd.sqlite3"
    os.mkfifo(file)
    assert refused(file, CannotCreate) == f"{file} is not a regular file"


def with_a_wal(path: Path) -> None:
    """Leave a WAL behind, as a killed server does."""
    database = Database(path, NOW)
    database.writer.execute("INSERT INTO rooms VALUES ('r', 'lobby', ?)", (NOW,))
    kept = {file: file.read_bytes() for file in path.parent.iterdir() if not file.name.endswith("-shm")}
    database.close()
    for file, data in kept.items():
        file.write_bytes(data)


@pytest.mark.parametrize("prepare", [lambda path: path.unlink(), with_a_wal])
def test_a_full_disk_is_called_so(path: Path, prepare: Callable[[Path], None]) -> None:
    prepare(path)
    with no_file_grows_beyond(16384), pytest.raises(StorageError) as failure:
        Database(path, NOW)
    assert str(failure.value) == "the disk is full"
    Database(path, NOW).close()  # once there is room again


def test_an_sqlite_without_full_text_search_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "FULL_TEXT", "fts_of_another_build")
    before = path.read_bytes()
    with pytest.raises(BadConfig, match=r"SQLite 3\.[\d.]+ was built without FTS5"):
        Database(path, NOW)
    assert path.read_bytes() == before


@pytest.fixture
def of_version_1(tmp_path: Path) -> Path:
    """A database of the first format, with rows in it, from a server that was killed."""
    file = tmp_path / "old.sqlite3"
    rows = (
        ("a", "message.user", "alice", "hello world", "complete"),
        ("b", "message.model.chunk", "bot", "half", "open"),
        ("c", "message.system", "system", "hello", "complete"),
        ("d", "message.model", "bot", "hello", "complete"),
    )
    change(
        file,
        *schema.MIGRATIONS[0].split(";\n"),
        f"PRAGMA application_id = {schema.APPLICATION_ID}",
        "PRAGMA user_version = 1",
        f"INSERT INTO rooms VALUES ('r', 'lobby', '', '{NOW}')",
        "INSERT INTO buffers(id, room_id, number, seq, token) VALUES ('b', 'r', 5, 4, 'last')",
        *(
            "INSERT INTO rows(id, buffer_id, seq, content_method, author, content, status, created_at, updated_at,"
            " added_entry, last_entry)"
            f" VALUES ('{i}', 'b', {n}, '{m}', '{a}', '{c}', '{s}', '{NOW}', '{NOW}', {n}, {n})"
            for n, (i, m, a, c, s) in enumerate(rows, 1)
        ),
        "INSERT INTO chunks VALUES ('b', 5, ' and hello')",
        """UPDATE rows SET parent_id = 'a', mention_id = 'm', meta = '{"asker": "alice"}' WHERE id = 'b'""",
    )
    return file


def test_a_database_of_the_first_format_becomes_todays(of_version_1: Path) -> None:
    """Everything in it is as it was, what was said can be found, and what had been open is closed and found too."""
    migrated = Database(of_version_1, NOW)
    assert migrated.recovered == 1
    assert migrated.reader.execute("PRAGMA user_version").fetchone() == (schema.VERSION,)
    rows = migrated.reader.execute("SELECT id, content, status FROM rows ORDER BY seq").fetchall()
    assert [row[0] for row in rows] == ["a", "b", "c", "d", "m-cut"]
    assert rows[1] == ("b", "half and hello", "interrupted")
    assert rows[4][1] == "bot: the server stopped before the answer ended"
    found = "SELECT id FROM search JOIN rows ON n = search.rowid WHERE search MATCH 'hello' ORDER BY n"
    assert migrated.reader.execute(found).fetchall() == [("a",), ("b",), ("d",)]
    assert migrated.reader.execute("SELECT count(*) FROM spending").fetchone() == (0,)
    assert migrated.reader.execute("SELECT * FROM appends").fetchall() == [("b", LOCAL_WRITER, "last")]
    migrated.writer.execute("INSERT INTO search(search, rank) VALUES('integrity-check', 1)")
    migrated.close()
    Database(of_version_1, NOW).close()


def test_a_migration_that_is_killed_begins_again(of_version_1: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each migration is one transaction: its first half alone is never seen."""
    whole = schema.MIGRATIONS
    monkeypatch.setattr(schema, "MIGRATIONS", (whole[0], whole[1] + ";\nSELECT no_such_function()"))
    with pytest.raises(StorageError):
        Database(of_version_1, NOW)
    monkeypatch.setattr(schema, "MIGRATIONS", whole)
    Database(of_version_1, NOW).close()
