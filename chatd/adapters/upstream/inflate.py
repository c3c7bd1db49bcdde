"""Unpacks bodies that servers compress although `identity` was asked for, in pieces of a bounded size."""

from __future__ import annotations

import zlib

from chatd.errors import ProtocolFailure

PIECE = 64 * 1024
"""Bytes unpacked at a time: a decompression bomb takes no more memory before the limits of the answer stop it."""

_ANY_HEADER = zlib.MAX_WBITS | 32
_NO_HEADER = -zlib.MAX_WBITS


class Inflate:
    """An incremental unpacker of gzip, and of deflate with or without the header of zlib."""

    def __init__(self, encoding: str) -> None:
        """Raises ProtocolFailure for an unknown `Content-Encoding`."""
        if encoding not in {"gzip", "x-gzip", "deflate"}:
            raise ProtocolFailure(f"the answer is packed as {encoding!r} though it was asked for plain")
        self._raw_is_possible = encoding == "deflate"
        self._unpacker = zlib.decompressobj(_ANY_HEADER)
        self._waiting = b""

    @property
    def waiting(self) -> bool:
        """Whether `take` must be called before the next `feed`."""
        return bool(self._waiting)

    def feed(self, data: bytes) -> None:
        """Add packed bytes; only when none are `waiting`."""
        assert not self._waiting
        self._waiting = data

    def take(self) -> bytes:
        """Unpack at most `PIECE` bytes; the result may be empty. Raises ProtocolFailure for damaged data."""
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
