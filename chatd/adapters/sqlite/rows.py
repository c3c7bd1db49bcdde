"""Reading rows: as they stand, growth included, one after the other and no more than is wanted.

What reads them runs where it may take its time: a row can be a megabyte, and its meta some of them.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any

from chatd.adapters.sqlite.database import Database, as_storage_error
from chatd.adapters.sqlite.schema import JOINED
from chatd.core.excerpt import Excerpt
from chatd.core.row import Added, Row, Status, weight
from chatd.core.times import from_iso
from chatd.errors import StorageError

COLUMNS = (
    "rows.id, rooms.name, rows.buffer_id, rows.seq, rows.content_method, rows.author, rows.content || CASE rows.status"
    f" WHEN 'open' THEN {JOINED} ELSE '' END, rows.status, rows.created_at, rows.updated_at, rows.finished_at,"
    " rows.parent_id, rows.mention_id, rows.tool_name, rows.meta, rows.added_entry"
)
"""What `as_row` takes."""

_WIDTH = 16
"""How many columns that is."""

_LAST_CHANGE = (
    "max(rows.last_entry, CASE rows.status WHEN 'open' THEN"
    " coalesce((SELECT max(entry) FROM chunks WHERE chunks.row_id = rows.id), 0) ELSE 0 END)"
)

ROWS = (
    f"SELECT {COLUMNS} FROM rows JOIN buffers ON buffers.id = rows.buffer_id JOIN rooms ON rooms.id = buffers.room_id"
    " WHERE "
)
"""The beginning of a query for rows, which goes on with what they are to be like."""

IN_ROOM = "rows.buffer_id = (SELECT id FROM buffers WHERE room_id = ?)"

CHANGES = (
    f"SELECT {COLUMNS}, {_LAST_CHANGE} AS changed FROM rows JOIN buffers ON buffers.id = rows.buffer_id"
    " JOIN rooms ON rooms.id = buffers.room_id WHERE rows.buffer_id = (SELECT id FROM buffers WHERE room_id = ?1)"
    " AND (rows.last_entry > ?2 OR rows.status = 'open') AND changed > ?2 ORDER BY changed LIMIT ?3"
)
"""A query for what changed in a room after a number, at most so many rows: for `changes_within`."""


def rows_within(database: Database, sql: str, values: tuple[object, ...], chars: int) -> list[Row]:
    """The first rows of a query, one at least, and no further ones once they have `chars` code points together."""
    return [row for row, _ in _within(database, sql, values, chars)]


def changes_within(database: Database, sql: str, values: tuple[object, ...], chars: int) -> list[Added]:
    """The same of a query that gives the number of the last change behind the columns of the row."""
    return [Added(rest[0], row) for row, rest in _within(database, sql, values, chars)]


def excerpts(database: Database, sql: str, values: tuple[object, ...]) -> list[Excerpt]:
    """The beginnings of all rows of a query."""
    return [Excerpt.of(row) for row, _ in _each(database, sql, values)]


def _within(
    database: Database, sql: str, values: tuple[object, ...], chars: int
) -> Iterator[tuple[Row, Sequence[Any]]]:
    left = chars
    for row, rest in _each(database, sql, values):
        left -= weight(row)
        yield row, rest
        if left <= 0:
            return


def _each(database: Database, sql: str, values: tuple[object, ...]) -> Iterator[tuple[Row, Sequence[Any]]]:
    """Row by row, with what stands behind its columns. Raises StorageError."""
    with closing(database.reader.cursor()) as cursor:
        try:
            for found in cursor.execute(sql, values):
                yield as_row(found[:_WIDTH]), found[_WIDTH:]
        except sqlite3.DatabaseError as error:
            raise as_storage_error(error) from error


def as_row(values: Sequence[Any]) -> Row:
    """A row from its columns. Raises StorageError when one of them has what no server writes: a bit flipped since the
    start, or in a file that is too large to be looked through then.
    """
    (row_id, room, buffer_id, seq, method, author, content, status, created, updated, finished,
     parent_id, mention_id, tool_name, meta, added) = values  # fmt: skip
    try:
        ended = None if finished is None else from_iso(finished)
        return Row(row_id, room, buffer_id, seq, method, author, content, Status(status), from_iso(created),
                   from_iso(updated), ended, parent_id, mention_id, tool_name, json.loads(meta), added)  # fmt: skip
    except (ValueError, RecursionError) as error:
        raise StorageError(f"the database file is damaged (row {seq} of {room})") from error
