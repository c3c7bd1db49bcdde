"""A message that has been shown is found in the bytes, whatever stood in its cells before."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chatd.screen.frame import Frame
from chatd.screen.paint import paint
from chatd.screen.style import Colours
from tests.bench.marks import LAST, LETTERS, SIZE, WIDTH, Deliveries, found, last, mark, message

ROWS = 24


def screen(newest: int, column: int) -> Frame:
    """The newest messages, the last of them at the bottom, behind a name."""
    frame = Frame(80, ROWS)
    for y in range(ROWS):
        number = newest - ROWS + 1 + y
        if number >= 0:
            frame.put(y, [("x" * column, ""), (message(mark(number), number)[: 80 - column], "")])
    return frame


@given(st.integers(0, 1000), st.integers(1, ROWS), st.integers(0, 20), st.integers(0, 20))
def test_each_message_that_comes_onto_a_screen_is_found_in_what_the_screen_is_sent(
    newest: int, more: int, before: int, after: int
) -> None:
    """Also when it scrolls, and when names of other lengths move it to other columns."""
    data = paint(screen(newest, before), screen(newest + more, after), Colours.TRUE)
    assert {mark(number) for number in range(newest + 1, newest + more + 1)} <= set(found(data))


@given(st.integers(0, 10**6), st.integers(1, len(LETTERS) - 1))
def test_two_marks_that_can_meet_differ_in_every_cell(number: int, apart: int) -> None:
    assert not set(mark(number)) & set(mark(number + apart))


def test_marks_that_are_waited_for_are_no_others() -> None:
    assert not set(LAST) & set(LETTERS)
    assert len({last(number) for number in range(len(LAST))}) == len(LAST)


@given(st.integers(0, 999_999))
def test_a_message_has_its_size_and_its_mark_once(number: int) -> None:
    data = message(mark(number), number).encode()
    assert len(data) == SIZE
    assert list(found(data)) == [mark(number)]


def test_a_part_of_a_mark_is_none() -> None:
    assert list(found(mark(3)[: WIDTH - 1].encode())) == []


def test_a_delivery_counts_once_for_each_viewer() -> None:
    deliveries = Deliveries()
    deliveries.send(mark(1), 1, 10.0)
    data = mark(1).encode()
    deliveries.read(0, data, 10.5)
    deliveries.read(0, data, 11.0)  # painted anew
    deliveries.read(1, data + mark(2).encode(), 12.0)  # nobody has sent the other
    deliveries.send(mark(3), 3, 12.0, by=1)
    deliveries.read(1, mark(3).encode(), 12.5)  # its author
    assert deliveries.took == [0.5, 2.0]
    assert deliveries.seen(1) == 2 and deliveries.seen(2) == 0
