"""Characters that a server has cut in half within JSON.

Outside the basic plane JSON may escape a character as two halves. Servers that count in UTF-16 cut between them and
send each half in a delta of its own; both deltas are valid JSON, and neither can be stored.
"""

from __future__ import annotations

import re

from chatd.core.text import storable

_HALF_AT_END = re.compile("[\ud800-\udbff]\\Z")


class SurrogateJoiner:
    """Joins halves over pieces; a half that stays alone becomes U+FFFD. Holds back at most one half."""

    def __init__(self) -> None:
        self._half = ""

    def feed(self, text: str) -> str:
        """What can be said of `text` now."""
        if not text:
            return ""
        text = self._half + text
        half = _HALF_AT_END.search(text)
        self._half = half[0] if half else ""
        return storable(text.removesuffix(self._half))

    def end(self) -> str:
        """What was held back."""
        rest, self._half = storable(self._half), ""
        return rest
