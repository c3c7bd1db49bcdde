"""Credentials on SQLite: they hang on a name's key, go with it, and come back as they were."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from chatd.adapters.sqlite import schema
from chatd.adapters.sqlite.credentials import SqliteCredentials
from chatd.adapters.sqlite.database import Database
from chatd.core.credentials import Credential, CredentialKind
from chatd.errors import StorageError
from chatd.testing import run
from tests.adapters.sqlite.test_log import NOW, Store

TOKEN = Credential("bakolu", CredentialKind.TOKEN, "a" * 64, "alice", "K1", 1000, 2000, "for é", read_only=True)
SESSION = Credential("dusibu", CredentialKind.SESSION, "b" * 64, "alice", "K1", 1001, 3000)


class Kept(Store):
    """A database with alice, who has the keys K1 and K2, and bob, whose key is K1, too."""

    def __init__(self, path: Path | str) -> None:
        super().__init__(path)
        self.credentials = SqliteCredentials(self.database, write=self.disk, read=self.disk)

    async def register(self) -> None:
        for name, key in (("alice", "K1"), ("alice", "K2"), ("bob", "K1")):
            await self.directory.register({name: key}, 0)


def test_they_come_back_as_they_were(tmp_path: Path) -> None:
    used = replace(SESSION, used_at=1500, expires_at=9000)

    async def first(kept: Kept) -> None:
        await kept.register()
        assert await kept.credentials.add(TOKEN) and await kept.credentials.add(SESSION)
        assert await kept.credentials.credentials() == [TOKEN, SESSION]
        await kept.credentials.change([], [used])

    async def second(kept: Kept) -> None:
        assert await kept.credentials.credentials() == [TOKEN, used]

    for talk in (first, second):
        kept = Kept(tmp_path / "db")
        run(talk, kept)
        kept.database.close()


@pytest.mark.parametrize(("name", "key"), [("bob", "K2"), ("nobody", "K1"), ("alice", "K9")])
def test_without_the_key_nothing_is_written(tmp_path: Path, name: str, key: str) -> None:
    async def main() -> None:
        kept = Kept(tmp_path / "db")
        await kept.register()
        assert await kept.credentials.add(SESSION)
        assert not await kept.credentials.add(replace(TOKEN, name=name, fingerprint=key), instead_of=[SESSION.id])
        assert await kept.credentials.credentials() == [SESSION]
        kept.database.close()

    run(main)


@pytest.mark.parametrize(
    ("sql", "left"),
    [
        ("DELETE FROM keys WHERE fingerprint = 'K1' AND user_id = (SELECT id FROM users WHERE name = 'alice')", {"b"}),
        ("DELETE FROM keys WHERE fingerprint = 'K1'", set[str]()),
        ("DELETE FROM keys WHERE fingerprint = 'K2'", {"a", "b"}),
        ("DELETE FROM users WHERE name = 'alice'", {"b"}),
    ],
)
def test_they_go_with_the_key_of_the_name(tmp_path: Path, sql: str, left: set[str]) -> None:
    async def main() -> None:
        kept = Kept(tmp_path / "db")
        await kept.register()
        await kept.credentials.add(replace(TOKEN, id="a"))
        await kept.credentials.add(replace(TOKEN, id="b", name="bob", digest="c" * 64))
        kept.database.writer.execute(sql)
        assert {one.id for one in await kept.credentials.credentials()} == left
        kept.database.close()

    run(main)


def test_one_takes_the_place_of_others_or_nothing_happens(tmp_path: Path) -> None:
    async def main() -> None:
        kept = Kept(tmp_path / "db")
        await kept.register()
        await kept.credentials.add(SESSION)
        kept.disk.becomes_read_only()
        with pytest.raises(StorageError):
            await kept.credentials.add(TOKEN, instead_of=[SESSION.id])
        with pytest.raises(StorageError):
            await kept.credentials.change([SESSION.id], [])
        kept.disk.works_again()
        assert await kept.credentials.credentials() == [SESSION]
        assert await kept.credentials.add(TOKEN, instead_of=[SESSION.id])
        assert await kept.credentials.credentials() == [TOKEN]
        await kept.credentials.change([TOKEN.id, "unknown"], [TOKEN])
        assert await kept.credentials.credentials() == []
        kept.database.close()

    run(main)


def test_two_never_have_one_secret(tmp_path: Path) -> None:
    """256 random bits do not meet again: if they do, the source of randomness is broken, and nothing may go on."""

    async def main() -> None:
        kept = Kept(tmp_path / "db")
        await kept.register()
        await kept.credentials.add(TOKEN)
        with pytest.raises(sqlite3.IntegrityError):
            await kept.credentials.add(replace(SESSION, digest=TOKEN.digest))
        kept.database.close()

    run(main)


def test_a_database_from_before_there_were_any_has_none_and_takes_some(tmp_path: Path) -> None:
    path = tmp_path / "db"
    before = next(n for n in range(1, schema.VERSION + 1) if "credentials" in schema.tables(n)) - 1
    with closing(sqlite3.connect(path, isolation_level=None)) as old:
        schema.define_functions(old)
        for statement in ";\n".join(schema.MIGRATIONS[:before]).split(";\n"):
            old.execute(statement)
        old.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
        old.execute(f"PRAGMA user_version = {before}")

    async def main() -> None:
        kept = Kept(path)
        assert await kept.credentials.credentials() == []
        await kept.register()
        assert await kept.credentials.add(TOKEN)
        kept.database.close()

    run(main)
    Database(path, NOW).close()


def test_they_are_read_in_the_order_in_which_they_were_made(tmp_path: Path) -> None:
    async def main() -> None:
        kept = Kept(tmp_path / "db")
        await kept.register()
        made = [replace(TOKEN, id=f"t{n}", digest=f"{n:064x}", created_at=1000 + n) for n in range(100)]
        shuffled = random.Random(1).sample(made, len(made))
        for one in shuffled:
            await kept.credentials.add(one)
        assert await kept.credentials.credentials() == made
        kept.database.close()

    run(main)
