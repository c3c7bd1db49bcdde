"""The port `Log` on SQLite: one transaction for all that waits, growth appended to chunks and joined at the end."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any, assert_never

from chatd.adapters.sqlite import mentions, search, thoughts
from chatd.adapters.sqlite.database import Database, as_storage_error
from chatd.adapters.sqlite.schema import JOINED
from chatd.core.excerpt import Excerpt
from chatd.core.row import Added, Entry, Finished, Grew, Row, Status, TopicSet, weight
from chatd.core.search import SearchQuery
from chatd.core.times import from_iso, iso
from chatd.errors import StorageError
from chatd.ports import PAGE_CHARS, Append, AppendOutcome, Committed, Conflict, Head, RoomRecord, RunSync, Unknown

_COLUMNS = (
    "rows.id, rooms.name, rows.buffer_id, rows.seq, rows.content_method, rows.author, rows.content || CASE rows.status"
    f" WHEN 'open' THEN {JOINED} ELSE '' END, rows.status, rows.created_at, rows.updated_at, rows.finished_at,"
    " rows.parent_id, rows.mention_id, rows.tool_name, rows.meta, rows.added_entry"
)
_LAST_CHANGE = (
    "max(rows.last_entry, CASE rows.status WHEN 'open' THEN"
    " coalesce((SELECT max(entry) FROM chunks WHERE chunks.row_id = rows.id), 0) ELSE 0 END)"
)
_IN_ROOM = "rows.buffer_id = (SELECT id FROM buffers WHERE room_id = ?)"
_AFTER_ALL = 1 << 62
_WIDTH = 16
"""How many columns that is."""
_FROM = " FROM rows JOIN buffers ON buffers.id = rows.buffer_id JOIN rooms ON rooms.id = buffers.room_id"


class SqliteLog:
    """Rooms' logs in one database file. `write` and `read` run the blocking calls, each one call at a time."""

    def __init__(self, database: Database, *, write: RunSync, read: RunSync) -> None:
        self._db = database
        self._write = write
        self._read = read

    async def append(self, batch: Sequence[Append]) -> list[AppendOutcome]:
        """Commit the batch in one transaction. A failing disk gives Unknown for each; IntegrityError is a bug."""
        return await self._write(self._append, batch)

    def _append(self, batch: Sequence[Append]) -> list[AppendOutcome]:
        connection = self._db.writer
        try:
            connection.execute("BEGIN IMMEDIATE")
            outcomes = [self._append_one(connection, append) for append in batch]
            connection.execute("COMMIT")
        except sqlite3.DatabaseError as error:
            return [Unknown(str(as_storage_error(error)))] * len(batch)
        finally:
            _rollback(connection)
        return outcomes

    @staticmethod
    def _append_one(connection: sqlite3.Connection, append: Append) -> AppendOutcome:
        seq = append.head.seq + sum(isinstance(entry, Added) for entry in append.entries)
        number = append.head.number + len(append.entries)
        moved = connection.execute(
            "UPDATE buffers SET number = ?, seq = ?, token = ? WHERE room_id = ? AND number = ?",
            (number, seq, append.token, append.room_id, append.head.number),
        )
        if moved.rowcount == 0:
            last = connection.execute("SELECT token FROM buffers WHERE room_id = ?", (append.room_id,)).fetchone()
            return Committed() if last == (append.token,) else Conflict()
        for thought in append.thoughts:
            thoughts.write(connection, append.room_id, thought)
        mentions.write(connection, append.room_id, append.begun, append.ended)
        for entry in append.entries:
            _write_entry(connection, append.room_id, entry)
        return Committed()

    async def read(self, room_id: str, after: int, limit: int, *, chars: int = PAGE_CHARS) -> list[Added]:
        """What changed after entry number `after`; see the port."""
        sql = (
            f"SELECT {_COLUMNS}, {_LAST_CHANGE} AS changed{_FROM} WHERE rows.buffer_id = (SELECT id FROM buffers"
            " WHERE room_id = ?1) AND (rows.last_entry > ?2 OR rows.status = 'open') AND changed > ?2"
            " ORDER BY changed LIMIT ?3"
        )
        return await self._read(_changes_within, self._db, sql, (room_id, after, limit), chars)

    async def rooms(self) -> list[RoomRecord]:
        """Every room with its head."""
        found = await self._select(
            "SELECT rooms.id, name, buffers.id, topic, created_at, number, seq FROM rooms JOIN buffers"
            " ON buffers.room_id = rooms.id ORDER BY rooms.rowid",
            (),
        )
        return [RoomRecord(i, n, b, t, from_iso(c), Head(number, seq)) for i, n, b, t, c, number, seq in found]

    async def create_room(self, record: RoomRecord) -> RoomRecord:
        """Make the room unless one of that name exists; returns the one that stands."""

        def create(connection: sqlite3.Connection) -> None:
            connection.execute(
                "INSERT INTO rooms(id, name, topic, created_at) VALUES(?, ?, ?, ?) ON CONFLICT(name) DO NOTHING",
                (record.id, record.name, record.topic, iso(record.created_at)),
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

    async def page(self, room_id: str, limit: int, before: int | None = None, *, chars: int = PAGE_CHARS) -> list[Row]:
        """Up to `limit` rows below seq `before`, oldest first; see the port."""
        sql = f"SELECT {_COLUMNS}{_FROM} WHERE {_IN_ROOM} AND rows.seq < ? ORDER BY rows.seq DESC LIMIT ?"
        values = (room_id, before if before is not None else _AFTER_ALL, limit)
        return (await self._read(_rows_within, self._db, sql, values, chars))[::-1]

    async def page_from(self, room_id: str, first: int, limit: int, *, chars: int = PAGE_CHARS) -> list[Row]:
        """Up to `limit` rows from seq `first` on, oldest first; see the port."""
        sql = f"SELECT {_COLUMNS}{_FROM} WHERE {_IN_ROOM} AND rows.seq >= ? ORDER BY rows.seq LIMIT ?"
        return await self._read(_rows_within, self._db, sql, (room_id, first, limit), chars)

    async def excerpts(self, room_id: str, limit: int, before: int | None = None) -> list[Excerpt]:
        """As `page`, of each row the beginning."""
        sql = f"SELECT {_COLUMNS}{_FROM} WHERE {_IN_ROOM} AND rows.seq < ? ORDER BY rows.seq DESC LIMIT ?"
        values = (room_id, before if before is not None else _AFTER_ALL, limit)
        return (await self._read(_excerpts, self._db, sql, values))[::-1]

    async def row(self, row_id: str) -> Row | None:
        """One row by id."""
        sql = f"SELECT {_COLUMNS}{_FROM} WHERE rows.id = ?"
        found = await self._read(_rows_within, self._db, sql, (row_id,), 0)
        return found[0] if found else None

    async def search(
        self, room_ids: Sequence[str], query: SearchQuery, limit: int, before: str | None = None
    ) -> list[Row]:
        """What the query finds in these rooms, newest first; see the port."""
        sql, values = search.statement(_COLUMNS, room_ids, query, limit, before)
        return await self._read(_found, self._db, sql, values)

    async def _select(self, sql: str, values: tuple[object, ...]) -> list[Any]:
        return await self._read(select, self._db, sql, values)

    async def _transact(self, change: Callable[[sqlite3.Connection], None]) -> None:
        def run() -> None:
            transact(self._db, change)

        await self._write(run)


def select(database: Database, sql: str, values: tuple[object, ...]) -> list[Any]:
    """Every row of a query, as SQLite gives them, from the reading connection. Raises StorageError."""
    try:
        return database.reader.execute(sql, values).fetchall()
    except sqlite3.DatabaseError as error:
        raise as_storage_error(error) from error


# What reads rows runs where it may take its time: a row can be a megabyte, and its meta some of them.


def _rows_within(database: Database, sql: str, values: tuple[object, ...], chars: int) -> list[Row]:
    """The first rows of a query, one at least, as long as their texts have no more than `chars` characters."""
    return [row for row, _ in _within(database, sql, values, chars)]


def _changes_within(database: Database, sql: str, values: tuple[object, ...], chars: int) -> list[Added]:
    """The same of a query that gives the number of the last change behind the columns of the row."""
    return [Added(rest[0], row) for row, rest in _within(database, sql, values, chars)]


def _within(
    database: Database, sql: str, values: tuple[object, ...], chars: int
) -> Iterator[tuple[Row, Sequence[Any]]]:
    left = chars
    for row, rest in _each(database, sql, values):
        left -= weight(row)
        yield row, rest
        if left <= 0:
            return


def _excerpts(database: Database, sql: str, values: tuple[object, ...]) -> list[Excerpt]:
    return [Excerpt.of(row) for row, _ in _each(database, sql, values)]


def _found(database: Database, sql: str, values: tuple[object, ...]) -> list[Row]:
    return [_row(found) for found in search.select_within(database, sql, values)]


def _each(database: Database, sql: str, values: tuple[object, ...]) -> Iterator[tuple[Row, Sequence[Any]]]:
    """Row by row, with what stands behind its columns. Raises StorageError."""
    with closing(database.reader.cursor()) as cursor:
        try:
            for found in cursor.execute(sql, values):
                yield _row(found[:_WIDTH]), found[_WIDTH:]
        except sqlite3.DatabaseError as error:
            raise as_storage_error(error) from error


def transact(database: Database, change: Callable[[sqlite3.Connection], None]) -> None:
    """Run `change` in one transaction on the writing connection. Raises StorageError when the disk refuses."""
    connection = database.writer
    try:
        connection.execute("BEGIN IMMEDIATE")
        change(connection)
        connection.execute("COMMIT")
    except sqlite3.DatabaseError as error:
        raise as_storage_error(error) from error
    finally:
        _rollback(connection)


def _rollback(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        try:
            connection.execute("ROLLBACK")
        except sqlite3.DatabaseError as error:
            raise StorageError(f"the database cannot even roll back ({error})") from error


def _write_entry(connection: sqlite3.Connection, room_id: str, entry: Entry) -> None:
    match entry:
        case Added(number=number, row=row):
            connection.execute(
                "INSERT INTO rows(id, buffer_id, seq, parent_id, mention_id, content_method, author, tool_name,"
                " content, status, created_at, updated_at, finished_at, meta, added_entry, last_entry)"
                " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (row.id, row.buffer_id, row.seq, row.parent_id, row.mention_id, row.method, row.author,
                 row.tool_name, row.content, row.status, iso(row.created_at), iso(row.updated_at),
                 None if row.finished_at is None else iso(row.finished_at), _json(row.meta), number, number),
            )  # fmt: skip
            if not row.is_open:
                thoughts.forget(connection, row.id)
        case Grew(number=number, row_id=row_id, text=text):
            connection.execute("INSERT INTO chunks(row_id, entry, text) VALUES(?, ?, ?)", (row_id, number, text))
        case Finished(number=number):
            connection.execute(
                f"UPDATE rows SET content = content || {JOINED}, status = ?, content_method = ?, updated_at = ?,"
                " finished_at = ?, meta = ?, last_entry = ? WHERE id = ?",
                (entry.status, entry.method, iso(entry.at), iso(entry.at), _json(entry.meta), number, entry.row_id),
            )
            connection.execute("DELETE FROM chunks WHERE row_id = ?", (entry.row_id,))
            thoughts.forget(connection, entry.row_id)
        case TopicSet(topic=topic):
            connection.execute("UPDATE rooms SET topic = ? WHERE id = ?", (topic, room_id))
        case _:
            assert_never(entry)


def _json(meta: Mapping[str, object]) -> str:
    return json.dumps(dict(meta), ensure_ascii=False)


def _row(values: Sequence[Any]) -> Row:
    (row_id, room, buffer_id, seq, method, author, content, status, created, updated, finished,
     parent_id, mention_id, tool_name, meta, added) = values  # fmt: skip
    ended = None if finished is None else from_iso(finished)
    return Row(row_id, room, buffer_id, seq, method, author, content, Status(status), from_iso(created),
               from_iso(updated), ended, parent_id, mention_id, tool_name, json.loads(meta), added)  # fmt: skip
