"""What people type to search, and what they are shown of a hit.

Words are and-ed, "phrases" stand together, `from:NAME` names authors. Nothing of what is typed is an operator of the
index's query language: only letters, digits and marks of it ever get there, between our own quotes. What stands in
scripts without blanks between words, and emoji, is looked for piece by piece (`core/pieces.py`).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from chatd.core import pieces
from chatd.core.names import fold
from chatd.errors import UsageError

MAX_QUERY = 1000
"""Characters: a pasted page is no search."""

MAX_TERMS = 32
"""Words, phrases and authors: each is one more list to go through."""

SNIPPET = 160
"""Characters shown of a hit: two lines of a terminal."""

_PIECE = re.compile(r'from:(?P<author>\S*)|"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+)', re.IGNORECASE)
_TYPED = re.compile(r'"|(^|\s)from:', re.IGNORECASE)
"""In a word with blanks: it is more than a phrase, the whole query was quoted."""

_IN_WORD = rf"[^\W{pieces.CHARACTERS}]"
_IN_WORDS = frozenset("LNM")
"""First letters of the Unicode categories that words are made of, for us as for the index."""


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """What is looked for. Every term is words with one blank between them; not both tuples are empty."""

    terms: tuple[str, ...] = ()
    """Rows have all of these; the words of one term stand side by side."""
    authors: tuple[str, ...] = ()
    """Rows are by one of these; by anybody when there is none."""

    @property
    def match(self) -> str:
        """The query in the language of SQLite's FTS5, over the columns `author`, `content` and `pieces`.

        It finds a row by every one of `authors`, and some whose author's name only contains such a name.
        """
        parts = []
        plain = [cut for term in self.terms if (cut := words(pieces.without_pieces(term)))]
        if plain:
            parts.append(f"content : ({' AND '.join(map(_quoted, plain))})")
        if found := [run for term in self.terms for run in pieces.sought(term)]:
            parts.append(f"pieces : ({' AND '.join(found)})")
        if self.authors:
            parts.append(f"author : ({' OR '.join(_quoted(words(author)) for author in self.authors)})")
        return " AND ".join(parts) or '""'


def _quoted(term: str) -> str:
    return f'"{term}"'


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


def _as_seen(term: str) -> str:
    """A regular expression for a term in a text: words are whole ones, pieces stand anywhere."""
    pattern = r"[\W_]+".join(map(re.escape, term.split()))
    before = "" if pieces.is_piece(term[0]) else f"(?<!{_IN_WORD})"
    return before + pattern + ("" if pieces.is_piece(term[-1]) else f"(?!{_IN_WORD})")


def snippet(text: str, query: SearchQuery, width: int = SNIPPET) -> str:
    """One line of at most `width` characters about the first term that is seen in the text, or its beginning.

    Line breaks and other blanks become one blank; `…` stands where something was left out.
    """
    if len(text) <= 4 * width and len(whole := " ".join(text.split())) <= width:
        return whole
    pattern = "|".join(map(_as_seen, query.terms))
    found = re.search(pattern, text, re.IGNORECASE) if pattern else None
    start = max(0, found.start() - width // 3) if found is not None else 0
    # Somewhat more than is shown, so that runs of blanks in it do not leave the line short.
    line = " ".join(text[start : start + 4 * width].split())
    before = "…" if start else ""
    if len(before) + len(line) <= width and start + 4 * width >= len(text):
        return before + line
    return before + line[: width - len(before) - 1].rstrip() + "…"
