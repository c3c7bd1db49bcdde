"""The port `CredentialStore` on SQLite: bearer tokens and web sessions, by the key and the name that vouch for them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

from chatd.adapters.sqlite.database import Database, select, transact
from chatd.core.credentials import Credential, CredentialKind
from chatd.core.times import from_iso, iso
from chatd.ports import RunSync


class SqliteCredentials:
    """Credentials in the log's database. A key that is taken from a name takes its rows along."""

    def __init__(self, database: Database, *, write: RunSync, read: RunSync) -> None:
        self._db = database
        self._write = write
        self._read = read

    async def credentials(self) -> list[Credential]:
        """In the order in which they were made."""
        sql = (
            "SELECT credentials.id, kind, digest, name, fingerprint, credentials.created_at, expires_at, label,"
            " read_only, used_at FROM credentials JOIN users ON users.id = user_id"
            " ORDER BY credentials.created_at, credentials.id"
        )
        return [_credential(found) for found in await self._read(select, self._db, sql, ())]

    async def add(self, credential: Credential, instead_of: Sequence[str] = ()) -> bool:
        """In one transaction; whether there is still the key to hang it on is seen in the same."""
        kept = False

        def insert(connection: sqlite3.Connection) -> None:
            nonlocal kept
            sql = (
                "INSERT INTO credentials(id, kind, digest, user_id, fingerprint, created_at, expires_at, label,"
                " read_only, used_at) SELECT ?, ?, ?, user_id, fingerprint, ?, ?, ?, ?, NULL FROM keys"
                " JOIN users ON users.id = user_id WHERE name = ? AND fingerprint = ?"
            )
            of = credential
            kept = connection.execute(
                sql, (of.id, of.kind, of.digest, iso(of.created_at), iso(of.expires_at), of.label, of.read_only,
                      of.name, of.fingerprint),
            ).rowcount > 0  # fmt: skip
            if kept:
                _remove(connection, instead_of)

        await self._write(transact, self._db, insert)
        return kept

    async def change(self, gone: Sequence[str], used: Sequence[Credential]) -> None:
        """All of it in one transaction."""

        def change(connection: sqlite3.Connection) -> None:
            _remove(connection, gone)
            for one in used:
                noted = None if one.used_at is None else iso(one.used_at)
                sql = "UPDATE credentials SET used_at = ?, expires_at = ? WHERE id = ?"
                connection.execute(sql, (noted, iso(one.expires_at), one.id))

        await self._write(transact, self._db, change)


def _remove(connection: sqlite3.Connection, ids: Iterable[str]) -> None:
    connection.executemany("DELETE FROM credentials WHERE id = ?", [(one,) for one in ids])


def _credential(row: tuple[Any, ...]) -> Credential:
    known_as, kind, digest, name, fingerprint, created, expires, label, read_only, used = row
    return Credential(
        known_as, CredentialKind(kind), digest, name, fingerprint, from_iso(created), from_iso(expires), label,
        bool(read_only), None if used is None else from_iso(used),
    )  # fmt: skip
