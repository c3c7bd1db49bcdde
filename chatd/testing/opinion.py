"""A terminal's opinion of what belongs together, and how wide it is: that of those which know graphemes.

It is not the server's, which gives syllables as much room as any terminal may take: what is sent must look right on
this one, too.
"""

from __future__ import annotations

import wcwidth


def graphemes(text: str) -> list[str]:
    """What belongs together."""
    return list(wcwidth.iter_graphemes(text))


def width(text: str) -> int:
    """Columns: each grapheme has two at most, and none where its first character has none."""
    return sum(map(_width, graphemes(text)))


def _width(grapheme: str) -> int:
    first = wcwidth.wcwidth(grapheme[0])
    return max(first, min(2, wcwidth.wcswidth(grapheme))) if first > 0 else 0
