"""The port `Directory` on SQLite: who owns which name, by which keys, what they have read, spent and keep."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence

from chatd.adapters.sqlite.database import Database, select, transact
from chatd.adapters.sqlite.schema import BY_PERSON
from chatd.core.times import iso
from chatd.ports import Ids, ReadMarker, RunSync


class SqliteDirectory:
    """Users, their keys, their read marks, their spending and what they keep, in the log's database."""

    def __init__(self, database: Database, *, write: RunSync, read: RunSync, ids: Ids) -> None:
        self._db = database
        self._write = write
        self._read = read
        self._ids = ids

    async def keys(self) -> list[tuple[str, str]]:
        """Every pair of a registered name and the fingerprint of one of its keys."""
        return await self._read(
            select, self._db, "SELECT name, fingerprint FROM keys JOIN users ON users.id = user_id", ()
        )

    async def register(self, names: Mapping[str, str], at_ms: int) -> None:
        """Bind a key to each name, in one transaction; the same pair twice is one."""

        def bind(connection: sqlite3.Connection) -> None:
            for name, fingerprint in names.items():
                connection.execute(
                    "INSERT INTO users(id, name, created_at) VALUES(?, ?, ?) ON CONFLICT(name) DO NOTHING",
                    (self._ids.new(), name, iso(at_ms)),
                )
                connection.execute(
                    "INSERT INTO keys(fingerprint, user_id, created_at) SELECT ?, id, ? FROM users WHERE name = ?"
                    " ON CONFLICT DO NOTHING",
                    (fingerprint, iso(at_ms), name),
                )

        await self._write(transact, self._db, bind)

    async def read_markers(self, name: str) -> list[ReadMarker]:
        """Of the rooms where the member has been or written."""
        own = f"FROM rows WHERE author = ?1 AND {BY_PERSON} AND buffer_id = buffers.id"
        sql = (
            f"SELECT buffers.room_id, marks.seq, (SELECT count(*) {own} AND rows.seq > coalesce(marks.seq, 0)),"
            " buffers.seq FROM users JOIN buffers LEFT JOIN marks ON marks.user_id = users.id"
            " AND marks.room_id = buffers.room_id"
            f" WHERE users.name = ?1 AND (marks.seq IS NOT NULL OR EXISTS (SELECT 1 {own}))"
        )
        return [ReadMarker(*found) for found in await self._read(select, self._db, sql, (name,))]

    async def set_mark(self, name: str, room_id: str, seq: int) -> None:
        """Marks only move forward."""

        def mark(connection: sqlite3.Connection) -> None:
            connection.execute(
                "INSERT INTO marks(user_id, room_id, seq) SELECT users.id, rooms.id, ? FROM users, rooms"
                " WHERE users.name = ? AND rooms.id = ?"
                " ON CONFLICT(user_id, room_id) DO UPDATE SET seq = max(seq, excluded.seq)",
                (seq, name, room_id),
            )

        await self._write(transact, self._db, mark)

    async def spent(self, day: str) -> dict[str, int]:
        """Account -> tokens, of those who spent any on that day."""
        return dict(await self._read(select, self._db, "SELECT name, tokens FROM spending WHERE day = ?", (day,)))

    async def spend(self, account: str, day: str, tokens: int) -> None:
        """Adds to what there is; earlier days are forgotten. The column `name` holds the account."""

        def book(connection: sqlite3.Connection) -> None:
            connection.execute(
                "INSERT INTO spending(name, day, tokens) VALUES(?, ?, ?)"
                " ON CONFLICT(name, day) DO UPDATE SET tokens = tokens + excluded.tokens",
                (account, day, tokens),
            )
            connection.execute("DELETE FROM spending WHERE day < ?", (day,))

        await self._write(transact, self._db, book)

    async def kept(self, name: str) -> dict[str, str]:
        """What scripts keep for a member: JSON by key."""
        sql = "SELECT key, value FROM kept JOIN users ON users.id = user_id WHERE name = ?"
        return dict(await self._read(select, self._db, sql, (name,)))

    async def keep(self, changes: Sequence[tuple[str, str, str | None]]) -> None:
        """All of it in one transaction."""

        def change(connection: sqlite3.Connection) -> None:
            for name, key, value in changes:
                if value is None:
                    sql = "DELETE FROM kept WHERE user_id = (SELECT id FROM users WHERE name = ?) AND key = ?"
                    connection.execute(sql, (name, key))
                else:
                    sql = (
                        "INSERT INTO kept(user_id, key, value) SELECT id, ?2, ?3 FROM users WHERE name = ?1"
                        " ON CONFLICT(user_id, key) DO UPDATE SET value = excluded.value"
                    )
                    connection.execute(sql, (name, key, value))

        await self._write(transact, self._db, change)
