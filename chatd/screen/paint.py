"""The bytes that turn what a terminal shows into something else.

`paint` takes little for granted. It says where each piece goes, so that the last column wraps nothing but a line that
is to flow into the next, which a terminal then selects as one with it; it begins and ends each piece without
attributes, so that erasing paints no background; after a grapheme of disputed width (`widths.is_fragile`) it says anew
where it is and erases to the right, so that a terminal of another opinion draws one character oddly and not the rest of
the line.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from operator import eq, ne

from chatd.screen.frame import Frame, Line
from chatd.screen.style import RESET, Colours, sgr
from chatd.screen.widths import graphemes, is_fragile, width

MIN_SCROLLED_LINES = 3
"""Fewer lines that moved up are written again: a scroll costs some 20 bytes itself."""

_KNOWN_LINES = 512
"""Cached lines as cells, some 6 KiB each: what is painted next was mostly painted before."""

_KNOWN_CHANGES = 1024
"""Cached changes of lines, mostly some hundred bytes each, and 20 KiB of the widest of accents: whoever comes in is
shown the lines that others were, and who looks on the changes that others are."""

_Cell = tuple[str, str]  # grapheme ("" for the right half of a wide one) and style
_BLANK: _Cell = (" ", "")

_CLEAR = RESET + b"\x1b[2J"
_ERASE_RIGHT = b"\x1b[K"
_WHOLE_REGION = b"\x1b[r"
_WRAP = b"\x1b[?7h"
_NO_WRAP = b"\x1b[?7l"
_BEGIN = b"\x1b[?2026h\x1b[?25l"
_END = b"\x1b[?25h\x1b[?2026l"


def enter() -> bytes:
    """Return what a terminal is sent first: alternate screen, bracketed paste, no wrapping at the edge."""
    return b"\x1b[?1049h\x1b[?2004h\x1b[?7l"


def leave() -> bytes:
    """Return what undoes `enter` and anything `paint` may have left."""
    return RESET + _WHOLE_REGION + _END + b"\x1b[?7h\x1b[?2004l\x1b[?1049l"


def paint(old: Frame | None, new: Frame, colours: Colours) -> bytes:
    """Return the bytes that make a terminal that shows `old` show `new`; none when both are the same.

    Without an old frame, or with one of another size, nothing is taken for granted: the terminal is cleared first.
    """
    if old is None or (old.columns, old.rows) != (new.columns, new.rows):
        blank = Frame(new.columns, new.rows)
        return _BEGIN + _CLEAR + _update(blank.lines, blank, new, colours) + _move(*new.position) + _END
    several = sum(map(ne, old.lines, new.lines))
    if several < MIN_SCROLLED_LINES or old.flowing or new.flowing:
        body = _update(old.lines, old, new, colours)
    else:
        body = _scroll_and_repaint(old.lines, new.lines, 0, new.columns, colours)
    if body or old.position != new.position:
        body += _move(*new.position)
    # One line changes in one write; more of them a terminal might show half done.
    return at_once(body) if several > 1 or (body and new.flowing) else body


def at_once(body: bytes) -> bytes:
    """Return a paint that a terminal shows as a whole, with the cursor out of sight until it is done."""
    return _BEGIN + body + _END


def place_cursor(x: int, y: int) -> bytes:
    """Return what moves the cursor to column `x` of line `y`, both from 0."""
    return _move(x, y)


def repaint_line(old: Line, new: Line, y: int, columns: int, colours: Colours) -> bytes:
    """Return what makes line `y`, which shows `old`, show `new`. The cursor is left anywhere."""
    return b"".join([_move(x, y) + body for x, body in _change(old, new, columns, colours)])


@dataclass(frozen=True, slots=True)
class Region:
    """Whole lines of a screen: `rows` of them from line `top` on, of so many `columns`."""

    top: int
    rows: int
    columns: int


def push_up(old: Sequence[Line], new: Sequence[Line], region: Region, colours: Colours) -> bytes:
    """Return what puts `new` in the place of `old`, the last lines of a region.

    There are as many new ones, or more, up to the region's rows: then what stands above moves up, whatever it is, so
    one such paint fits all screens that end with `old`. The cursor is left anywhere.
    """
    by = len(new) - len(old)
    assert 0 <= by <= region.rows - len(old), f"{len(new)} lines after {len(old)} of {region.rows}"
    bottom = region.top + region.rows
    scroll = b""
    if by and region.rows == 1:  # no terminal scrolls a single line
        scroll = _move(0, region.top) + _ERASE_RIGHT
    elif by:
        scroll = _scroll_block(region.top, bottom - 1, by)
    shown = [*old, *[()] * by]
    return scroll + _scroll_and_repaint(shown, new, bottom - len(new), region.columns, colours)


def _scroll_and_repaint(old: Sequence[Line], new: Sequence[Line], top: int, columns: int, colours: Colours) -> bytes:
    """Return what changes the lines from `top` on, where those that have moved up together are moved, not written."""
    shown = list(old)
    out: list[bytes] = []
    if sum(map(ne, old, new)) >= MIN_SCROLLED_LINES and (moved := _moved_up(shown, new)):
        first, last, by = moved
        shown[first : last + 1] = shown[first + by : last + 1] + [()] * by
        out.append(_scroll_block(top + first, top + last, by))
    for y, (before, after) in enumerate(zip(shown, new, strict=True), top):
        if before != after:
            out.append(repaint_line(before, after, y, columns, colours))
    return b"".join(out)


def _update(shown: Sequence[Line], old: Frame, new: Frame, colours: Colours) -> bytes:
    """Return what changes lines that are `shown`, of a frame that was `old`, into those of `new`."""
    out: list[bytes] = []
    joints = _joints(new)
    # A terminal remembers which lines flow on until they are erased.
    anew = {y for joint in joints ^ _joints(old) for y in (joint, joint + 1)}
    y = 0
    while y < new.rows:
        first = y
        while y in joints:
            y += 1
        y += 1
        changed = [at for at in range(first, y) if at in anew or new.lines[at] != shown[at]]
        if changed and (changed[0] in anew or y - first > 1):
            out += _write_flowing(new, range(first, y), colours)
        elif changed:
            out.append(repaint_line(shown[first], new.lines[first], first, new.columns, colours))
    return b"".join(out)


def _joints(frame: Frame) -> AbstractSet[int]:
    """Return the lines that can be written as one with the next: full ones, of characters of undisputed width."""
    joints = set()
    for y in frame.flowing:
        if y + 1 == frame.rows or not frame.lines[y + 1]:
            continue
        line, following = _cells(frame.lines[y], 0), _cells(frame.lines[y + 1], 0)
        left = frame.columns - len(line)
        full = not left or (left == 1 and following[1:2] and not following[1][0])  # a wide one does not fit
        if full and not any(is_fragile(text) for text, _ in (*line, *following)):
            joints.add(y)
    return joints


def _write_flowing(new: Frame, ys: range, colours: Colours) -> Iterator[bytes]:
    """Write lines as one, and let the terminal wrap it."""
    for y in ys:
        yield _move(0, y) + _ERASE_RIGHT
    if len(ys) == 1:
        yield repaint_line((), new.lines[ys[0]], ys[0], new.columns, colours)
        return
    yield _move(0, ys[0]) + _WRAP
    for y in ys:
        yield from _write(_cells(new.lines[y], 0), colours)
    yield _NO_WRAP


@lru_cache(_KNOWN_LINES)
def _cells(line: Line, columns: int) -> tuple[_Cell, ...]:
    """Return a normalised line as one cell for each of its columns, at least `columns`."""
    cells: list[_Cell] = []
    for text, style in line:
        if text.isascii():
            cells += [(char, style) for char in text]
            continue
        for grapheme in graphemes(text):
            wide = width(grapheme)
            if wide:
                cells.append((grapheme, style))
                cells += [("", style)] * (wide - 1)
            elif cells:  # it is drawn over the one before it
                lead = len(cells) - 1
                while not cells[lead][0]:
                    lead -= 1
                cells[lead] = (cells[lead][0] + grapheme, cells[lead][1])
    return (*cells, *[_BLANK] * (columns - len(cells)))


@lru_cache(_KNOWN_CHANGES)
def _change(before: Line, after: Line, columns: int, colours: Colours) -> Sequence[tuple[int, bytes]]:
    """Return how a line changes: from which columns on what is new, and that the rest is blank when it is."""
    old, new = _cells(before, columns), _cells(after, columns)
    if old == new:  # they differ in blanks at the end
        return ()
    start, stop = _difference(old, new)
    end = len(new)
    while end > start and new[end - 1] == _BLANK:
        end -= 1
    if any(is_fragile(text) for text, _ in (*old[start:stop], *new[start:stop])):
        return tuple(_write_fragile(new, start, end, colours))
    body = b"".join(_write(new[start : min(stop, end)], colours))
    return ((start, body + _ERASE_RIGHT if end < stop else body),)


def _write_fragile(
    cells: Sequence[_Cell], start: int, end: int, colours: Colours
) -> Iterator[tuple[int, bytes]]:  # fmt: skip
    """Write the cells from `start` to `end`, each piece from a column on; nothing on the right is as we think it is."""
    for at in range(start, end):
        if is_fragile(cells[at][0]):
            after = at + 1
            while after < len(cells) and not cells[after][0]:
                after += 1
            yield start, _ERASE_RIGHT + b"".join(_write(cells[start:after], colours))
            start = after
    if start < len(cells):  # behind the last column there is no place to go to
        yield start, _ERASE_RIGHT + b"".join(_write(cells[start:end], colours))


def _difference(old: Sequence[_Cell], new: Sequence[_Cell]) -> tuple[int, int]:
    """Return the columns, from and to, between which two lines differ, widened to whole graphemes of both."""
    start, stop = 0, len(new)
    while start < stop and old[start] == new[start]:
        start += 1
    while stop > start and old[stop - 1] == new[stop - 1]:
        stop -= 1
    while start > 0 and not (old[start][0] and new[start][0]):
        start -= 1
    while stop < len(new) and not (old[stop][0] and new[stop][0]):
        stop += 1
    return start, stop


def _write(cells: Sequence[_Cell], colours: Colours) -> Iterator[bytes]:
    for style, group in groupby(cells, key=lambda cell: cell[1]):
        text = "".join([text for text, _ in group]).encode()
        on = sgr(style, colours)
        yield on + text + RESET if on else text


def _move(x: int, y: int) -> bytes:
    return b"\x1b[%d;%dH" % (y + 1, x + 1)


def _moved_up(old: Sequence[Line], new: Sequence[Line]) -> tuple[int, int, int] | None:
    """Find lines that moved up together: the first and last row of the block they move in, and by how many rows."""
    where = {line: y for y, line in enumerate(old) if line}
    moves = [(y, where[line] - y) for y, line in enumerate(new) if line in where and old[y] != line]
    votes = Counter(by for _, by in moves if by > 0)
    if not votes:
        return None
    by = votes.most_common(1)[0][0]
    rows = [y for y, its in moves if its == by]
    top, bottom = rows[0], rows[-1] + by
    scrolled = [*old[top + by : bottom + 1], *[()] * by]
    block = slice(top, bottom + 1)
    saved = sum(map(eq, new[block], scrolled)) - sum(map(eq, new[block], old[block]))
    return (top, bottom, by) if saved >= MIN_SCROLLED_LINES else None


def _scroll_block(top: int, bottom: int, by: int) -> bytes:
    """Return what moves the rows from `top` to `bottom` up, by what every terminal knows: LF at the bottom."""
    return b"\x1b[%d;%dr" % (top + 1, bottom + 1) + _move(0, bottom) + b"\n" * by + _WHOLE_REGION
