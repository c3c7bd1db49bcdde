"""Whether the tables, indexes and triggers of a database are those that our migrations make: SQLite takes their text
as it stands, so a bit that flips in it is found by the next write, or changes silently what a write does.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from chatd.adapters.sqlite import schema

_VERBATIM = "type IN ('trigger', 'view', 'index') AND sql IS NOT NULL OR sql LIKE 'CREATE VIRTUAL TABLE%'"
"""SQL: what no migration alters once it is made, so that its text is still the one of the migration."""

_COLUMNS = 'SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_info(?)'

_REFERENCES = 'SELECT "from", "table", "to", on_delete FROM pragma_foreign_key_list(?)'


def damaged_definition(connection: sqlite3.Connection, version: int) -> str | None:
    """What is otherwise than in a new database of this version, in words; None when nothing is.

    What somebody has added is theirs: a column, an index, a table. Raises sqlite3.DatabaseError.
    """
    with schema.new(version) as ours:
        for name, text in ours.execute(f"SELECT name, sql FROM sqlite_master WHERE {_VERBATIM}"):
            found = connection.execute("SELECT sql FROM sqlite_master WHERE name = ?", (name,)).fetchone()
            if found != (text,):
                return f"the definition of {name} is not the one of format {version}"
        for table in schema.tables(version):
            for what, sql in (("column", _COLUMNS), ("reference of the column", _REFERENCES)):
                if lacking := next(_lacking(ours, connection, table, sql), None):
                    return f"the table {table} has no {what} {lacking} as format {version} has"
    return None


def _lacking(ours: sqlite3.Connection, theirs: sqlite3.Connection, table: str, sql: str) -> Iterator[str]:
    """The names of what a query finds in ours and not in theirs."""
    there = theirs.execute(sql, (table,)).fetchall()
    return (one[0] for one in ours.execute(sql, (table,)).fetchall() if one not in there)
