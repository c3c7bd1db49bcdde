"""Unpacking: any cut of the bytes gives the same text, and never more than a piece at a time."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.adapters.upstream.inflate import PIECE, Inflate
from chatd.errors import ProtocolFailure


def bare(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
}


def unpack(encoding: str, pieces: list[bytes]) -> bytes:
    inflate, out = Inflate(encoding), bytearray()
    for piece in pieces:
        inflate.feed(piece)
        while inflate.waiting:
            taken = inflate.take()
            assert len(taken) <= PIECE
            out += taken
    return bytes(out)


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted({place % (len(data) + 1) for place in places}), len(data)]
    return [data[a:b] for a, b in pairwise(edges) if a < b]


@given(st.binary(max_size=500), st.sampled_from(["gzip", "x-gzip", "deflate"]), st.lists(st.integers(0, 1000)))
@settings(max_examples=60)
def test_every_cut_unpacks_to_the_same(data: bytes, encoding: str, places: list[int]) -> None:
    assert unpack(encoding, cut(PACKERS[encoding](data), places)) == data
    if encoding == "gzip":
        assert unpack(encoding, cut(gzip.compress(data) + gzip.compress(b"more") + bytes(8), places)) == data + b"more"


@given(st.binary(max_size=500))
@settings(max_examples=30)
def test_deflate_without_its_header_is_known(data: bytes) -> None:
    assert unpack("deflate", [bare(data)]) == data


@given(st.binary(min_size=1, max_size=100), st.lists(st.integers(0, 100)))
@settings(max_examples=60)
def test_rubbish_is_a_protocol_failure_and_nothing_worse(data: bytes, places: list[int]) -> None:
    for encoding in ("gzip", "deflate"):
        try:
            unpack(encoding, cut(data, places))
        except ProtocolFailure as failure:
            assert "damaged" in str(failure)  # noqa: PT017 -- either outcome is right, another exception is not


def test_a_bomb_comes_out_in_small_pieces() -> None:
    inflate = Inflate("gzip")
    inflate.feed(gzip.compress(bytes(50 << 20)))
    for _ in range(10):
        assert 0 < len(inflate.take()) <= PIECE
    assert inflate.waiting


def test_other_packings_are_refused() -> None:
    with pytest.raises(ProtocolFailure, match="br"):
        Inflate("br")
