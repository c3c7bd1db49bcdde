"""The mentions that run, on record: a question that a `kill -9` left without an end is told of at the next start."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from chatd.core.mention import INTERRUPTED, SYSTEM
from chatd.core.row import Begin, End


def write(
    connection: sqlite3.Connection, writer: str, room_id: str, begun: Sequence[Begin], ended: Sequence[End]
) -> None:
    """Put mentions on record and take others off it; one that has begun and ended meanwhile is not on it.

    Once more changes nothing: an append without entries moves no head, so it is written again when it is tried again.
    """
    connection.executemany(
        "INSERT OR IGNORE INTO mentions(id, buffer_id, question_id, model, asker, writer) SELECT ?, id, ?, ?, ?, ?"
        " FROM buffers WHERE room_id = ?",
        [(begin.mention_id, begin.question_id, begin.model, begin.asker, writer, room_id) for begin in begun],
    )
    connection.executemany("DELETE FROM mentions WHERE id = ?", [(end.mention_id,) for end in ended])


@dataclass(frozen=True, slots=True)
class _Cut:
    """A mention without an end."""

    id: str
    buffer: str
    question: str
    model: str
    asker: str


def recover(connection: sqlite3.Connection, now: str, writer: str) -> None:
    """A system row says of each mention a writer has on record that the server stopped, below all that it has left.

    A question that never came to be a row needs none. Afterwards no mention of that writer's is on record.
    """
    cut = connection.execute(
        "SELECT id, buffer_id, question_id, model, asker FROM mentions"
        " WHERE writer = ? AND question_id IN (SELECT id FROM rows) ORDER BY n",
        (writer,),
    ).fetchall()
    for found in cut:
        _say_why(connection, _Cut(*found), now, writer)
    connection.execute("DELETE FROM mentions WHERE writer = ?", (writer,))


def _say_why(connection: sqlite3.Connection, cut: _Cut, now: str, writer: str) -> None:
    connection.execute("UPDATE buffers SET number = number + 1, seq = seq + 1 WHERE id = ?", (cut.buffer,))
    connection.execute(
        "INSERT INTO rows(id, buffer_id, seq, parent_id, mention_id, content_method, author, content, status,"
        " created_at, updated_at, finished_at, meta, added_entry, last_entry, writer)"
        " SELECT :id, id, seq, :question, :mention, 'message.system', :author, :content, 'complete', :now, :now,"
        " :now, :meta, number, number, :writer FROM buffers WHERE id = :buffer",
        {"id": f"{cut.id}-cut", "question": cut.question, "mention": cut.id, "author": SYSTEM,
         "content": f"{cut.model}: {INTERRUPTED}", "now": now, "buffer": cut.buffer,
         "meta": json.dumps({"model": cut.model, "asker": cut.asker}), "writer": writer},
    )  # fmt: skip
