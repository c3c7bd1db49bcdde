"""What is kept for members: on disk, by name, all of a batch or none."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from chatd.adapters.sqlite import schema
from chatd.adapters.sqlite.database import Database
from chatd.errors import StorageError
from chatd.testing import run
from tests.adapters.sqlite.test_log import NOW, Store


def test_values_are_kept_by_name_and_key(tmp_path: Path) -> None:
    async def first(store: Store) -> None:
        await store.directory.register({"alice": "K1"}, 0)
        await store.directory.register({"bob": "K2"}, 0)
        await store.directory.keep(
            [("alice", "a", "1"), ("bob", "a", '"é"'), ("alice", "b", "2"), ("nobody", "a", "3")]
        )
        await store.directory.keep([("alice", "a", "4"), ("alice", "b", None), ("alice", "c", None)])

    async def second(store: Store) -> None:
        assert await store.directory.kept("alice") == {"a": "4"}
        assert await store.directory.kept("bob") == {"a": '"é"'}
        assert await store.directory.kept("nobody") == {}

    for talk in (first, second):
        store = Store(tmp_path / "db")
        run(talk, store)
        store.database.close()


def test_a_batch_is_kept_whole_or_not_at_all(tmp_path: Path) -> None:
    async def main() -> None:
        store = Store(tmp_path / "db")
        await store.directory.register({"alice": "K1"}, 0)
        await store.directory.keep([("alice", "a", "1")])
        store.disk.becomes_read_only()
        with pytest.raises(StorageError):
            await store.directory.keep([("alice", "a", "2"), ("alice", "b", "2")])
        store.disk.works_again()
        assert await store.directory.kept("alice") == {"a": "1"}
        store.database.close()

    run(main)


@pytest.mark.parametrize("version", range(1, schema.VERSION))
def test_an_older_database_becomes_todays_with_its_rows(tmp_path: Path, version: int) -> None:
    path = tmp_path / "db"
    with sqlite3.connect(path, isolation_level=None) as old:
        schema.define_functions(old)
        for migration in schema.MIGRATIONS[:version]:
            for statement in migration.split(";\n"):
                old.execute(statement)
        old.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
        old.execute(f"PRAGMA user_version = {version}")
        old.execute("INSERT INTO users VALUES ('u', 'alice', '')")
    old.close()
    database = Database(path, NOW)
    assert database.writer.execute("PRAGMA user_version").fetchone() == (schema.VERSION,)
    assert database.writer.execute("SELECT name FROM users").fetchall() == [("alice",)]
    assert database.writer.execute("SELECT count(*) FROM kept").fetchone() == (0,)
    database.close()
