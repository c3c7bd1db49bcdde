"""What a killed server left behind is put right at its next start: nothing is open, every tool call has its result.

Each server puts right what it had written itself: what another writer has open may be growing at this moment.
"""

from __future__ import annotations

import sqlite3

from chatd.adapters.sqlite import mentions, thoughts
from chatd.adapters.sqlite.schema import DANGLING, JOINED, LOCAL_WRITER, define_functions

NO_RESULT = "no result: the server stopped before the tool ended"


def recover(connection: sqlite3.Connection, now: str, writer: str = LOCAL_WRITER) -> int:
    """Close what a writer left open, answer what was called, and say why it ended. Returns how many rows were open."""
    define_functions(connection)
    connection.execute("BEGIN IMMEDIATE")
    try:
        thought = thoughts.recover(connection, now, writer)
        left_open = len(thought) + _close_rows(connection, now, writer)
        _answer_calls(connection, now, writer)
        mentions.recover(connection, now, writer)
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
    return left_open


def _close_rows(connection: sqlite3.Connection, now: str, writer: str) -> int:
    """What a row had grown by is joined to it, and it becomes `interrupted`."""
    rows = connection.execute(
        "SELECT id, buffer_id FROM rows WHERE status = 'open' AND writer = ? ORDER BY n", (writer,)
    ).fetchall()
    for row_id, buffer_id in rows:
        connection.execute("UPDATE buffers SET number = number + 1 WHERE id = ?", (buffer_id,))
        connection.execute(
            f"UPDATE rows SET content = content || {JOINED}, status = 'interrupted', updated_at = :now,"
            " finished_at = :now, last_entry = (SELECT number FROM buffers WHERE id = :buffer),"
            " content_method = CASE content_method WHEN 'message.model.chunk' THEN 'message.model'"
            " ELSE content_method END WHERE id = :row",
            {"row": row_id, "buffer": buffer_id, "now": now},
        )
        connection.execute("DELETE FROM chunks WHERE row_id = ?", (row_id,))
    return len(rows)


def _answer_calls(connection: sqlite3.Connection, now: str, writer: str) -> None:
    """A call without a result gets one: a history with a call that dangles is refused by models' servers."""
    calls = connection.execute(
        f"SELECT id, buffer_id, mention_id, tool_name FROM rows WHERE writer = ? AND {DANGLING} ORDER BY n", (writer,)
    ).fetchall()
    for call_id, buffer_id, mention_id, tool in calls:
        connection.execute("UPDATE buffers SET number = number + 1, seq = seq + 1 WHERE id = ?", (buffer_id,))
        connection.execute(
            "INSERT INTO rows(id, buffer_id, seq, parent_id, mention_id, content_method, author, tool_name, content,"
            " status, created_at, updated_at, finished_at, added_entry, last_entry, writer)"
            " SELECT :id, id, seq, :call, :mention, 'tool.result', :tool, :tool, :content, 'interrupted', :now, :now,"
            " :now, number, number, :writer FROM buffers WHERE id = :buffer",
            {"id": f"{call_id}-lost", "call": call_id, "mention": mention_id, "tool": tool or "tool",
             "content": NO_RESULT, "now": now, "buffer": buffer_id, "writer": writer},
        )  # fmt: skip
