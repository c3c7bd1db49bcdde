"""Joins surrogate halves of characters that a server has cut in two.

JSON may escape a character outside the basic plane as two surrogates. Servers that count in UTF-16 cut between them and
send each half in a delta of its own; both deltas are valid JSON, and neither can be stored.
"""

from __future__ import annotations

import re

from chatd.core.text import storable

_HALF_AT_END = re.compile("[\ud800-\udbff]\\Z")


class SurrogateJoiner:
    """Joins halves across pieces; a half that stays alone becomes U+FFFD. At most one half is held back."""

    def __init__(self) -> None:
        self._half = ""

    def feed(self, text: str) -> str:
        """The text that is complete now."""
        if not text:
            return ""
        text = self._half + text
        half = _HALF_AT_END.search(text)
        self._half = half[0] if half else ""
        return storable(text.removesuffix(self._half))

    def end(self) -> str:
        """The text that was held back."""
        rest, self._half = storable(self._half), ""
        return rest
