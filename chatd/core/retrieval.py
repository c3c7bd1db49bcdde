"""Related rows of a room: what a question is searched by, and what a model reads of the rows that are found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from chatd.core.pieces import is_piece
from chatd.core.search import SearchQuery, about, place, words
from chatd.core.text import size_of

LOOKED_AT = 4096
"""Characters of a question that are searched by: what a pasted file is about stands at its beginning."""

MOST_TERMS = 16
"""Words that are looked for: each is one more list to go through, and a question has no more that tell much."""

SHORTEST = 3
"""Letters: what is shorter stands in every other row."""

COMMON = frozenset({
    "about", "after", "again", "all", "also", "and", "any", "are", "because", "been", "before", "but", "can",
    "could", "did", "does", "don", "else", "for", "from", "get", "had", "has", "have", "here", "how", "into", "its",
    "just", "know", "like", "make", "many", "more", "most", "much", "not", "now", "off", "one", "only", "other",
    "our", "out", "over", "please", "said", "say", "see", "she", "should", "some", "such", "tell", "than", "that",
    "the", "their", "them", "then", "there", "these", "they", "this", "those", "too", "very", "was", "were", "what",
    "when", "where", "which", "while", "who", "why", "will", "with", "would", "you", "your",
})  # fmt: skip
"""Words that tell nothing in a small room either. Others, and those of other languages, are left out by the search
where they are in too many rows.
"""

EXCERPT = 480
"""Characters of a row that a model reads: about the place where it was found."""

HEADING = "Earlier in this room, found by words of the question; perhaps it helps:"


@dataclass(frozen=True, slots=True)
class Related:
    """A row that was found for a question: where it stands in its room, who said it, and a piece of it, in one line."""

    seq: int
    id: str
    author: str
    text: str

    @property
    def line(self) -> str:
        """As a model reads it."""
        return self.head + self.text

    @property
    def head(self) -> str:
        """What its line begins with."""
        return f"#{self.seq} {self.author}: "


def telling_terms(question: str) -> tuple[str, ...]:
    """The words of a question that tell most of what it is about, the longest first; of scripts without blanks each two
    characters that stand side by side. Nothing where nothing is telling.
    """
    found: dict[str, None] = {}
    for word in words(question[:LOOKED_AT]).casefold().split():
        for part in _parts(word):
            found[part] = None
    return tuple(sorted(found, key=len, reverse=True)[:MOST_TERMS])


def _parts(word: str) -> list[str]:
    if any(map(is_piece, word)):
        return [pair for pair in map("".join, pairwise(word)) if all(map(is_piece, pair))]
    return [word] if len(word) >= SHORTEST and word not in COMMON else []


def excerpt(text: str, terms: Sequence[str]) -> str:
    """The piece of a text about the leftmost of the terms, in one line of at most EXCERPT characters."""
    at = place(text, SearchQuery(tuple(terms)), 0, len(text))
    return about(text, at or 0, EXCERPT)


def fitting(found: Sequence[Related], size: int) -> tuple[Related, ...]:
    """Those that fit `size` bytes together, by rank, in the order in which they were said. What is too long leaves its
    place to the next.
    """
    kept: list[Related] = []
    left = size - size_of(HEADING)
    for row in found:
        if (taken := size_of(row.line) + 1) <= left:
            left -= taken
            kept.append(row)
    return tuple(sorted(kept, key=lambda row: row.seq))


def told(rows: Sequence[Related]) -> str:
    """The message in which a model reads them."""
    return "\n".join((HEADING, *(row.line for row in rows)))


def sources(rows: Sequence[Related]) -> list[dict[str, object]]:
    """What the answer's `meta.sources` names."""
    return [{"seq": row.seq, "id": row.id} for row in rows]
