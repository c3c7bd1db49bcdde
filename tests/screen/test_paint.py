"""What pushes lines up at the end of a region shows what a whole paint would, whatever stands above and around it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chatd.screen.frame import Frame, Line, line_of
from chatd.screen.paint import Region, at_once, enter, paint, place_cursor, push_up, repaint_line
from chatd.screen.style import Colours
from chatd.testing.screen import Screen

COLUMNS = 12
TEXTS = st.sampled_from(
    ["a", "hello", "世界", "e\u0301", "👩\u200d👩\u200d👧", "a longer line", " ", "x  y", "⚠\ufe0f!"]
)
LINES = st.builds(
    lambda text, style: line_of([(text, style)], COLUMNS), TEXTS, st.sampled_from(["", "bold", "fg:3"])
) | st.just(())  # fmt: skip


def cells(*paints: bytes, rows: int) -> list[object]:
    screen = Screen(COLUMNS, rows)
    screen.feed(enter() + b"".join(paints))
    return [screen.cell(x, y) for y in range(rows) for x in range(COLUMNS)]


def frame_of(lines: list[Line]) -> Frame:
    frame = Frame(COLUMNS, len(lines))
    frame.lines = list(lines)
    return frame


@given(
    over=st.lists(LINES, max_size=2), under=st.lists(LINES, max_size=2), stays=st.lists(LINES, max_size=6),
    old=st.lists(LINES, max_size=5), new=st.lists(LINES, max_size=5), more=st.integers(0, 3),
)  # fmt: skip
def test_it_is_what_a_whole_paint_shows(
    over: list[Line], under: list[Line], stays: list[Line], old: list[Line], new: list[Line], more: int
) -> None:
    new = new + [()] * max(0, len(old) - len(new))
    region = Region(len(over), max(1, len(new), len(stays) + len(old) + more), COLUMNS)
    above = ([()] * region.rows + stays)[len(stays) + len(old) :] if len(old) <= region.rows else []
    before = [*over, *above, *old, *under]
    kept = [*above, *old][len(new) - len(old) : region.rows - len(old)] if len(new) < region.rows else []
    after = [*over, *kept, *new, *under]
    assert len(before) == len(after)
    first = paint(None, frame_of(before), Colours.TRUE)
    pushed = at_once(push_up(old, new, region, Colours.TRUE) + place_cursor(0, 0))
    assert cells(first, pushed, rows=len(before)) == cells(paint(None, frame_of(after), Colours.TRUE), rows=len(after))


@given(old=LINES, new=LINES)
def test_a_line_is_repainted(old: Line, new: Line) -> None:
    first = paint(None, frame_of([old]), Colours.TRUE)
    again = repaint_line(old, new, 0, COLUMNS, Colours.TRUE)
    assert cells(first, again, rows=1) == cells(paint(None, frame_of([new]), Colours.TRUE), rows=1)
    assert bool(again) == (old != new)
