"""Damage that no page's layout shows: an index that says otherwise than its rows, a trigger of another text, the index
of the search; and what is read of a file that was damaged after the start.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from chatd.adapters.sqlite import database as opening
from chatd.adapters.sqlite import schema
from chatd.adapters.sqlite.database import Database
from chatd.errors import DamagedDatabase, StorageError
from chatd.testing import World, run
from chatd.testing.sources import CountingIds

NOW = "2026-11-20T10:15:30.123Z"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database in which something was said."""

    async def main() -> None:
        async with World.open(database=file) as world:
            for text in ("one", "two", "three"):
                await world.command("alice", f"say --room lobby {text}")

    file = tmp_path / "chatd.sqlite3"
    run(main)
    return file


def change(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        schema.define_functions(connection)
        for statement in statements:
            connection.execute(statement)


def flip(path: Path, whole: bytes, flipped: bytes) -> None:
    data = path.read_bytes()
    assert whole in data and len(whole) == len(flipped)
    path.write_bytes(data.replace(whole, flipped, 1))


def an_index_without_a_row(path: Path) -> None:
    definition = "(SELECT rootpage FROM sqlite_master WHERE name = 'rows_by_seq')"
    change(
        path,
        "PRAGMA writable_schema = ON",
        f"CREATE TABLE hidden AS SELECT type, name, tbl_name, {definition} AS rootpage, sql FROM sqlite_master"
        " WHERE name = 'rows_by_seq'",
        "DELETE FROM sqlite_master WHERE name = 'rows_by_seq'",
    )
    change(
        path,
        "DELETE FROM rows WHERE seq = 3",
        "UPDATE buffers SET seq = 2",
        "PRAGMA writable_schema = ON",
        "INSERT INTO sqlite_master SELECT * FROM hidden",
    )
    change(path, "DROP TABLE hidden")


def a_trigger_of_another_column(path: Path) -> None:
    flip(
        path,
        b"SELECT new.n, new.author, without_pieces(new.content)",
        b"SELECT new.n, new.authos, without_pieces(new.content)",
    )


def a_view_of_other_rows(path: Path) -> None:
    flip(path, b"pieces_of(content) AS pieces FROM rows WHERE (rows.content_method IN ('message.user'",
         b"pieces_of(content) AS pieces FROM rows WHERE (rows.content_method IN ('message.uset'")  # fmt: skip


def a_reference_to_nothing(path: Path) -> None:
    flip(path, b"buffer_id TEXT NOT NULL REFERENCES buffers(id)", b"buffer_id TEXT NOT NULL REFERENCES bufvers(id)")


def a_column_that_has_no_default(path: Path) -> None:
    flip(path, b"label TEXT NOT NULL DEFAULT ''", b"label TEXT NOT NULL DEFAULT 00")


def a_search_of_another_format(path: Path) -> None:
    change(path, "UPDATE search_config SET v = 5 WHERE k = 'version'")


def a_trigger_that_is_gone(path: Path) -> None:
    change(path, "DROP TRIGGER search_added")


@pytest.mark.parametrize(
    "damage",
    [
        an_index_without_a_row, a_trigger_of_another_column, a_view_of_other_rows, a_reference_to_nothing,
        a_column_that_has_no_default, a_search_of_another_format, a_trigger_that_is_gone,
    ],
)  # fmt: skip
def test_damage_is_refused_in_one_line_that_says_what_to_do(path: Path, damage: Callable[[Path], None]) -> None:
    damage(path)
    before = path.read_bytes()
    with pytest.raises(DamagedDatabase, match="is damaged") as refused:
        Database(path, NOW).close()
    told = str(refused.value)
    assert str(path) in told and "\n" not in told and "backup" in told and ".recover" in told
    assert path.read_bytes() == before


def test_what_somebody_has_added_is_theirs(path: Path) -> None:
    change(
        path, "ALTER TABLE rows ADD COLUMN colour TEXT", "CREATE INDEX theirs ON rows(author)", "CREATE TABLE own(x)"
    )
    Database(path, NOW).close()


IN_THE_INDEX = (
    "UPDATE search_data SET block = x'00' WHERE id > 10",
    "DELETE FROM search_data WHERE id > 10",
    "UPDATE search_idx SET pgno = 77",
)


@pytest.mark.parametrize("damage", IN_THE_INDEX)
def test_a_damaged_index_of_the_search_is_made_anew(path: Path, damage: str, caplog: pytest.LogCaptureFixture) -> None:
    change(path, damage)

    async def main() -> None:
        async with World.open(database=path, ids=CountingIds("y")) as world:
            assert (await world.command("alice", "say --room lobby four")).exit_status == 0
            for word in ("two", "four"):
                assert word in (await world.command("bob", f"search {word}")).output

    with caplog.at_level(logging.WARNING, "chatd.database"):
        run(main)
    assert ["made anew" in record.getMessage() for record in caplog.records if record.name == "chatd.database"] == [
        True
    ]
    caplog.clear()
    Database(path, NOW).close()
    assert not caplog.records


def test_a_large_file_is_opened_without_being_read_through(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "MAX_CHECKED", 0)
    change(path, IN_THE_INDEX[0])
    Database(path, NOW).close()


def test_what_recovery_cannot_read_is_damage(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "MAX_CHECKED", 0)
    change(path, "INSERT INTO thoughts SELECT 'r', 0, id, '{\"author\":1', '', 'local' FROM buffers")
    with pytest.raises(DamagedDatabase, match="is damaged"):
        Database(path, NOW)


READ_LATER = {
    "a status": "UPDATE rows SET status = 'complfte' WHERE seq = 2",
    "a time": "UPDATE rows SET created_at = '2023-11-1' WHERE seq = 2",
    "what is known of a row": "UPDATE rows SET meta = '{\"a\":1' WHERE seq = 2",
    "a text": "UPDATE rows SET author = CAST(x'68e16c' AS TEXT) WHERE seq = 2",
}


@pytest.mark.parametrize("damage", READ_LATER)
def test_who_reads_what_was_damaged_later_is_told_so_and_nobody_else_is_disturbed(path: Path, damage: str) -> None:
    async def main() -> None:
        async with World.open(database=path, room_entries=1, ids=CountingIds("y")) as world:
            for number in range(5):
                await world.command("alice", f"say --room lobby more {number}")
            bob = await world.join("bob")
            triggers = world.database.writer.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
            for (name,) in triggers:
                world.database.writer.execute(f"DROP TRIGGER {name}")
            world.database.writer.execute(READ_LATER[damage])
            read = await world.command("carol", "history lobby")
            assert read.exit_status != 0 and "the database file is damaged" in read.errors
            assert "Traceback" not in read.errors and "bug" not in read.errors
            assert (await world.command("alice", "say --room lobby all the same")).exit_status == 0
            await world.settle()
            assert "all the same" in bob.screen

    run(main)


def test_an_error_of_the_file_is_not_called_one_of_the_disk(path: Path) -> None:
    database = Database(path, NOW)
    database.writer.execute("INSERT INTO room_settings SELECT id, 'topic', CAST(x'68e16c' AS TEXT) FROM rooms")
    with pytest.raises(StorageError, match="the database file is damaged"):
        opening.select(database, "SELECT value FROM room_settings", ())
    database.close()


def test_damage_in_the_index_of_the_search_that_only_a_write_meets_ends_no_server(path: Path) -> None:
    change(path, *(f"INSERT OR IGNORE INTO search_idx VALUES({segment}, x'', 2)" for segment in range(1, 60)))

    async def main() -> None:
        async with World.open(database=path, ids=CountingIds("y")) as world:
            said = await world.command("alice", "say --room lobby four")
            assert said.exit_status != 0 and "the database file is damaged" in said.errors
            assert "three" in (await world.command("bob", "history lobby")).output
            world.database.writer.execute("INSERT INTO search(search) VALUES('rebuild')")
            await world.settle(60)

    run(main)
