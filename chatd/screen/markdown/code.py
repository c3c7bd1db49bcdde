"""Code blocks: lines as they are, so that what a terminal's selection copies is the code.

Nothing stands beside a code line, whatever it is in; one that is too long is cut at the edge and goes on in the next.
"""

from __future__ import annotations

from chatd.screen.markdown.classes import CODE_BLOCK, CONTINUED
from chatd.screen.markdown.highlight import MAX_LINE, Highlighter
from chatd.screen.markdown.styled import MarkdownLine, Span, cut, width_of

MAX_PEEK = 160
"""Code points coloured of a line that is still being written: they are lexed anew at each piece."""


class CodeBlock:
    """The lines of one block.

    Args:
        columns: of a line.
        highlighter: for the block.
    """

    def __init__(self, columns: int, highlighter: Highlighter) -> None:
        self._columns = columns
        self._highlighter = highlighter
        self._line = ""  # the line that is being written, at most MAX_LINE of it
        self._begun: MarkdownLine | None = None  # where the line is longer: the last screen line before `_line`

    def feed(self, text: str) -> list[MarkdownLine]:
        """Add to the line that is being written; return the lines that this finished."""
        self._line += text
        done: list[MarkdownLine] = []
        at = 0
        while len(self._line) - at > MAX_LINE:  # too long to be coloured: in parts
            *lines, self._begun = self._cut([(self._line[at : at + MAX_LINE], CODE_BLOCK)])
            done += lines
            at += MAX_LINE
        self._line = self._line[at:]
        return done

    def end_line(self) -> list[MarkdownLine]:
        """Finish the line that is being written; return its lines."""
        plain = [(self._line, CODE_BLOCK)] if self._line else []
        lines = self._cut(self._highlighter.line(self._line) if self._begun is None else plain)
        self._line, self._begun = "", None
        return lines

    def view(self) -> list[MarkdownLine]:
        """Return the lines of the line that is being written."""
        if not self._line and self._begun is None:
            return []
        spans: list[Span] = [(self._line, CODE_BLOCK)]
        if self._begun is None:
            head, rest = self._line[:MAX_PEEK], self._line[MAX_PEEK:]
            spans = [*self._highlighter.peek(head), (rest, CODE_BLOCK)]
        return self._cut(spans)

    def _cut(self, spans: list[Span]) -> list[MarkdownLine]:
        """Cut spans into lines that go on from `_begun`, and mark those that are no line's first."""
        begun = self._begun or ()
        first, *rest = cut(spans, self._columns, width_of(begun))
        lines = [_joined(begun, first)]
        for line in rest:
            text, name = line[0]
            lines.append(((text, f"{name} {CONTINUED}"), *line[1:]))
        return lines


def _joined(left: MarkdownLine, right: MarkdownLine) -> MarkdownLine:
    """The end of a line too long and what goes on in it: both plain, the left one perhaps marked."""
    if not left or not right:
        return left or right
    return (*left[:-1], (left[-1][0] + right[0][0], left[-1][1]), *right[1:])
