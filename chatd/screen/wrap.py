"""Text to lines of limited width.

Greedy, at blanks (space and TAB only: others are there to be kept) and beside wide characters, which need no blank
between them. Blanks at a wrap point are swallowed, those that begin a line are its indentation and stay. A word that
is longer than a line begins on a line of its own and is broken at grapheme borders.

An answer grows by a few characters at a time and may be one line of 100,000, so the cost must be linear: `Wrapper`
keeps the finished lines, lays out what is new, and does again only the last grapheme, which may still grow.
"""

import re
from copy import copy
from dataclasses import dataclass
from typing import Self
from unicodedata import category

from chatd.core.sanitize import is_plain
from chatd.screen.widths import clip, graphemes, is_wide, width

TAB_COLUMNS = 4
TOO_WIDE = "?"
"""Shown for a wide character where a line is one column wide."""

_RUNS = re.compile(r"[ \t]+|[^ \t]+")

# What a line must not begin or end with, among the wide characters: categories of Unicode, and small kana.
_NOT_FIRST = frozenset({"Po", "Pe", "Pf", "Lm"})
_NOT_LAST = frozenset({"Ps", "Pi"})
_SMALL_KANA = frozenset("ぁぃぅぇぉっゃゅょァィゥェォッャュョ")


@dataclass(slots=True)
class _Layout:
    """The last line of a text while it grows: `head`, then blanks, then the word being written.

    Between head and gap, and only there, the line can be wrapped. A gap without a head is the line's indentation.
    """

    columns: int
    head_width: int = 0  # less than none for a first line that is wider than the others
    head: str = ""
    gap: str = ""
    word: str = ""
    word_width: int = 0
    last: str = ""  # the last grapheme of the word

    @property
    def line(self) -> str:
        return self.head + self.gap + self.word

    def add_lines(self, text: str, out: list[str]) -> int:
        """Lay out what makes whole lines, the short way that printable ASCII allows; return where the rest begins."""
        at = 0
        if self.head or self.gap or self.word or not (text.isascii() and text.isprintable()):
            return at
        room = self.columns - self.head_width
        while len(text) - at > room and text[at] != " ":
            end = rest = text.rfind(" ", at, at + room + 1)
            while 0 <= rest < len(text) and text[rest] == " ":
                rest += 1
            if rest in {-1, len(text)}:  # a word that is longer than a line, or blanks that may yet stay
                break
            out.append(text[at:end].rstrip(" "))
            at = rest
            self.head_width, room = 0, self.columns
        return at

    def add_blanks(self, blanks: str) -> None:
        """Blanks beyond the end of the line hang there unseen."""
        self._commit()
        at = self.head_width + len(self.gap)
        for blank in blanks:
            if at >= self.columns:
                break
            at += TAB_COLUMNS - at % TAB_COLUMNS if blank == "\t" else 1
        self.gap = " " * (min(at, self.columns) - self.head_width)

    def add_word(self, text: str, out: list[str]) -> None:
        """Add characters without blanks to the word; append the lines that this completes to `out`."""
        if text.isascii() and not (self.last and not self.last.isascii()):
            for at in range(0, len(text), self.columns):  # no more than a line at a time: breaking copies the rest
                piece = text[at : at + self.columns]
                self._add(piece, len(piece), out)
            self.last = text[-1]
            return
        for grapheme in graphemes(text):
            shown, columns = grapheme, width(grapheme)
            if columns > self.columns:
                shown = TOO_WIDE
                columns = 1
            if self.last and _may_part(self.last, shown, columns):
                self._commit()
            self._add(shown, columns, out)
            self.last = shown

    def end_line(self, out: list[str]) -> None:
        out.append(self.line)
        self.head = self.gap = self.word = self.last = ""
        self.head_width = self.word_width = 0

    def _commit(self) -> None:
        if self.word:
            self.head_width += len(self.gap) + self.word_width
            self.head = self.line
            self.gap = self.word = self.last = ""
            self.word_width = 0

    def _add(self, text: str, columns: int, out: list[str]) -> None:
        self.word += text
        self.word_width += columns
        if self.head_width + len(self.gap) + self.word_width <= self.columns:
            return
        if self.head:
            out.append(self.head)
            self.head = self.gap = ""
            self.head_width = 0
        while len(self.gap) + self.word_width > self.columns:
            part = clip(self.word, self.columns - len(self.gap))
            out.append((self.gap + part) if part else "")
            self.gap = ""
            self.head_width = 0
            self.word = self.word[len(part) :]
            self.word_width -= width(part)


