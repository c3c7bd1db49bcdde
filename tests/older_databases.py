"""Databases as older servers left them, killed in mid-answer: files, so that no change of the schema changes them.

python -m tests.older_databases makes those that are missing: after a migration more, that of the version before.
"""

from __future__ import annotations

import gzip
import json
import sqlite3
import sys

from chatd.adapters.sqlite import schema
from chatd.testing.simulation.older import FILES

THEN = "2022-02-22T22:22:22.222Z"

ROWS = (
    # id, seq, parent, mention, method, author, tool, content, status, added, last
    ("o1", 1, None, None, "message.user", "ada", None, "hello from long ago", "complete", 1, 1),
    ("o2", 2, None, "m1", "message.user", "ada", None, "@bot tell me a story", "complete", 2, 2),
    ("o3", 3, "o2", "m1", "message.model.chunk", "bot", None, "once ", "open", 3, 5),
    ("o4", 4, None, "m2", "message.user", "lovelace", None, "@sage what time is it?", "complete", 6, 6),
    ("o5", 5, "o4", "m2", "tool.call", "sage", "clock", "{}", "complete", 7, 7),
)
"""Two questions that run: one has half an answer, the other one a call without its result."""

GROWTH = (("o3", 4, "upon "), ("o3", 5, "a time"))

RUNNING = (("m1", "b1", "o2", "bot", "ada"), ("m2", "b1", "o4", "sage", "lovelace"))


def make(version: int) -> bytes:
    """The file of such a version."""
    with sqlite3.connect(":memory:", isolation_level=None) as old:
        schema.define_functions(old)
        for statement in ";\n".join(schema.MIGRATIONS[:version]).split(";\n"):
            old.execute(statement)
        old.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
        old.execute(f"PRAGMA user_version = {version}")
        _fill(old, set(schema.tables(version)))
        return old.serialize()


def _fill(old: sqlite3.Connection, tables: set[str]) -> None:
    if "room_settings" in tables:
        old.execute("INSERT INTO rooms VALUES ('r1', 'lobby', ?)", (THEN,))
        old.execute("INSERT INTO room_settings VALUES ('r1', 'topic', 'old times')")
    else:
        old.execute("INSERT INTO rooms VALUES ('r1', 'lobby', 'old times', ?)", (THEN,))
    old.execute("INSERT INTO buffers(id, room_id, number, seq) VALUES ('b1', 'r1', 7, 5)")
    for row in ROWS:
        row_id, seq, parent, mention, method, author, tool, content, status, added, last = row
        ended = None if status == "open" else THEN
        meta = json.dumps({"asker": "ada" if mention == "m1" else "lovelace"} if parent else {})
        old.execute(
            "INSERT INTO rows(id, buffer_id, seq, parent_id, mention_id, content_method, author, tool_name, content,"
            " status, created_at, updated_at, finished_at, meta, added_entry, last_entry)"
            " VALUES (?, 'b1', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (row_id, seq, parent, mention, method, author, tool, content, status, THEN, THEN, ended, meta, added, last),
        )
    old.executemany("INSERT INTO chunks VALUES (?, ?, ?)", GROWTH)
    for name in ("ada", "lovelace"):
        old.execute("INSERT INTO users VALUES (?, ?, ?)", (f"u-{name}", name, THEN))
        old.execute("INSERT INTO keys VALUES (?, ?, ?)", (f"SHA256:of-{name}", f"u-{name}", THEN))
    old.execute("INSERT INTO marks VALUES ('u-ada', 'r1', 2)")
    if "spending" in tables:
        old.execute("INSERT INTO spending VALUES ('ada', '2022-02-22', 42)")
    if "kept" in tables:
        old.execute("INSERT INTO kept VALUES ('u-ada', 'settings.time', '\"short\"')")
    if "mentions" in tables:
        old.executemany(
            "INSERT INTO mentions(id, buffer_id, question_id, model, asker) VALUES (?, ?, ?, ?, ?)", RUNNING
        )


def main() -> int:
    """Make what is missing; exit status 0."""
    for version in range(1, schema.VERSION):
        path = FILES / f"{version}.sqlite3.gz"
        if not path.exists():
            path.write_bytes(gzip.compress(make(version), mtime=0))
            print(f"made {path.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
