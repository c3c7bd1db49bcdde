"""Searching: one statement over the full-text index, and a bound on what it may take from everybody else's reading."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

from chatd.adapters.sqlite.database import Database, as_storage_error
from chatd.adapters.sqlite.rows import as_row
from chatd.core import pieces
from chatd.core.row import Row
from chatd.core.search import SearchQuery, words
from chatd.errors import LimitReached

MAX_STEPS = 20_000_000
"""Instructions of SQLite's machine for one search: about a second. Other readers wait meanwhile; a word that occurs in
half a million rows, none of which one may read, would take longer."""

_STEPS_AT_ONCE = 100_000
"""Instructions between two looks at the count."""


def match_of(query: SearchQuery) -> str:
    """The query in the language of FTS5, over the columns `author`, `content` and `pieces`.

    It finds a row by every one of `authors`, and some whose author's name only contains such a name. What was typed
    stands between our own quotes, where nothing is an operator.
    """
    parts = []
    plain = [cut for term in query.terms if (cut := words(pieces.without_pieces(term)))]
    if plain:
        parts.append(f"content : ({' AND '.join(map(_quoted, plain))})")
    if runs := [_run(sought) for term in query.terms for sought in pieces.sought(term)]:
        parts.append(f"pieces : ({' AND '.join(runs)})")
    if query.authors:
        parts.append(f"author : ({' OR '.join(_quoted(words(author)) for author in query.authors)})")
    return " AND ".join(parts) or '""'


def or_match_of(terms: Sequence[str]) -> str:
    """What finds a row by any of these terms, each a word or some characters that are found one by one."""
    plain = [cut for term in terms if (cut := words(pieces.without_pieces(term)))]
    runs = [_run(sought) for term in terms for sought in pieces.sought(term)]
    parts = (("content", list(map(_quoted, plain))), ("pieces", runs))
    return " OR ".join(f"{column} : ({' OR '.join(some)})" for column, some in parts if some) or '""'


def _quoted(term: str) -> str:
    return f'"{term}"'


def _run(sought: pieces.Sought) -> str:
    return _quoted(" ".join(sought.pieces)) + (" *" if sought.begins else "")


def statement(
    columns: str, room_ids: Sequence[str], query: SearchQuery, limit: int, before: str | None
) -> tuple[str, tuple[object, ...]]:
    """The SQL of a search, and its values."""
    # From the index to the rows, whatever the planner thinks: it has no idea how many rows a word has.
    sql = (
        f"SELECT {columns} FROM search CROSS JOIN rows ON rows.n = search.rowid CROSS JOIN buffers"
        " ON buffers.id = rows.buffer_id CROSS JOIN rooms ON rooms.id = buffers.room_id"
        f" WHERE search MATCH ? AND rooms.id IN ({', '.join('?' * len(room_ids))})"
    )
    values: list[object] = [match_of(query), *room_ids]
    if query.authors:
        # The index knows only the words of a name.
        sql += f" AND lower(rows.author) IN ({', '.join('?' * len(query.authors))})"
        values += query.authors
    if before is not None:
        sql += " AND search.rowid < (SELECT n FROM rows WHERE id = ?)"
        values.append(before)
    return f"{sql} ORDER BY search.rowid DESC LIMIT ?", (*values, limit)


def found(database: Database, sql: str, values: tuple[object, ...]) -> list[Row]:
    """The rows that a search finds. Raises LimitReached over MAX_STEPS, StorageError."""
    return [as_row(values) for values in select_within(database, sql, values, MAX_STEPS)]


def select_within(database: Database, sql: str, values: tuple[object, ...], steps: int) -> list[Any]:
    """Every row of a query, as SQLite gives them. Raises LimitReached over so many steps, StorageError."""
    looks = 0

    def enough() -> bool:
        nonlocal looks
        looks += 1
        return looks * _STEPS_AT_ONCE > steps

    reader = database.reader
    reader.set_progress_handler(enough, _STEPS_AT_ONCE)
    try:
        return reader.execute(sql, values).fetchall()
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorname", "") == "SQLITE_INTERRUPT":
            raise LimitReached("the search takes too long; more words, from:NAME or one room make it shorter") from None
        raise as_storage_error(error) from error
    finally:
        reader.set_progress_handler(None, 0)