class Wrapper:
    """Wraps a text that grows: however it is cut, `lines` is `wrap` of what was fed so far.

    Args:
        columns: of a line; less than 1 counts as 1.
        first: of the first line, when it has more than the others.

    Attributes:
        lines: the lines so far, none wider than `columns`. Grows and changes in place, at its end only.
    """

    def __init__(self, columns: int, first: int | None = None) -> None:
        columns = max(1, columns)
        self._settled = _Layout(columns, min(0, columns - (first or columns)))
        self._finished = 0  # lines that nothing can change any more
        self._tail = ""  # the last grapheme: what comes may still belong to it
        self.lines: list[str] = [""]

    def feed(self, text: str) -> int:
        """Add text; return the index of the first line that changed, `len(lines)` when none did."""
        if not text:
            return len(self.lines)
        first, before = self._finished, self.lines[self._finished :]
        del self.lines[self._finished :]
        text, self._tail = self._tail + text, ""
        *paragraphs, last = text.split("\n")
        for paragraph in paragraphs:
            self._lay_out(paragraph, whole=True)
            self._settled.end_line(self.lines)
        self._lay_out(last, whole=False)
        self._finished = len(self.lines)
        view = copy(self._settled)
        if self._tail:
            view.add_word(self._tail, self.lines)
        self.lines.append(view.line)
        for line in before:
            if first == len(self.lines) or line != self.lines[first]:
                break
            first += 1
        return first

    def take(self) -> list[str]:
        """Hand over the lines that nothing can change any more and forget them: `lines` begins behind them."""
        taken = self.lines[: self._finished]
        del self.lines[: self._finished]
        self._finished = 0
        return taken

    def fork(self) -> Self:
        """Return another wrapper that goes on from here by itself; its `lines` are those that may still change."""
        other = copy(self)
        other._settled = copy(self._settled)
        other.lines = self.lines[self._finished :]
        other._finished = 0
        return other

    def _lay_out(self, text: str, *, whole: bool) -> None:
        """Lay out text without LF; unless it is `whole`, its last grapheme may still grow and is kept back."""
        start = self._settled.add_lines(text, self.lines)
        for match in _RUNS.finditer(text, start):
            run = match[0]
            if run[0] in " \t":
                self._settled.add_blanks(run)
                continue
            if not whole and match.end() == len(text):
                self._tail = run[-1] if run.isascii() else graphemes(run)[-1]
                run = run[: -len(self._tail)]
            if run:
                self._settled.add_word(run, self.lines)


def wrap(text: str, columns: int, first: int | None = None) -> list[str]:
    """Return sanitised `text` as lines of at most `columns` columns (less than 1 counts as 1), without line ends.

    The first line has `first` columns, when these are more: the others hang below its beginning.

    LF ends a line, so that text which ends in one has an empty last line, as the empty text has. TAB goes on to the
    next multiple of `TAB_COLUMNS`.
    """
    most = max(columns, first or 0)
    if columns > 1 and is_plain(text) and "\n" not in text and "\t" not in text and width(text) <= most:
        return [text]
    wrapper = Wrapper(columns, first)
    wrapper.feed(text)
    return wrapper.lines


def _may_part(left: str, right: str, right_columns: int) -> bool:
    """Tell whether a word may be wrapped between two neighbours: beside a wide one, punctuation excepted."""
    left_wide, right_wide = not left.isascii() and is_wide(left), right_columns > 1 and is_wide(right)
    if not (left_wide or right_wide) or right in _SMALL_KANA:
        return False
    may_end = category(left[0]) not in _NOT_LAST if left_wide else left[0].isalnum()
    return may_end and (category(right[0]) not in _NOT_FIRST if right_wide else right[0].isalnum())
