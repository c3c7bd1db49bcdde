"""Following a room's log from a number on: what changed since, or how the room stands, as of one moment."""

from __future__ import annotations

import json
import sqlite3

from chatd.adapters.sqlite.database import Database, as_storage_error, rollback
from chatd.adapters.sqlite.room_settings import OF_ROOM
from chatd.adapters.sqlite.rows import CHANGES, IN_ROOM, ROWS, changes_within, rows_within
from chatd.core.replication import Delta, Snapshot
from chatd.core.row import Added, Row

_ALL_CHARS = 1 << 62


def follow(database: Database, room_id: str, after: int, limit: int, chars: int) -> Delta | Snapshot | None:
    """See the port. All is read in one transaction."""
    connection = database.reader
    try:
        connection.execute("BEGIN")
        head = connection.execute(
            f"SELECT number, seq, {OF_ROOM} FROM buffers JOIN rooms ON rooms.id = room_id WHERE rooms.id = ?",
            (room_id,),
        ).fetchone()
        if head is None:
            return None
        number, seq, settings = head[0], head[1], json.loads(head[2])
        changed = changes_within(database, CHANGES, (room_id, after, limit), chars)
        if _is_all(database, room_id, changed):
            return Delta(number, seq, settings, tuple(changed))
        return Snapshot(number, seq, settings, _rows(database, room_id, limit, chars))
    except sqlite3.DatabaseError as error:
        raise as_storage_error(error) from error
    finally:
        rollback(connection)


def _is_all(database: Database, room_id: str, changed: list[Added]) -> bool:
    """Whether nothing changed after the last of these."""
    return not changed or not changes_within(database, CHANGES, (room_id, changed[-1].number, 1), 0)


def _rows(database: Database, room_id: str, limit: int, chars: int) -> tuple[Row, ...]:
    """The newest rows, and all open ones."""
    newest = f"{ROWS}{IN_ROOM} ORDER BY rows.seq DESC LIMIT ?"
    rows = rows_within(database, newest, (room_id, limit), chars)
    rows += rows_within(database, f"{ROWS}{IN_ROOM} AND rows.status = 'open'", (room_id,), _ALL_CHARS)
    return tuple(sorted({row.seq: row for row in rows}.values(), key=lambda row: row.seq))
