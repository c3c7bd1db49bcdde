"""Input lines: however the bytes are cut, the lines are the same."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from chatd.wire.lines import InputLine, LineSplitter, LongLine


@given(st.binary(max_size=60) | st.text(max_size=30).map(str.encode), st.lists(st.integers(0, 60), max_size=6))
def test_any_cut_gives_the_same_lines(data: bytes, cuts: list[int]) -> None:
    whole = LineSplitter(16)
    expected = whole.feed(data) + whole.finish()
    places = sorted({0, len(data), *(min(cut, len(data)) for cut in cuts)})
    splitter = LineSplitter(16)
    lines = [line for a, b in pairwise(places) for line in splitter.feed(data[a:b])]
    assert lines + splitter.finish() == expected


def test_ends_of_lines() -> None:
    splitter = LineSplitter(100)
    assert splitter.feed(b"one\r\ntwo\n\nthree") == [InputLine("one"), InputLine("two"), InputLine("")]
    assert splitter.finish() == [InputLine("three")]
    assert splitter.finish() == []


def test_a_long_line_is_counted_and_the_next_is_whole() -> None:
    splitter = LineSplitter(10)
    assert splitter.feed(b"x" * 5) == []
    assert splitter.feed(b"x" * 50 + b"\nnext\n") == [LongLine(55), InputLine("next")]


def test_invalid_bytes_are_shown_as_such() -> None:
    assert LineSplitter(100).feed(b"a\xffb\n") == [InputLine("a\ufffdb")]
