"""What a screen shows: lines of styled text, and the cursor.

Every text passes `core.sanitize` on its way in and styles become SGR in `screen.style` alone, so no script can smuggle
a byte to a terminal. The bytes that turn one frame into another are `screen/paint.py`'s.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import groupby

from chatd.core.sanitize import sanitize_line
from chatd.screen.widths import MAX_GRAPHEME, graphemes, width

Span = tuple[str, str]
"""A text and its style, "" for none."""

Line = tuple[Span, ...]
"""Normalised: safe texts that fit, neighbours differ in style, no plain blanks at the end but where it flows on."""

_KNOWN_LINES = 512
"""Cached lines: what is put next was mostly put before."""


class Frame:
    """One screen: `rows` lines of `columns` columns, all blank at first, and the cursor at the top left.

    Args:
        columns, rows: at least 1 each (ValueError).
    """

    __slots__ = ("columns", "flowing", "lines", "position", "rows")

    def __init__(self, columns: int, rows: int) -> None:
        if columns < 1 or rows < 1:
            raise ValueError(f"a frame of {columns}x{rows} has no cell")
        self.columns = columns
        self.rows = rows
        self.lines: list[Line] = [()] * rows
        self.flowing: set[int] = set()
        self.position = (0, 0)

    def put(self, y: int, spans: Sequence[Span], *, flows: bool = False) -> None:
        """Replace line `y` (0 at the top; no such line: nothing happens) by `spans`, cut off at the right edge.

        One that `flows` goes on in the next, as a line too long does that a terminal wraps. It has to be full.
        """
        if 0 <= y < self.rows:
            self.lines[y] = line_of(spans, self.columns, flows=flows)
            (self.flowing.add if flows else self.flowing.discard)(y)

    def cursor(self, x: int, y: int) -> None:
        """Set the cursor to column `x` of line `y`, or to the nearest cell there is."""
        self.position = (max(0, min(x, self.columns - 1)), max(0, min(y, self.rows - 1)))


def line_of(spans: Sequence[Span], columns: int, *, flows: bool = False) -> Line:
    """Return the line that these spans make in so many columns; one that `flows` keeps its blanks at the end."""
    seen = columns * MAX_GRAPHEME  # what is beyond is not looked at, however long a text a script puts
    return _normalise(tuple([(text[:seen], style) for text, style in spans]), columns, keep_blanks=flows)


@lru_cache(maxsize=_KNOWN_LINES)
def _normalise(spans: tuple[Span, ...], columns: int, *, keep_blanks: bool) -> Line:
    safe = [(sanitize_line(text), " ".join(style.split())) for text, style in spans]
    pieces = _fit_ascii(safe, columns) if all(text.isascii() for text, _ in safe) else _fit(safe, columns)
    line: list[Span] = []
    for style, group in groupby(pieces, key=lambda span: span[1]):
        line.append(("".join([text for text, _ in group]), style))
    while line and not line[-1][1] and not keep_blanks:
        text = line.pop()[0].rstrip(" ")
        if text:
            line.append((text, ""))
            break
    return tuple(line)


def _fit_ascii(spans: Sequence[Span], columns: int) -> Iterator[Span]:
    for text, style in spans:
        if text and columns > 0:
            yield text[:columns], style
            columns -= len(text)


def _fit(spans: Sequence[Span], columns: int) -> Iterator[Span]:
    """Cut spans off at the right edge. A grapheme that lies in several has the style of its first character."""
    ends = []
    end = 0
    for text, _ in spans:
        end += len(text)
        ends.append(end)
    at = used = index = 0
    for grapheme in graphemes("".join([text for text, _ in spans])):
        while at >= ends[index]:
            index += 1
        at += len(grapheme)
        wide = width(grapheme)
        if used + wide > columns:
            return
        if used + wide:  # nothing to stand on for a leading one without width
            yield grapheme, spans[index][1]
        used += wide
