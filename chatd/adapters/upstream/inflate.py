"""Bodies that come compressed although `identity` was asked for: unpacked in small pieces, whatever they unpack to."""

from __future__ import annotations

import zlib

from chatd.errors import ProtocolFailure

PIECE = 64 * 1024
"""Bytes unpacked at a time: a bomb costs no more memory than this before the limits on the answer stop it."""

_ANY_HEADER = zlib.MAX_WBITS | 32
_NO_HEADER = -zlib.MAX_WBITS


class Inflate:
    """Unpacks gzip, and deflate with or without its header."""

    def __init__(self, encoding: str) -> None:
        """Raises ProtocolFailure for an encoding that we do not know."""
        if encoding not in {"gzip", "x-gzip", "deflate"}:
            raise ProtocolFailure(f"the answer is packed as {encoding!r} though it was asked for plain")
        self._raw_is_possible = encoding == "deflate"
        self._unpacker = zlib.decompressobj(_ANY_HEADER)
        self._waiting = b""

    @property
    def waiting(self) -> bool:
        """Whether there is more to take before more is fed."""
        return bool(self._waiting)

    def feed(self, data: bytes) -> None:
        """Give packed bytes, once nothing is waiting."""
        assert not self._waiting
        self._waiting = data

    def take(self) -> bytes:
        """At most `PIECE` unpacked bytes; perhaps none. Raises ProtocolFailure for bytes that are damaged."""
        if self._unpacker.eof:  # zeros may pad the end; or another member follows, as `cat a.gz b.gz` makes
            self._waiting = self._waiting.lstrip(b"\0")
            if not self._waiting:
                return b""
            self._unpacker = zlib.decompressobj(_ANY_HEADER)
        try:
            piece = self._unpacker.decompress(self._waiting, PIECE)
        except zlib.error as error:
            if not self._raw_is_possible:
                raise ProtocolFailure(f"the packed answer is damaged: {error}") from None
            self._raw_is_possible = False
            self._unpacker = zlib.decompressobj(_NO_HEADER)
            return self.take()
        self._raw_is_possible = False
        self._waiting = self._unpacker.unused_data if self._unpacker.eof else self._unpacker.unconsumed_tail
        return piece
