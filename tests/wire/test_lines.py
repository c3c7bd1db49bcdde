"""Input lines: however the bytes are cut, the lines are the same."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.wire.lines import InputLine, LineSplitter, LongLine, NoText

anything = (
    st.binary(max_size=60)
    | st.text(max_size=30).map(str.encode)
    | st.text(max_size=30).map(lambda t: t.encode("utf-16"))
)


@given(anything, st.lists(st.integers(0, 60), max_size=6))
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


def test_what_is_no_text_is_no_line() -> None:
    assert LineSplitter(100).feed(b"a\xffb\nnext\n") == [NoText(), InputLine("next")]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_byte_order_mark_goes(encoding: str) -> None:
    mark = "\ufeff" if encoding[-3:] in {"-le", "-be"} else ""
    data = (mark + "今天\n\U0001f600 天气\r\nend").encode(encoding)
    whole = LineSplitter(100)
    assert whole.feed(data) + whole.finish() == [InputLine("今天"), InputLine("\U0001f600 天气"), InputLine("end")]
    bytewise = LineSplitter(100)
    lines = [line for i in range(len(data)) for line in bytewise.feed(data[i : i + 1])]
    assert lines + bytewise.finish() == [InputLine("今天"), InputLine("\U0001f600 天气"), InputLine("end")]


def test_the_beginning_of_a_mark_alone_is_no_text() -> None:
    splitter = LineSplitter(100)
    assert splitter.feed(b"\xef\xbb") == []
    assert splitter.finish() == [NoText()]
