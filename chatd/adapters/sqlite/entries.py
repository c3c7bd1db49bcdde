"""Writing entries: what takes a room's log from one head to the next, and the rows they fold to."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import assert_never

from chatd.adapters.sqlite import mentions, room_settings, thoughts
from chatd.adapters.sqlite.schema import JOINED
from chatd.core.annotation import annotated
from chatd.core.row import Added, Annotated, Entry, Finished, Grew, RoomSet, Row
from chatd.core.times import iso
from chatd.ports import Append, AppendOutcome, Committed, Conflict


def append(connection: sqlite3.Connection, writer: str, wanted: Append) -> AppendOutcome:
    """Write one append of a writer's, within the transaction that is open."""
    seq = wanted.head.seq + sum(isinstance(entry, Added) for entry in wanted.entries)
    number = wanted.head.number + len(wanted.entries)
    moved = connection.execute(
        "UPDATE buffers SET number = ?, seq = ? WHERE room_id = ? AND number = ?",
        (number, seq, wanted.room_id, wanted.head.number),
    )
    if moved.rowcount == 0:
        return Committed() if _last_token(connection, writer, wanted.room_id) == wanted.token else Conflict()
    connection.execute(
        "INSERT OR REPLACE INTO appends(buffer_id, writer, token) SELECT id, ?, ? FROM buffers WHERE room_id = ?",
        (writer, wanted.token, wanted.room_id),
    )
    for thought in wanted.thoughts:
        thoughts.write(connection, writer, wanted.room_id, thought)
    mentions.write(connection, writer, wanted.room_id, wanted.begun, wanted.ended)
    for entry in wanted.entries:
        _write(connection, writer, wanted.room_id, entry)
    return Committed()


def _last_token(connection: sqlite3.Connection, writer: str, room_id: str) -> str | None:
    found = connection.execute(
        "SELECT token FROM appends JOIN buffers ON buffers.id = buffer_id WHERE room_id = ? AND writer = ?",
        (room_id, writer),
    ).fetchone()
    return None if found is None else str(found[0])


def _write(connection: sqlite3.Connection, writer: str, room_id: str, entry: Entry) -> None:
    match entry:
        case Added(number=number, row=row):
            _add(connection, writer, number, row)
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
        case RoomSet(setting=setting, value=value):
            room_settings.write(connection, room_id, setting, value)
        case Annotated():
            _annotate(connection, entry)
        case _:
            assert_never(entry)


def _annotate(connection: sqlite3.Connection, entry: Annotated) -> None:
    """The meta is written anew, so that what stands there is the last value of each key and no history of them."""
    known = connection.execute("SELECT meta FROM rows WHERE id = ?", (entry.row_id,)).fetchone()
    if known is not None:
        connection.execute(
            "UPDATE rows SET meta = ?, updated_at = ?, last_entry = ? WHERE id = ?",
            (_json(annotated(json.loads(known[0]), entry.values)), iso(entry.at), entry.number, entry.row_id),
        )


def _add(connection: sqlite3.Connection, writer: str, number: int, row: Row) -> None:
    connection.execute(
        "INSERT INTO rows(id, buffer_id, seq, parent_id, mention_id, content_method, author, tool_name, content,"
        " status, created_at, updated_at, finished_at, meta, added_entry, last_entry, writer)"
        " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (row.id, row.buffer_id, row.seq, row.parent_id, row.mention_id, row.method, row.author,
         row.tool_name, row.content, row.status, iso(row.created_at), iso(row.updated_at),
         None if row.finished_at is None else iso(row.finished_at), _json(row.meta), number, number, writer),
    )  # fmt: skip


def _json(meta: Mapping[str, object]) -> str:
    return json.dumps(dict(meta), ensure_ascii=False)
