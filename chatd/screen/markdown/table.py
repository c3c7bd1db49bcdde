"""Tables: columns as wide as they need to be, narrower where the screen is, row by row where it is too narrow.

The first rows decide how wide the columns are; while they come the table may be laid out anew. Later rows are added
below and wrap within their cells, so that a long table costs linear work and stands still.
"""

from __future__ import annotations

import re

from chatd.screen.markdown.inline import parse_all
from chatd.screen.markdown.styled import MarkdownLine, Span, line_of, stripped, width_of, wrap_spans
from chatd.screen.widths import width

MAX_COLUMNS = 32
"""A header with more of them is text: no screen shows such a table."""

MEASURED_ROWS = 40
"""Rows that decide about the columns: about a screen of them. Each may mean to lay out those before it again."""

MIN_CELL = 8
"""Columns that a cell keeps when the table has to shrink: less breaks most words."""

_BETWEEN = " │ "
_PIPE = re.compile(r"(?<!\\)\|")
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)

_Cell = list[Span]


def split_row(row: str) -> list[str]:
    """Return the cells' texts of a row."""
    row = row.strip().removeprefix("|")
    cells = _PIPE.split(row)
    if len(cells) > 1 and not cells[-1].strip():
        cells.pop()
    return [cell.strip().replace("\\|", "|") for cell in cells]


def alignments(delimiters: str) -> list[str]:
    """Return "left", "right" or "centre" for each column of the row below a header."""
    kinds = {(False, True): "right", (True, True): "centre"}
    return [kinds.get((cell[0] == ":", cell[-1] == ":"), "left") for cell in split_row(delimiters) if cell]


class Table:
    """A table that grows by rows.

    Args:
        columns: of a line.
        first, rest: what the first line and the others begin with.
        header: its cells' texts.
        aligned: as many alignments.
    """

    def __init__(
        self, columns: int, first: MarkdownLine, rest: MarkdownLine, header: list[str], aligned: list[str]
    ) -> None:
        self._columns = max(1, columns - max(width_of(first), width_of(rest)))
        self._first = first
        self._rest = rest
        self._header = [_cell(text, "table.header") for text in header]
        self._aligned = aligned
        self._measured = False  # the widths stay as they are
        self._natural = [_natural(cell) for cell in self._header]
        self._widths = self._fit()
        self._rows: list[list[_Cell]] = []  # those that still decide about the widths
        self._lines: list[MarkdownLine] = []  # not finished; empty: to be laid out (again)

    def add(self, row: str) -> list[MarkdownLine]:
        """Add a row; return the lines that this finished."""
        texts = split_row(row)
        last = len(self._header) - 1
        if len(texts) > last + 1:
            texts[last:] = [" | ".join(texts[last:])]
        cells = [_cell(text) for text in texts] + [[] for _ in range(last + 1 - len(texts))]
        if self._measured:
            return self._dress(self._row(cells))
        self._rows.append(cells)
        self._natural = [max(most, _natural(cell)) for most, cell in zip(self._natural, cells, strict=True)]
        widths = self._fit()
        if widths != self._widths or len(self._rows) == 1:
            self._widths = widths
            self._lines = []
        elif self._lines:
            self._lines += self._row(cells)
        if len(self._rows) < MEASURED_ROWS:
            return []
        lines = self.close()
        self._measured = True
        return lines

    def view(self) -> list[MarkdownLine]:
        """Return the lines that are not finished."""
        if not self._lines and not self._measured:
            self._lines = self._head() + [line for each in self._rows for line in self._row(each)]
        return self._dress(self._lines)

    def close(self) -> list[MarkdownLine]:
        """Return the lines that were not finished."""
        lines = self.view()
        self._lines = []
        self._first = self._rest
        return lines

    def _dress(self, lines: list[MarkdownLine]) -> list[MarkdownLine]:
        starts = [self._first] + [self._rest] * len(lines)
        return [stripped(line_of((*start, *line))) for start, line in zip(starts, lines, strict=False)]

    def _fit(self) -> list[int] | None:
        """Return the columns' widths: those that are narrow get what they need, the others share what is left."""
        count = len(self._natural)
        room = self._columns - len(_BETWEEN) * (count - 1)
        if sum(self._natural) <= room:
            return list(self._natural)
        widths = list(self._natural)
        for done, index in enumerate(sorted(range(count), key=self._natural.__getitem__)):
            widths[index] = min(self._natural[index], room // (count - done))
            if widths[index] < min(self._natural[index], MIN_CELL):
                return None
            room -= widths[index]
        return widths

    def _head(self) -> list[MarkdownLine]:
        if self._widths is None:  # said in every row; by itself only while there is none
            return [] if self._rows else [line for cell in self._header for line in wrap_spans(cell, self._columns)]
        rule = _BETWEEN.replace(" ", "─").replace("│", "┼").join(["─" * columns for columns in self._widths])
        return [*self._row(self._header), ((rule, "table.border"),)]

    def _row(self, cells: list[_Cell]) -> list[MarkdownLine]:
        if self._widths is None:
            return self._listed(cells)
        columns = [wrap_spans(cell, width) for cell, width in zip(cells, self._widths, strict=True)]
        lines = []
        for at in range(max(map(len, columns))):
            spans: list[Span] = []
            for column, wide, aligned in zip(columns, self._widths, self._aligned, strict=True):
                if column is not columns[0]:
                    spans.append((_BETWEEN, "table.border"))
                spans += _aligned(column[at] if at < len(column) else (), wide, aligned)
            lines.append(stripped(line_of(spans)))
        return lines

    def _listed(self, cells: list[_Cell]) -> list[MarkdownLine]:
        lines: list[MarkdownLine] = [()] if self._measured or cells is not self._rows[0] else []
        for name, cell in zip(self._header, cells, strict=True):
            lines += wrap_spans([*name, (": ", "table.header"), *cell] if name else cell, self._columns)
        return lines


def _cell(text: str, base: str = "") -> _Cell:
    return parse_all(_BREAK.sub("\n", text), base)


def _natural(cell: _Cell) -> int:
    """Return the columns that a cell takes when it is not wrapped, at least one."""
    return max(1, *[width(line) for line in "".join([text for text, _ in cell]).split("\n")])


def _aligned(line: MarkdownLine, columns: int, aligned: str) -> list[Span]:
    free = columns - width_of(line)
    left = {"left": 0, "right": free, "centre": free // 2}[aligned]
    return [(" " * left, ""), *line, (" " * (free - left), "")]
