"""Styled text to lines: what `chatd.screen.wrap` does to plain text, with its classes kept.

The plain text alone decides where lines end. Blanks aside, lines hold the text's characters in their order, so the
classes are put back by walking both.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from copy import copy

from chatd.screen.widths import clip, graphemes, width
from chatd.screen.wrap import TAB_COLUMNS, TOO_WIDE, Wrapper

Span = tuple[str, str]
"""A text and its class: "" for plain text, several words where classes combine."""

MarkdownLine = tuple[Span, ...]
"""Neighbours differ in class, no text is empty."""

_RUNS = re.compile(r" +|[^ ]+")
_BLANKS = " \t\n"


def line_of(spans: Iterable[Span]) -> MarkdownLine:
    """Return spans as a line: neighbours of one class joined, empty ones left out."""
    line: list[Span] = []
    for text, name in spans:
        if line and line[-1][1] == name:
            line[-1] = (line[-1][0] + text, name)
        elif text:
            line.append((text, name))
    return tuple(line)


def stripped(line: MarkdownLine) -> MarkdownLine:
    """Return a line without the blanks at its end."""
    while line and line[-1][0][-1] == " ":
        text = line[-1][0].rstrip(" ")
        line = (*line[:-1], (text, line[-1][1])) if text else line[:-1]
    return line


def width_of(spans: Iterable[Span]) -> int:
    """Return how many columns spans take."""
    return width("".join([text for text, _ in spans]))


class StyledWrapper:
    """Wraps styled text that grows.

    Args:
        columns: of a line, what comes before its text included.
        first, rest: what the first line and the others begin with; together with a wide character they fit.
    """

    def __init__(self, columns: int, first: MarkdownLine = (), rest: MarkdownLine = ()) -> None:
        self._columns = max(1, columns - max(width_of(first), width_of(rest)))
        self._wrapper = Wrapper(self._columns)
        self._first = first
        self._rest = rest
        self._source: list[Span] = []  # what is not yet in finished lines; of its first span, the first `_used`
        self._used = 0
        self._blanks = 0  # spans at the end that are nothing else

    def fork(self) -> StyledWrapper:
        """Return another one that goes on from here by itself."""
        other = copy(self)
        other._wrapper = self._wrapper.fork()
        other._source = list(self._source)
        return other

    def feed(self, spans: Iterable[Span]) -> list[MarkdownLine]:
        """Add text; return the lines that this finished."""
        added = [(_narrow(text), name) for text, name in spans] if self._columns == 1 else spans
        for text, name in added:
            # Of blanks in a row, the first ones tell the class; those beyond the edge are never seen.
            self._blanks = 0 if text.strip(" \t") else self._blanks + 1
            if self._blanks <= self._columns:
                self._source.append((text, name))
            self._wrapper.feed(text)
        return [self._paint(line) for line in self._wrapper.take()]

    def close(self) -> list[MarkdownLine]:
        """Return the lines that were not finished; nothing can be fed any more."""
        return [self._paint(line) for line in self._wrapper.lines]

    def _paint(self, line: str) -> MarkdownLine:
        spans: list[Span] = []
        at = 0
        for match in _RUNS.finditer(line):
            run = match[0]
            at, blank = self._skip_blanks(at)
            if run[0] == " ":
                spans.append((run, blank))
            else:
                at = self._take(at, len(run), spans)
        del self._source[:at]
        start, self._first = self._first, self._rest
        return stripped(line_of((*start, *stripped(line_of(spans)))))

    def _skip_blanks(self, at: int) -> tuple[int, str]:
        """Go to the next character that is none; return its span and the class of the first blank."""
        found = None
        while at < len(self._source):
            text, name = self._source[at]
            end = self._used
            while end < len(text) and text[end] in _BLANKS:
                if found is None and text[end] != "\n":
                    found = name
                end += 1
            self._used = end
            if end < len(text):
                break
            at += 1
            self._used = 0
        return at, found or ""

    def _take(self, at: int, count: int, spans: list[Span]) -> int:
        while count:
            text, name = self._source[at]
            part = text[self._used : self._used + count]
            spans.append((part, name))
            count -= len(part)
            self._used += len(part)
            if self._used == len(text):
                at += 1
                self._used = 0
        return at


def wrap_spans(spans: Sequence[Span], columns: int) -> list[MarkdownLine]:
    """Return a whole styled text as lines; the empty text is one empty line."""
    wrapper = StyledWrapper(columns)
    return [*wrapper.feed(spans), *wrapper.close()]


def cut(spans: Iterable[Span], columns: int, at: int = 0) -> list[MarkdownLine]:
    """Cut one line of text hard, at grapheme borders; nothing is swallowed, a TAB goes on to the next stop.

    Args:
        spans: without LF.
        columns: of a line, at least 1.
        at: the column in which the first line begins; a line that is full already comes out empty.
    """
    lines: list[list[Span]] = [[]]
    for whole, name in _tabs_out(spans, at):
        text = whole
        while text:
            if at >= columns:
                lines.append([])
                at = 0
            part = clip(text, columns - at)
            shown = part
            if not part:  # no grapheme fits any more, or none ever would
                if at:
                    at = columns
                    continue
                part, shown = graphemes(text[:64])[0], TOO_WIDE
            lines[-1].append((shown, name))
            at += width(shown)
            text = text[len(part) :]
    return [line_of(line) for line in lines]


def _tabs_out(spans: Iterable[Span], at: int) -> Iterable[Span]:
    """Tab stops are those of the text, not of the lines it is cut into."""
    for text, name in spans:
        if "\t" not in text:
            yield text, name
            at += width(text)
            continue
        for part in re.split("(\t)", text):
            shown = " " * (TAB_COLUMNS - at % TAB_COLUMNS) if part == "\t" else part
            at += width(shown)
            yield shown, name


def _narrow(text: str) -> str:
    """Where a line is one column wide, `Wrapper` has a stand-in for wide characters: put it there beforehand."""
    if text.isascii():
        return text
    return "".join([TOO_WIDE if width(grapheme) > 1 else grapheme for grapheme in graphemes(text)])
