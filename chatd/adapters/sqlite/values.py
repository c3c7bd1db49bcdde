"""Whether the values of a database can be read: SQLite has no checksums, so a bit that flips in a value is found by
nothing but a look at the values.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable

from chatd.adapters.sqlite.thoughts import head_of
from chatd.core.credentials import CredentialKind
from chatd.core.row import Status

_KNOWN = ", ".join(f"'{status}'" for status in Status)
_KINDS = ", ".join(f"'{kind}'" for kind in CredentialKind)

_TIME = (
    "(coalesce(strftime('%Y-%m-%dT%H:%M:%fZ', {0}) <> {0}, 1) OR strftime('%d', {0}, '+0 days') <> substr({0}, 9, 2))"
)
"""SQL: whether a column has no time as `core.times.iso` writes them."""

_UNREADABLE = {
    ("rows", "created_at"): _TIME.format("created_at"),
    ("rows", "updated_at"): _TIME.format("updated_at"),
    ("rows", "finished_at"): f"finished_at IS NOT NULL AND {_TIME.format('finished_at')}",
    ("rows", "status"): f"status NOT IN ({_KNOWN})",
    ("rows", "meta"): "NOT json_valid(meta)",
    ("rooms", "created_at"): _TIME.format("created_at"),
    ("credentials", "kind"): f"kind NOT IN ({_KINDS})",
    ("credentials", "digest"): "length(digest) <> 64 OR digest GLOB '*[^0-9a-f]*'",
    ("credentials", "created_at"): _TIME.format("created_at"),
    ("credentials", "expires_at"): _TIME.format("expires_at"),
    ("credentials", "used_at"): f"used_at IS NOT NULL AND {_TIME.format('used_at')}",
    ("credentials", "read_only"): "read_only NOT IN (0, 1)",
    ("thoughts", "head"): "head <> ''",  # the first piece has it, later ones have none; see _READ
    ("buffers", "number"): "number < coalesce((SELECT max(last_entry) FROM rows WHERE buffer_id = buffers.id), 0)",
    ("buffers", "seq"): "seq <> (SELECT count(*) FROM rows WHERE buffer_id = buffers.id)"
    " OR seq <> coalesce((SELECT max(seq) FROM rows WHERE buffer_id = buffers.id), 0)",
}
"""What this server could not read, or would number rows wrongly by: a condition for each table and column."""

_READ: dict[str, Callable[[str], object]] = {"meta": json.loads, "head": head_of}
"""Columns of which SQLite does not know whether they can be read, with what reads them, or raises ValueError."""


def damaged_value(connection: sqlite3.Connection, tables: list[str]) -> str | None:
    """What is wrong with a value of these tables, in words; None when all can be read. Raises sqlite3.DatabaseError."""
    for (table, column), wrong in _UNREADABLE.items():
        if table in tables:
            found = connection.execute(f"SELECT count(*) FROM {table} WHERE {wrong}").fetchone()[0]
            if found and not (column in _READ and _python_reads(connection, table, column, wrong)):
                return f"{column} of {table} cannot be right, {found} times"
    for table in tables:
        if not table.startswith("search") and (why := _undecodable(connection, table)):
            return why
    return None


def _python_reads(connection: sqlite3.Connection, table: str, column: str, wrong: str) -> bool:
    """Whether we read the values all the same: SQLite calls numbers no JSON that are none, and what is very deep."""
    try:
        for (text,) in connection.execute(f"SELECT {column} FROM {table} WHERE {wrong}"):
            _READ[column](text)
    except (ValueError, RecursionError):
        return False
    return True


def _undecodable(connection: sqlite3.Connection, table: str) -> str | None:
    """Which table has a text that is no UTF-8: Python reads none of its rows then."""
    named = connection.execute("SELECT name FROM pragma_table_info(?) WHERE type = 'TEXT'", (table,))
    columns = ", ".join(name for (name,) in named)
    try:
        for _ in connection.execute(f"SELECT {columns} FROM {table}"):
            pass
    except sqlite3.OperationalError as error:
        if "decode" not in str(error):
            raise
        return f"a text in {table} is no UTF-8"
    return None
