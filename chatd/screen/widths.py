"""How many columns a text takes, and where it may be cut.

The one home of `wcwidth`. Its pure-Python form costs microseconds per grapheme, so ASCII and all other text whose
characters stand for themselves never reach it.

A grapheme is at most two columns wide, as terminals that know graphemes draw it, and at most `MAX_GRAPHEME` code points
long: there are endless ones (Hangul letters, conjuncts), and who lays out a growing text has to look at its last one
again and again. A forced cut begins afresh, so a text may be cut at any border and its parts looked at alone.
"""

from collections.abc import Iterator
from functools import lru_cache

import wcwidth

from chatd.core.sanitize import is_plain

MAX_GRAPHEME = 32
"""Code points; the longest emoji in use has ten."""

_KNOWN_GRAPHEMES = 8192
"""Cached widths: Chinese uses some 3,500 characters, the rest is room for emoji."""


def width(text: str) -> int:
    """Return how many columns sanitised `text` takes: the sum over its graphemes. A control counts as none."""
    if text.isascii() and text.isprintable():
        return len(text)
    if is_plain(text):
        columns = wcwidth.wcswidth(text)
        if columns >= 0:
            return columns
    return sum(map(_grapheme_width, graphemes(text)))


def graphemes(text: str) -> list[str]:
    """Return `text` cut into what people see as characters; joined they are `text` again."""
    if is_plain(text):
        return list(text)
    return list(_iterate(text))


def clip(text: str, columns: int) -> str:
    """Return the longest beginning of `text` that takes at most `columns` columns and cuts no grapheme."""
    if columns <= 0:
        return ""
    if text.isascii() and text.isprintable():
        return text[:columns]
    end = used = 0
    for grapheme in _iterate(text):
        used += _grapheme_width(grapheme)
        if used > columns:
            return text[:end]
        end += len(grapheme)
    return text


def is_fragile(grapheme: str) -> bool:
    """Tell whether terminals disagree about the width of a grapheme.

    Those that know graphemes and those that add up code points: flags, joined emoji, "⚠️", some Indic syllables.
    """
    return len(grapheme) > 1 and _is_fragile(grapheme)


def _iterate(text: str) -> Iterator[str]:
    for grapheme in wcwidth.iter_graphemes(text):
        if len(grapheme) > MAX_GRAPHEME:
            yield from _force(grapheme)
        else:
            yield grapheme


def _force(cluster: str) -> Iterator[str]:
    """Cut an overlong cluster: a window is looked at as if it began the text, so the cost stays linear."""
    at = 0
    while at < len(cluster):
        grapheme = next(wcwidth.iter_graphemes(cluster[at : at + MAX_GRAPHEME]))
        yield grapheme
        at += len(grapheme)


@lru_cache(_KNOWN_GRAPHEMES)
def _grapheme_width(grapheme: str) -> int:
    # As terminals draw it, who see its first character before the rest: where that has no width, all is drawn over the
    # neighbour; and a selector for narrow style (U+FE0E) comes too late in the last column, if it is heeded at all.
    first = wcwidth.wcwidth(grapheme[0])
    return max(first, min(2, wcwidth.wcswidth(grapheme))) if first > 0 else 0


@lru_cache(_KNOWN_GRAPHEMES)
def _is_fragile(grapheme: str) -> bool:
    added_up = sum(max(0, wcwidth.wcwidth(char)) for char in grapheme)
    return not added_up == wcwidth.wcswidth(grapheme) == _grapheme_width(grapheme)
