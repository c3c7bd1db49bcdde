"""What people type to search, and what they are shown of a hit.

Words are and-ed, "phrases" stand together, `from:NAME` names authors. Nothing of what is typed is an operator of an
index's query language: only letters, digits and marks of it ever get there. What stands in scripts without blanks
between words, and emoji, is looked for piece by piece (`core/pieces.py`).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from chatd.core import pieces
from chatd.core.names import fold
from chatd.errors import UsageError

MAX_QUERY = 1000
"""Characters: a pasted page is no search."""

MAX_TERMS = 32
"""Words, phrases and authors: each is one more list to go through."""

SEEN_WORDS = 8
"""Words of a phrase by which its place in a text is found: looking for more takes longer, and finds the same."""

SNIPPET = 160
"""Characters shown of a hit: two lines of a terminal."""

_PIECE = re.compile(r'from:(?P<author>\S*)|"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+)', re.IGNORECASE)
_TYPED = re.compile(r'"|(^|\s)from:', re.IGNORECASE)
"""In a word with blanks: it is more than a phrase, the whole query was quoted."""

_IN_WORD = re.compile(rf"[^\W{pieces.CHARACTERS}]")
_IN_WORDS = frozenset("LNM")
"""First letters of the Unicode categories that words are made of, for us as for the index."""


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """What is looked for. Every term is words with one blank between them; not both tuples are empty."""

    terms: tuple[str, ...] = ()
    """Rows have all of these; the words of one term stand side by side."""
    authors: tuple[str, ...] = ()
    """Rows are by one of these; by anybody when there is none."""


def words(text: str) -> str:
    """The words and pieces of a text with one blank between them, cut as the index cuts them."""
    return " ".join("".join(c if _is_in_word(c) else " " for c in text).split())


def _is_in_word(char: str) -> bool:
    return unicodedata.category(char)[0] in _IN_WORDS or pieces.is_piece(char)


def parse_query(text: str) -> SearchQuery:
    """What somebody typed. Raises UsageError when there is nothing in it to look for, or too much."""
    if len(text) > MAX_QUERY:
        raise UsageError(f"the search has {len(text)} characters, the limit is {MAX_QUERY}")
    terms: dict[str, None] = {}
    authors: dict[str, None] = {}
    for piece in _PIECE.finditer(text):
        if piece["author"] is not None:
            author = fold(piece["author"].strip('"')).removeprefix("@")
            if not words(author):
                raise UsageError("from: needs a name right behind it, as in from:alice")
            authors[author] = None
        elif term := words(piece["phrase"] or piece["word"] or ""):
            terms[term] = None
    if not terms and not authors:
        raise UsageError('there is nothing to search for: give words, "a phrase" or from:NAME')
    if len(terms) + len(authors) > MAX_TERMS:
        raise UsageError(f"the search has {len(terms) + len(authors)} terms, the limit is {MAX_TERMS}")
    return SearchQuery(tuple(terms), tuple(authors))


def as_typed(split: list[str]) -> str:
    """The query whose words a shell has split: one with blanks in it stood between quotes, which it has taken away."""
    return " ".join(f'"{word}"' if len(word.split()) > 1 and not _TYPED.search(word) else word for word in split)


def place(text: str, query: SearchQuery, first: int, last: int) -> int | None:
    """Where in the text a term is seen that begins at `first` or behind, and ends before `last`; the leftmost place.

    Words are whole ones, pieces stand anywhere.
    """
    pattern = _pattern(query.terms)
    while pattern is not None and (found := pattern.search(text, first, last)) is not None:
        # What ends at `last` may be the beginning of a word.
        if _stands_alone(text, found.start(), found.end()) and not found.end() == last < len(text):
            return found.start()
        first = found.start() + 1
    return None


@lru_cache(16)
def _pattern(terms: tuple[str, ...]) -> re.Pattern[str] | None:
    """Finds the terms, also within words: a class of what is no word, for case-blind eyes, takes long to compile."""
    seen = (r"[\W_]+".join(map(re.escape, term.split()[:SEEN_WORDS])) for term in terms)
    return re.compile("|".join(seen), re.IGNORECASE) if terms else None


def _stands_alone(text: str, first: int, last: int) -> bool:
    before, after = text[first - 1 : first], text[last : last + 1]
    return (pieces.is_piece(text[first]) or not _IN_WORD.match(before)) and (
        pieces.is_piece(text[last - 1]) or not _IN_WORD.match(after)
    )


def about(text: str, at: int, width: int = SNIPPET) -> str:
    """One line of at most `width` characters about a place in the text.

    Line breaks and other blanks become one blank; `…` stands where something was left out.
    """
    if len(text) <= 4 * width and len(whole := " ".join(text.split())) <= width:
        return whole
    start = max(0, at - width // 3)
    # Somewhat more than is shown, so that runs of blanks in it do not leave the line short.
    line = " ".join(text[start : start + 4 * width].split())
    before = "…" if start else ""
    if len(before) + len(line) <= width and start + 4 * width >= len(text):
        return before + line
    return before + line[: width - len(before) - 1].rstrip() + "…"
