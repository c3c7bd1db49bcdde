"""Rows of a room that have words of a question: one statement over the full-text index, the likeliest first."""

from __future__ import annotations

from collections.abc import Sequence

from chatd.adapters.sqlite.database import Database
from chatd.adapters.sqlite.search import or_match_of, select_within
from chatd.core.retrieval import Related, excerpt

MAX_STEPS = 4_000_000
"""Instructions of SQLite's machine for one question: some 0.2 s, in which others who read wait. Nobody looks at what is
found here, as at a search, so it is to cost less.
"""

LOOKED_AT = 16_384
"""Characters of a row in which the place is looked for that is shown of it."""

_SQL = (
    # From the index to the rows, whatever the planner thinks: it has no idea how many rows a word has.
    f"SELECT rows.seq, rows.id, rows.author, substr(rows.content, 1, {LOOKED_AT}) FROM search CROSS JOIN rows"
    " ON rows.n = search.rowid WHERE search MATCH ? AND rows.seq < ?"
    " AND rows.buffer_id = (SELECT id FROM buffers WHERE room_id = ?)"
    " ORDER BY bm25(search, 0.0, 1.0, 1.0), rows.seq DESC LIMIT ?"
)


def related(database: Database, room_id: str, terms: Sequence[str], before: int, limit: int) -> list[Related]:
    """See the port. Raises LimitReached over MAX_STEPS, StorageError."""
    found = select_within(database, _SQL, (or_match_of(terms), before, room_id, limit), MAX_STEPS)
    return [Related(seq, row_id, author, excerpt(text, terms)) for seq, row_id, author, text in found]
