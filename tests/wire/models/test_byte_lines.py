"""Lines of bytes: only the ends that count, whatever the pieces; every byte is looked at once."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.wire.models.byte_lines import ByteLines
from chatd.wire.models.frames import TooLong
from tests.wire.models.streams import cut

streams = st.lists(
    st.sampled_from([b"\n", b"\r", b"\r\n", b"a", b"bc", b"\xef\xbb\xbf", b"\x0b", b"\x0c"])
    | st.sampled_from(["\u2028", "\x85", "🌍"]).map(str.encode),
    max_size=20,
).map(b"".join)


MARK = b"\xef\xbb\xbf"


def split(pieces: list[bytes], *, lone_cr: bool, limit: int = 1000) -> list[bytes]:
    lines = ByteLines(limit, lone_cr=lone_cr)
    return [line for piece in pieces for line in lines.feed(piece)] + [*lines.end()]


def reference(data: bytes, *, lone_cr: bool) -> list[bytes]:
    lines = re.split(rb"\r\n|\r|\n" if lone_cr else rb"\n", data)
    if not lines[-1] or data == MARK:
        lines.pop()
    if lines:
        lines[0] = lines[0].removeprefix(MARK)
    return lines if lone_cr else [line.removesuffix(b"\r") for line in lines]


@given(streams, st.lists(st.integers(0, 100), max_size=8), st.booleans())
def test_however_bytes_are_cut_the_lines_are_those_of_the_whole(data: bytes, cuts: list[int], lone_cr: bool) -> None:
    assert split(cut(data, cuts), lone_cr=lone_cr) == reference(data, lone_cr=lone_cr)
    assert split([data[at : at + 1] for at in range(len(data))], lone_cr=lone_cr) == reference(data, lone_cr=lone_cr)


def test_a_lone_cr_ends_a_line_only_where_told_so() -> None:
    assert split([b"a\rb\r\nc"], lone_cr=False) == [b"a\rb", b"c"]
    assert split([b"a\rb\r\nc"], lone_cr=True) == [b"a", b"b", b"c"]


def test_a_crlf_in_two_pieces_is_one_end() -> None:
    assert split([b"a\r", b"", b"\nb\n"], lone_cr=True) == [b"a", b"b"]


@pytest.mark.parametrize("length", [0, 1, 2, 3])
def test_what_ends_within_its_byte_order_mark_is_empty(length: int) -> None:
    assert split([MARK[:length]], lone_cr=False) == []
    assert split([b"\n" + MARK], lone_cr=False) == [b"", MARK], "later it is text"


@given(st.lists(st.integers(0, 100), max_size=8))
def test_a_line_may_have_its_limit_and_not_a_byte_more(cuts: list[int]) -> None:
    assert split(cut(b"x" * 16 + b"\ny\n", cuts), lone_cr=False, limit=16) == [b"x" * 16, b"y"]
    got: list[bytes] = []

    def read() -> None:
        lines = ByteLines(16)
        for piece in cut(b"first\n" + b"x" * 17, cuts):
            got.extend(lines.feed(piece))

    with pytest.raises(TooLong, match="a line is over the limit of 16 bytes"):
        read()
    assert got == [b"first"]


class Counted(bytearray):
    """Counts the bytes copied into and out of it."""

    copied = 0

    def __iadd__(self, other: object) -> Counted:
        assert isinstance(other, bytes)
        self.copied += len(other)
        super().__iadd__(other)
        return self

    def __bytes__(self) -> bytes:
        self.copied += len(self)
        return bytes(memoryview(self))


class CountedEnds:
    """Counts the bytes looked at."""

    looked = 0

    def finditer(self, data: bytes, at: int) -> list[re.Match[bytes]]:
        self.looked += len(data) - at
        return list(re.finditer(rb"\n", data))


@pytest.mark.parametrize("size", [1, 7, 4096])
def test_a_long_line_in_small_pieces_costs_what_its_bytes_cost(size: int) -> None:
    """Looked at once and copied twice each: a rest that is searched or copied again would cost a thousandfold."""
    data = b"x" * (1 << 16) + b"\n"
    lines = ByteLines(1 << 20)
    rest, ends = Counted(), CountedEnds()
    lines._rest, lines._ends = rest, ends  # type: ignore[assignment]
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    assert [line for piece in pieces for line in lines.feed(piece)] == [data[:-1]]
    assert ends.looked == len(data)
    assert rest.copied == 2 * (len(data) - 1)
