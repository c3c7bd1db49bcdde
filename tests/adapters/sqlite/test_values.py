"""A value that cannot be right is found before a database is opened: the file is refused in one line, and unchanged."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from chatd.adapters.sqlite.database import MEMORY, Database
from chatd.adapters.sqlite.values import damaged_value
from chatd.core.times import iso
from chatd.errors import DamagedDatabase, Exit
from chatd.testing import World, run

NOW = "2026-11-20T10:15:30.123Z"

CREDENTIAL = (
    "INSERT INTO credentials(id, kind, digest, user_id, fingerprint, created_at, expires_at, used_at, read_only)"
    f" SELECT 'b', {{}}, {{}}, user_id, fingerprint, '{NOW}', '{{}}', {{}}, {{}} FROM keys"
)

FLIPS = {
    "a time": "UPDATE rows SET created_at = '2023-11-1' || char(20) || 'T22:13:26.000Z' WHERE seq = 2",
    "a day that no month has": "UPDATE rows SET updated_at = '2023-02-30T22:13:26.000Z' WHERE seq = 2",
    "an end": "UPDATE rows SET finished_at = '' WHERE seq = 2",
    "a status": "UPDATE rows SET status = 'complfte' WHERE seq = 2",
    "what is known of a row": "UPDATE rows SET meta = '{\"a\":1' WHERE seq = 2",
    "a room's time": "UPDATE rooms SET created_at = '2023-11-14T22:13*27.000Z'",
    "a number": "UPDATE rows SET seq = 1027 WHERE seq = 2",
    "a head": "UPDATE buffers SET seq = 1",
    "a head's number": "UPDATE buffers SET number = 1",
    "a thought's head": "INSERT INTO thoughts SELECT 'r', 0, id, '{\"author\":\"bot\"}', '', 'local' FROM buffers",
    "what a credential is for": CREDENTIAL.format("'tokem'", "hex(zeroblob(32))", NOW, "NULL", 0),
    "a credential's hash": CREDENTIAL.format("'token'", "hex(zeroblob(31))", NOW, "NULL", 0),
    "a credential's end": CREDENTIAL.format("'token'", "hex(zeroblob(32))", "2026-11-31T10:15:30.123Z", "NULL", 0),
    "a credential's use": CREDENTIAL.format("'token'", "hex(zeroblob(32))", NOW, "''", 0),
    "what a credential allows": CREDENTIAL.format("'token'", "hex(zeroblob(32))", NOW, "NULL", 2),
    "a text": "UPDATE rows SET content = CAST(x'68e16c' AS TEXT) WHERE seq = 2",
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database in which something was said."""

    async def main() -> None:
        async with World.open(database=file) as world:
            for text in ("one", "two", "three"):
                await world.command("alice", f"say {text}")

    file = tmp_path / "chatd.sqlite3"
    run(main)
    return file


@pytest.mark.parametrize("flip", FLIPS)
def test_a_value_that_cannot_be_right_is_damage(path: Path, flip: str) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for trigger, _ in triggers:
        connection.execute(f"DROP TRIGGER {trigger}")
    connection.execute(FLIPS[flip])
    for _, definition in triggers:
        connection.execute(definition)
    connection.close()
    before = path.read_bytes()
    with pytest.raises(DamagedDatabase, match=r"is damaged \((?!the definition)") as refused:
        Database(path, NOW)
    assert refused.value.exit_code == Exit.DAMAGED and "\n" not in str(refused.value)
    assert path.read_bytes() == before


def test_a_credential_as_it_should_be_is_no_damage(path: Path) -> None:
    """Else the flips of credentials above might be found for another reason."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(CREDENTIAL.format("'token'", "hex(zeroblob(32))", NOW, f"'{NOW}'", 1))
        assert connection.execute("SELECT count(*) FROM credentials").fetchone() == (1,)
    Database(path, NOW).close()


@pytest.mark.parametrize("base", [0, 951_782_400_000, 1_700_000_000_000, 4_102_444_799_000, 253_402_300_799_000])
def test_every_time_that_a_server_writes_is_right(path: Path, base: int) -> None:
    """SQLite counts seconds as floating numbers: no millisecond may be taken for damage."""
    database = Database(path, NOW)
    for ms in range(1000):
        sql = "INSERT INTO rooms(id, name, created_at) VALUES (?, ?, ?)"
        database.writer.execute(sql, (f"r{ms}", f"room{ms}", iso(base + ms)))
    database.close()
    Database(path, NOW).close()


def test_a_column_with_another_name_is_damage(path: Path) -> None:
    before = path.read_bytes().replace(b"parent_id TEXT, mention_id TEXT", b"parent_id TEXT, mentinn_id TEXT")
    path.write_bytes(before)
    with pytest.raises(DamagedDatabase, match="is damaged"):
        Database(path, NOW)
    assert path.read_bytes() == before


def test_numbers_that_are_none_in_what_a_row_tells_of_itself_keep_no_server_out() -> None:
    """Python writes and reads them, SQLite does not."""
    database = Database(MEMORY, "2026-01-01T00:00:00.000Z")
    try:
        writer = database.writer
        writer.execute("INSERT INTO rooms(id, name, created_at) VALUES ('r', 'lobby', '2026-01-01T00:00:00.000Z')")
        writer.execute("INSERT INTO buffers(id, room_id, number, seq) VALUES ('b', 'r', 1, 1)")
        writer.execute(
            "INSERT INTO rows(id, buffer_id, seq, content_method, author, content, status, created_at, updated_at,"
            " meta, added_entry, last_entry) VALUES ('x', 'b', 1, 'message.model', 'bot', 'hi', 'complete',"
            " '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z', '{\"tokens_per_s\": NaN}', 1, 1)"
        )
        assert damaged_value(writer, ["rows", "rooms", "buffers"]) is None
        writer.execute("UPDATE rows SET meta = '{\"tokens'")
        assert "meta of rows" in str(damaged_value(writer, ["rows"]))
    finally:
        database.close()


def test_a_column_that_somebody_added_is_theirs_and_one_that_is_gone_is_missed(tmp_path: Path) -> None:
    file = tmp_path / "db"
    Database(file, NOW).close()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("ALTER TABLE rooms ADD COLUMN colour TEXT")
    Database(file, NOW).close()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("ALTER TABLE rooms RENAME COLUMN created_at TO creaved_at")
    with pytest.raises(DamagedDatabase, match="rooms has no column created_at"):
        Database(file, NOW)
