"""The port `Store` on SQLite: one transaction for all that waits, growth appended to chunks and joined at the end."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

from chatd.adapters.sqlite import entries, following, related, room_settings, rows, search
from chatd.adapters.sqlite.database import Database, as_storage_error, rollback, select, transact
from chatd.core.excerpt import Excerpt
from chatd.core.replication import Delta, Snapshot
from chatd.core.retrieval import Related
from chatd.core.row import Added, Row
from chatd.core.search import SearchQuery
from chatd.core.times import from_iso, iso
from chatd.errors import StorageError
from chatd.ports import PAGE_CHARS, Append, AppendOutcome, Head, RoomRecord, RunSync, Unknown

_AFTER_ALL = 1 << 62
"""A seq that no row reaches."""


class SqliteLog:
    """Rooms' logs in one database file. `write` and `read` run the blocking calls, each one call at a time."""

    def __init__(self, database: Database, *, write: RunSync, read: RunSync, page_chars: int = PAGE_CHARS) -> None:
        """`page_chars` is how much is read at once where a call does not say."""
        self._db = database
        self._page_chars = page_chars
        self._write = write
        self._read = read

    async def append(self, batch: Sequence[Append]) -> list[AppendOutcome]:
        """Commit the batch in one transaction. A failing disk gives Unknown for each; IntegrityError is a bug."""
        return await self._write(self._append, batch)

    def _append(self, batch: Sequence[Append]) -> list[AppendOutcome]:
        connection = self._db.writer
        try:
            connection.execute("BEGIN IMMEDIATE")
            outcomes = [entries.append(connection, self._db.writer_id, append) for append in batch]
            connection.execute("COMMIT")
        except sqlite3.DatabaseError as error:
            return [Unknown(str(as_storage_error(error)))] * len(batch)
        finally:
            rollback(connection)
        return outcomes

    async def read(self, room_id: str, after: int, limit: int, *, chars: int | None = None) -> list[Added]:
        """What changed after entry number `after`; see the port."""
        return await self._read(
            rows.changes_within, self._db, rows.CHANGES, (room_id, after, limit), chars or self._page_chars
        )

    async def follow(
        self, room_id: str, after: int, limit: int, *, chars: int | None = None
    ) -> Delta | Snapshot | None:
        """What anybody has appended after entry number `after`; see the port."""
        return await self._read(following.follow, self._db, room_id, after, limit, chars or self._page_chars)

    async def rooms(self) -> list[RoomRecord]:
        """Every room with its head."""
        found = await self._select(
            f"SELECT rooms.id, name, buffers.id, {room_settings.OF_ROOM}, created_at, number, seq FROM rooms"
            " JOIN buffers ON buffers.room_id = rooms.id ORDER BY rooms.rowid",
            (),
        )
        try:
            return [
                RoomRecord(i, name, buffer, json.loads(settings), from_iso(created), Head(number, seq))
                for i, name, buffer, settings, created, number, seq in found
            ]
        except ValueError as error:
            raise StorageError("the database file is damaged (a room's time)") from error

    async def create_room(self, record: RoomRecord) -> RoomRecord:
        """Make the room unless one of that name exists; returns the one that stands."""

        def create(connection: sqlite3.Connection) -> None:
            connection.execute(
                "INSERT INTO rooms(id, name, created_at) VALUES(?, ?, ?) ON CONFLICT(name) DO NOTHING",
                (record.id, record.name, iso(record.created_at)),
            )
            connection.execute(
                "INSERT INTO buffers(id, room_id) SELECT ?, id FROM rooms WHERE id = ? ON CONFLICT DO NOTHING",
                (record.buffer_id, record.id),
            )

        await self._transact(create)
        return next(room for room in await self.rooms() if room.name == record.name)

    async def drop_room(self, room_id: str) -> None:
        """Delete the room and its rows."""

        def drop(connection: sqlite3.Connection) -> None:
            connection.execute(
                "DELETE FROM chunks WHERE row_id IN (SELECT rows.id FROM rows JOIN buffers ON buffers.id ="
                " rows.buffer_id WHERE buffers.room_id = ?)",
                (room_id,),
            )
            connection.execute("DELETE FROM rooms WHERE id = ?", (room_id,))

        await self._transact(drop)

    async def page(self, room_id: str, limit: int, before: int | None = None, *, chars: int | None = None) -> list[Row]:
        """Up to `limit` rows below seq `before`, oldest first; see the port."""
        sql = f"{rows.ROWS}{rows.IN_ROOM} AND rows.seq < ? ORDER BY rows.seq DESC LIMIT ?"
        values = (room_id, before if before is not None else _AFTER_ALL, limit)
        return (await self._read(rows.rows_within, self._db, sql, values, chars or self._page_chars))[::-1]

    async def page_from(self, room_id: str, first: int, limit: int, *, chars: int | None = None) -> list[Row]:
        """Up to `limit` rows from seq `first` on, oldest first; see the port."""
        sql = f"{rows.ROWS}{rows.IN_ROOM} AND rows.seq >= ? ORDER BY rows.seq LIMIT ?"
        return await self._read(rows.rows_within, self._db, sql, (room_id, first, limit), chars or self._page_chars)

    async def excerpts(self, room_id: str, limit: int, before: int | None = None) -> list[Excerpt]:
        """As `page`, of each row the beginning."""
        sql = f"{rows.ROWS}{rows.IN_ROOM} AND rows.seq < ? ORDER BY rows.seq DESC LIMIT ?"
        values = (room_id, before if before is not None else _AFTER_ALL, limit)
        return (await self._read(rows.excerpts, self._db, sql, values))[::-1]

    async def row(self, row_id: str) -> Row | None:
        """One row by id."""
        sql = f"{rows.ROWS}rows.id = ?"
        found = await self._read(rows.rows_within, self._db, sql, (row_id,), 0)
        return found[0] if found else None

    async def search(
        self, room_ids: Sequence[str], query: SearchQuery, limit: int, before: str | None = None
    ) -> list[Row]:
        """What the query finds in these rooms, newest first; see the port."""
        sql, values = search.statement(rows.COLUMNS, room_ids, query, limit, before)
        return await self._read(search.found, self._db, sql, values)

    async def related(self, room_id: str, terms: Sequence[str], before: int, limit: int) -> list[Related]:
        """Rows of the room that have some of the terms, the likeliest first; see the port."""
        return await self._read(related.related, self._db, room_id, terms, before, limit)

    async def _select(self, sql: str, values: tuple[object, ...]) -> list[Any]:
        return await self._read(select, self._db, sql, values)

    async def _transact(self, change: Callable[[sqlite3.Connection], None]) -> None:
        def run() -> None:
            transact(self._db, change)

        await self._write(run)
