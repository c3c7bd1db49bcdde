"""Splits bytes into lines, however the bytes are cut, for protocols whose text may hold any character.

Lines are split as bytes and decoded whole, so no character is ever cut. Only LF, CRLF and, where the protocol says so,
a lone CR end a line; other line ends of Unicode (U+2028, U+0085, VT, FF) are text. Every byte is examined once and
copied at most twice, however small the pieces are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from chatd.wire.models.frames import TooLong

_BOM = b"\xef\xbb\xbf"
_CR = b"\r"
_LF = b"\n"
_LF_ENDS = re.compile(rb"\n")
_ANY_ENDS = re.compile(rb"\r\n|\r|\n")


class ByteLines:
    """Splits at LF and CRLF, and at a lone CR if told so; a byte order mark at the start is dropped.

    Args:
        limit: bytes a line may have, a CR before its LF included.
        lone_cr: whether CR alone ends a line too.
    """

    def __init__(self, limit: int, *, lone_cr: bool = False) -> None:
        self._limit = limit
        self._lone_cr = lone_cr
        self._ends = _ANY_ENDS if lone_cr else _LF_ENDS
        self._rest = bytearray()
        self._first = True
        self._after_cr = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The lines that `data` completes, without their ends; use it up. Raises TooLong."""
        at = 0
        if data and self._after_cr:
            at = int(data.startswith(_LF))  # the second half of a CRLF
            self._after_cr = False
        for end in self._ends.finditer(data, at):
            self._keep(data[at : end.start()])
            at = end.end()
            yield self._take()
        self._keep(data[at:])
        if data:
            self._after_cr = self._lone_cr and data.endswith(_CR)

    def end(self) -> Iterator[bytes]:
        """The last line, if it has no line end; a byte order mark alone, or a part of one, is no line."""
        if self._rest and not (self._first and _BOM.startswith(self._rest)):
            yield self._take()

    def _keep(self, piece: bytes) -> None:
        if len(self._rest) + len(piece) > self._limit:
            raise TooLong("a line", self._limit)
        self._rest += piece

    def _take(self) -> bytes:
        line = bytes(self._rest)
        self._rest.clear()
        if self._first:
            self._first = False
            line = line.removeprefix(_BOM)
        return line if self._lone_cr else line.removesuffix(_CR)
