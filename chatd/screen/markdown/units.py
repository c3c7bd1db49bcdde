"""Cuts a growing paragraph where nothing is open, so that each part is parsed once.

A scanner follows what could open a span: runs of `*`, `_`, `~~` and backticks, brackets, links' destinations. It need
not be exact. Where nothing is open the text can be cut at a blank (or between two characters of a script without
blanks), and the parser sees the parts one by one; where the scanner is wrong, a span that crosses a cut stays text.
Where the cuts are depends on the text alone, not on the pieces it came in.

What is open at the end is guessed: `guess` closes it, so that "**bo" is shown as bold from its first letter on. Models
nearly always close what they open, and so nothing jumps when they do. A mark at the very end is not shown: it may be
one half of "**", or close what is open. Guesses end with the source line: a star that was none comes back there at the
latest.
"""

from __future__ import annotations

import re
from copy import copy
from dataclasses import dataclass

MAX_UNIT = 1024
"""Code points parsed at a time; a growing one is parsed at each piece. What is open longer than this was no mark."""

MAX_MARKS = 48
"""Marks in one unit: the parser is quadratic in them, and prose has some ten in a sentence at most."""

_TOKENS = re.compile(r"[<&]|\\.?|`+|\*+|_+|~+|\[|\](?:\()?|:(?:/(?:/[^\s<>`]*)?)?", re.DOTALL)
_IN_CODE = re.compile(r"`+")
_IN_DESTINATION = re.compile(r"\\.?|[()]", re.DOTALL)
_BLANKS = " \t\n"
_BRACKET = "&#91;"
"""A "[" that begins no link, for the parser."""


@dataclass(frozen=True, slots=True)
class _Open:
    mark: str  # one of "*_~`[("
    count: int
    at: int  # where its characters begin in the whole text; for "(" where the "[" of its link is


class Units:
    """The scanner of one paragraph."""

    def __init__(self) -> None:
        self._text = ""  # from the unit's start
        self._base = 0  # where that is in the whole text
        self._start = 0  # of the unit, in `_text`; 0 between two calls
        self._at = 0  # what is before was scanned
        self._open: list[_Open] = []
        self._marks = 0

    def fork(self) -> Units:
        """Return another one that goes on from here by itself."""
        other = copy(self)
        other._open = list(self._open)
        return other

    def feed(self, text: str) -> list[str]:
        """Add text; return the units that this completed."""
        self._text += text
        units: list[str] = []
        while self._at < len(self._text) and self._step(units):
            pass
        self._text = self._text[self._start :]
        self._at -= self._start
        self._base += self._start
        self._start = 0
        return units

    @property
    def rest(self) -> str:
        """The unit that is not complete."""
        return self._text

    @property
    def guess(self) -> str:
        """The unit that is not complete, as it will probably be read when it is: what is open is closed."""
        end = len(self._text)
        if self._at < end and not self._text[self._at :].strip("`" if self._in_code else "*_~`"):
            end = self._at
        if not self._open:
            return self._text[:end]
        line = self._base + self._text.rfind("\n") + 1
        out: list[str] = []
        done = 0
        closing = ""
        for opened in self._open:
            if opened.mark in "[(":  # a link is shown as it is written until it is one
                at = opened.at - self._base
                out += [self._text[done:at], _BRACKET]
                done = at + 1
            elif opened.at >= line:
                closing = opened.mark * opened.count + closing
        out.append(self._text[done:end])
        shown = "".join(out)
        body = shown.rstrip(_BLANKS)
        return body + closing + shown[len(body) :]

    @property
    def _in_code(self) -> bool:
        return bool(self._open) and self._open[-1].mark == "`"

    def _step(self, units: list[str]) -> bool:
        """Scan up to the end of the next token; answer False where more text is needed to know it."""
        text = self._text
        limit = self._start + MAX_UNIT
        top = self._open[-1].mark if self._open else ""
        pattern = _IN_CODE if top == "`" else _IN_DESTINATION if top == "(" else _TOKENS
        match = pattern.search(text, self._at, limit)
        plain = match.start() if match else min(limit, len(text))
        if not self._open:
            cut = self._last_cut(plain)
            if cut > self._start:
                self._cut(cut, units)
                self._at = plain
                return True  # the limit has moved, and what was found may go on behind the old one
        self._at = plain
        if match and plain < self._start + MAX_UNIT:
            if match.end() == len(text):
                return False
            self._token(match[0], match.start(), match.end())
            self._at = match.end()
        if self._at >= self._start + MAX_UNIT or self._marks > MAX_MARKS:
            self._open.clear()
            self._cut(self._at, units)
        return True

    def _cut(self, at: int, units: list[str]) -> None:
        units.append(self._text[self._start : at])
        self._start = at
        self._marks = 0

    def _last_cut(self, end: int) -> int:
        """The last place up to `end`, behind what was scanned, where a unit may begin; the unit's start if none."""
        text = self._text
        low = max(self._at, self._start)
        blank = max(text.rfind(" ", low, end), text.rfind("\n", low, end), text.rfind("\t", low, end)) + 1
        at = end - 1
        if end > low and not text[max(low - 1, self._start) : end].isascii():
            while at >= max(low, self._start + 1, blank):
                if text[at] > "\x7f" < text[at - 1] and text[at].isalnum() and text[at - 1].isalnum():
                    return at
                at -= 1
        return max(blank, self._start)

    def _token(self, token: str, start: int, end: int) -> None:
        text, kind = self._text, token[0]
        at = self._base + start
        self._marks += 1 if kind in "\\:" else len(token)
        if kind in "\\:<&":
            return
        if kind == "`":
            if not self._in_code:
                self._open.append(_Open("`", len(token), at))
            elif self._open[-1].count == len(token):
                self._open.pop()
        elif kind in "[(":
            self._open.append(_Open(kind, 1, at))
        elif kind == ")":
            self._open.pop()
        elif kind == "]":
            if opened := self._pop("["):
                self._open += [_Open("(", 1, opened.at)] * (len(token) - 1)  # "]" and "](": a destination
        elif kind != "~" or len(token) > 1:
            before = text[start - 1] if start > self._start else " "
            self._run(kind, len(token), at, before, text[end])

    def _run(self, kind: str, count: int, at: int, before: str, after: str) -> None:
        """A run of marks closes and opens, by what it stands between (CommonMark 6.2, nearly)."""
        left = not after.isspace() and (after.isalnum() or not before.isalnum())
        right = not before.isspace() and (before.isalnum() or not after.isalnum())
        if kind == "_" and left and right:
            left, right = not before.isalnum(), not after.isalnum()
        while right and count and (opened := self._pop(kind)):
            taken = min(count, opened.count)
            count -= taken
            if opened.count > taken:
                self._open.append(_Open(kind, opened.count - taken, opened.at))
        if left and count:
            self._open.append(_Open(kind, count, at))

    def _pop(self, mark: str) -> _Open | None:
        """Close the innermost span of this mark and all within it; None where none is open (in these brackets)."""
        for index in range(len(self._open) - 1, -1, -1):
            opened = self._open[index]
            if opened.mark == mark:
                del self._open[index:]
                return opened
            if opened.mark in "[(":
                break
        return None
