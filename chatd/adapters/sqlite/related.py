"""Rows of a room that have words of a question: one statement over the full-text index, the likeliest first."""

from __future__ import annotations

from collections.abc import Sequence

from chatd.adapters.sqlite.database import Database
from chatd.adapters.sqlite.search import or_match_of, select_within
from chatd.core.retrieval import Related, excerpt

MOST_HITS = 20_000
"""Rows that are compared for one question: some 0.1 s, in which others who read wait. The rarest words come first, and
one that would make it more is not looked for: it tells of nothing.
"""

MAX_STEPS = 4_000_000
"""Instructions of SQLite's machine for each statement: more than MOST_HITS rows take, unless something is wrong."""

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
    telling = _rarest(database, terms)
    found = select_within(database, _SQL, (or_match_of(telling), before, room_id, limit), MAX_STEPS)
    return [Related(seq, row_id, author, excerpt(text, telling)) for seq, row_id, author, text in found]


def _rarest(database: Database, terms: Sequence[str]) -> list[str]:
    """The terms that have MOST_HITS rows together, those with the fewest first."""
    counted = sorted((_hits(database, term), place) for place, term in enumerate(terms))
    kept: list[str] = []
    left = MOST_HITS
    for hits, place in counted:
        left -= hits
        if left >= 0 and hits:
            kept.append(terms[place])
    return kept


def _hits(database: Database, term: str) -> int:
    """In how many rows of all rooms a term is; somewhat more than MOST_HITS stand for all numbers beyond it."""
    sql = "SELECT count(*) FROM (SELECT 1 FROM search WHERE search MATCH ? LIMIT ?)"
    ((count,),) = select_within(database, sql, (or_match_of([term]), MOST_HITS + 1), MAX_STEPS)
    return int(count)
