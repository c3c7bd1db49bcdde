"""Server-sent events as specified, and as servers send them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.wire.models.frames import TooLong, WireFrame
from chatd.wire.models.ndjson import NdjsonFrames
from chatd.wire.models.sse import SseFrames
from tests.wire.models.streams import cut

SAMPLE = (
    '\ufeff: hi\r\n\r\ndata: {"x":"a\u2028b\x85🌍"}\r\n\r\n:\n\nevent: e\rdata: 1\rdata: 2\r\rdata:{"y":1}\n\n'
    'id: 4\nretry: 20\nwhat: ever\ndata\n\nerror: {"m":1}\n\ndata:  two blanks\n\ndata: [DONE]'
)
FRAMES = [
    WireFrame('{"x":"a\u2028b\x85🌍"}'),
    WireFrame("1\n2", "e"),
    WireFrame('{"y":1}'),
    WireFrame(""),
    WireFrame('{"m":1}', "error"),
    WireFrame(" two blanks"),
    WireFrame("[DONE]"),
]


def frames(*pieces: bytes, line: int = 1000, event: int = 1000) -> list[WireFrame]:
    framer = SseFrames(line, event)
    return [frame for piece in pieces for frame in framer.feed(piece)] + [*framer.end()]


@given(st.lists(st.integers(0, 300), max_size=12))
def test_however_bytes_are_cut_the_events_are_the_same(cuts: list[int]) -> None:
    assert frames(*cut(SAMPLE.encode(), cuts)) == FRAMES


def test_an_event_without_data_is_none_unless_it_is_an_error() -> None:
    assert frames(b"event: a\n\n\n\nevent: error\n\ndata: 1\n\n") == [WireFrame("", "error"), WireFrame("1")]


def test_at_the_end_of_the_body_an_event_that_had_begun_is_given() -> None:
    assert frames(b"data: 1\n\nevent: a\n") == [WireFrame("1"), WireFrame("", "a")]
    assert frames(b"data: 1\n\n: comment\n") == [WireFrame("1")]


def test_an_event_of_many_lines_is_bounded() -> None:
    assert frames(b"data: 1234\ndata: 789\n\n", event=9) == [WireFrame("1234\n789")]
    with pytest.raises(TooLong, match="an event is over the limit of 8 bytes"):
        frames(b"data: 1234\ndata: 789\n\n", event=8)


def test_the_bound_is_for_each_event() -> None:
    assert len(frames(b"data: 1234567\n\n" * 5, event=8)) == 5


def test_a_line_is_bounded() -> None:
    with pytest.raises(TooLong, match="a line"):
        frames(b"data: " + b"x" * 100, line=50)


def test_invalid_utf_8_is_shown_as_such() -> None:
    assert frames(b"data: a\xff\n\n") == [WireFrame("a\ufffd")]


def test_ndjson_is_lines_that_are_not_blank() -> None:
    framer = NdjsonFrames(100)
    got = [*framer.feed(b"\xef\xbb\xbf1\r\n\r\n  \n2\xff\n3"), *framer.end()]
    assert got == [WireFrame("1"), WireFrame("2\ufffd"), WireFrame("3")]
