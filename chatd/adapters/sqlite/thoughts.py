"""What models are thinking, on disk: piece by piece until its row has it, and put into a row after a `kill -9`."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from chatd.core.row import Method, Status, Thought
from chatd.core.times import from_iso, iso

KEY = "thinking"
"""Of a row's meta."""

_HEAD = {"author", "parent", "mention", "meta", "at"}


def write(connection: sqlite3.Connection, writer: str, room_id: str, thought: Thought) -> None:
    """Keep a piece; once more changes nothing."""
    row = thought.row
    head = "" if thought.offset else json.dumps({
        "author": row.author, "parent": row.parent_id, "mention": row.mention_id, "meta": dict(row.meta),
        "at": iso(thought.at),
    }, ensure_ascii=False)  # fmt: skip
    connection.execute(
        "INSERT OR REPLACE INTO thoughts(row_id, start, buffer_id, head, text, writer)"
        " SELECT ?, ?, id, ?, ?, ? FROM buffers WHERE room_id = ?",
        (row.id, thought.offset, head, thought.text, writer, room_id),
    )


def head_of(text: str) -> dict[str, Any]:
    """What the first piece says of its row. Raises ValueError for what `write` does not write."""
    head = json.loads(text)
    if not isinstance(head, dict) or head.keys() != _HEAD or not isinstance(head["meta"], dict):
        raise ValueError("a thought's head")
    from_iso(head["at"])
    return head


def forget(connection: sqlite3.Connection, row_id: str) -> None:
    """The row has it."""
    connection.execute("DELETE FROM thoughts WHERE row_id = ?", (row_id,))


def recover(connection: sqlite3.Connection, now: str, writer: str) -> list[str]:
    """Put what was being thought at a writer's into its rows; one that had said nothing yet comes about by this.
    Returns the ids of such rows.
    """
    begun = connection.execute(
        "SELECT row_id, buffer_id, head FROM thoughts WHERE start = 0 AND writer = ? ORDER BY row_id", (writer,)
    ).fetchall()
    made: list[str] = []
    for row_id, buffer_id, head in begun:
        pieces = connection.execute("SELECT text FROM thoughts WHERE row_id = ? ORDER BY start", (row_id,))
        thought = "".join(text for (text,) in pieces)
        known = connection.execute("SELECT meta FROM rows WHERE id = ?", (row_id,)).fetchone()
        if known is None:
            row = head_of(head)
            meta = _with(row["meta"], thought)
            made_of = {"id": row_id, "buffer": buffer_id, "meta": meta, "now": now, "writer": writer}
            _add(connection, {**row, **made_of})
            made.append(row_id)
        else:
            meta = _with(json.loads(known[0]), thought)
            connection.execute("UPDATE rows SET meta = ? WHERE id = ?", (meta, row_id))
        forget(connection, row_id)
    return made


def _with(meta: Mapping[str, object], thought: str) -> str:
    return json.dumps({**meta, KEY: thought}, ensure_ascii=False)


def _add(connection: sqlite3.Connection, row: Mapping[str, object]) -> None:
    """An answer that was interrupted before it said anything."""
    connection.execute(
        "UPDATE buffers SET number = number + 1, seq = seq + 1 WHERE id = :buffer", {"buffer": row["buffer"]}
    )
    connection.execute(
        "INSERT INTO rows(id, buffer_id, seq, parent_id, mention_id, content_method, author, content, status,"
        " created_at, updated_at, finished_at, meta, added_entry, last_entry, writer)"
        " SELECT :id, id, seq, :parent, :mention, :method, :author, '', :status, :at, :now, :now, :meta, number,"
        " number, :writer FROM buffers WHERE id = :buffer",
        {**row, "method": Method.MODEL, "status": Status.INTERRUPTED},
    )
