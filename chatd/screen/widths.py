"""How many columns a text takes, and where it may be cut.

The one home of `wcwidth`. Its pure-Python form costs microseconds per grapheme, so ASCII and all other text whose
characters stand for themselves never reach it.

A grapheme is at most two columns wide, as terminals that know graphemes draw it; a syllable of letters and spacing
marks is as wide as the widest opinion has it, six columns at most. A grapheme is at most `MAX_GRAPHEME` code points
long: there are endless ones (Hangul letters, conjuncts), and who lays out a growing text has to look at its last one
again and again. A forced cut begins afresh, so a text may be cut at any border and its parts looked at alone.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from unicodedata import category, combining

import wcwidth

from chatd.core.sanitize import is_plain

MAX_GRAPHEME = 32
"""Code points; the longest emoji in use has ten."""

_VIRAMA = 9
"""The combining class of what joins letters into a conjunct."""

_NEW_OR_HALF = re.compile("[\U0001f1e6-\U0001f1ff\U0001f6d5-\U0001f6df\U0001f6f0-\U0001f6ff\U0001f7e0-\U0001fbff]")
"""The halves of flags, and the blocks to which emoji are added still: an older terminal takes them for narrow."""

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

    Those that know graphemes and those that add up code points: flags, joined emoji, "⚠️", syllables with a conjunct or
    a spacing mark. Those that are older than an emoji, and all of them about half a flag.
    """
    return not grapheme.isascii() and _is_fragile(grapheme)


def is_wide(grapheme: str) -> bool:
    """Tell whether a grapheme is written without blanks around it: an ideograph, kana, Hangul, an emoji."""
    return wcwidth.wcwidth(grapheme[0]) > 1


def _iterate(text: str) -> Iterator[str]:
    for grapheme in wcwidth.iter_graphemes(text):
        if len(grapheme) > MAX_GRAPHEME:
            for part in _force(grapheme):
                yield from _unstacked(part)
        else:
            yield from _unstacked(grapheme)


def _unstacked(cluster: str) -> Iterable[str]:
    """Cut a conjunct that may need more than two columns, where terminals give each letter and spacing mark its own.

    It is cut before a letter, so a mark stays with what it stands on.
    """
    if len(cluster) < 3 or not _is_conjunct(cluster):
        return (cluster,)
    letters: list[str] = []
    for char in cluster:
        if letters and (wcwidth.wcwidth(char) <= 0 or category(char)[0] != "L"):
            letters[-1] += char  # a mark; or a tone of skin, which behind a letter has its own columns or none
        else:
            letters.append(char)
    parts: list[str] = []
    for letter in letters:
        if parts and _added_up(parts[-1]) + _added_up(letter) <= 2:
            parts[-1] += letter
        else:
            parts.append(letter)
    return parts


def _added_up(text: str) -> int:
    """Columns on a terminal that gives each letter its own, and each spacing mark one."""
    return sum(1 if category(char) == "Mc" else max(0, wcwidth.wcwidth(char)) for char in text)


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
    syllable = _added_up(grapheme) if _is_syllable(grapheme) else 0
    return max(first, min(2, wcwidth.wcswidth(grapheme)), syllable) if first > 0 else syllable


def _is_syllable(grapheme: str) -> bool:
    """Tell whether terminals may give the parts of a grapheme columns of their own: none of them may be lost."""
    return any(category(char) == "Mc" for char in grapheme) or _is_conjunct(grapheme)


def _is_conjunct(grapheme: str) -> bool:
    """Tell whether letters are joined in it: behind an emoji or a digit a virama joins nothing."""
    return any(combining(char) == _VIRAMA for char in grapheme) and category(grapheme[0])[0] == "L"


@lru_cache(_KNOWN_GRAPHEMES)
def _is_fragile(grapheme: str) -> bool:
    if _NEW_OR_HALF.match(grapheme) or _is_syllable(grapheme):
        return True
    added_up = sum(max(0, wcwidth.wcwidth(char)) for char in grapheme)
    return not added_up == wcwidth.wcswidth(grapheme) == _grapheme_width(grapheme)
