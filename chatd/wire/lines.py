"""Splits the bytes of line mode into input lines, however the bytes are cut."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from chatd.core.text import UTF_16_MARKS

_MARKS = (codecs.BOM_UTF8, *UTF_16_MARKS)


@dataclass(frozen=True, slots=True)
class InputLine:
    """One line without its end."""

    text: str


@dataclass(frozen=True, slots=True)
class LongLine:
    """A line over the limit: its size in bytes; the text is not kept."""

    size: int


@dataclass(frozen=True, slots=True)
class NoText:
    """A line that is not UTF-8."""


Line = InputLine | LongLine | NoText


class LineSplitter:
    """Splits at LF and drops the CRs before it; `limit` is the bytes that a line may have.

    A byte order mark at the beginning is dropped; one of UTF-16 makes all bytes after it UTF-16.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._pieces: list[bytes] = []
        self._size = 0
        self._mark: bytes | None = b""  # what may be the beginning of a byte order mark; None once that is known
        self._utf16: codecs.IncrementalDecoder | None = None

    def feed(self, data: bytes) -> list[Line]:
        """The lines that `data` completes."""
        if self._mark is not None:
            data = self._mark + data
            self._mark = data if any(mark.startswith(data) and mark != data for mark in _MARKS) else None
            if self._mark is not None:
                return []
            data = self._without_mark(data)
        return self._split(self._utf16.decode(data).encode() if self._utf16 is not None else data)

    def _without_mark(self, data: bytes) -> bytes:
        if data.startswith(UTF_16_MARKS):
            self._utf16 = codecs.getincrementaldecoder("utf-16")("replace")
            return data
        return data.removeprefix(codecs.BOM_UTF8)

    def _split(self, data: bytes) -> list[Line]:
        lines: list[Line] = []
        *ended, rest = data.split(b"\n")
        for piece in ended:
            self._add(piece)
            lines.append(self._end())
        self._add(rest)
        return lines

    def finish(self) -> list[Line]:
        """The last line, if the input ended without an LF."""
        self._add(self._mark or b"")
        self._mark = None
        return [self._end()] if self._size else []

    def _add(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size <= self._limit:
            self._pieces.append(piece)
        else:
            self._pieces.clear()

    def _end(self) -> Line:
        size, self._size = self._size, 0
        line = b"".join(self._pieces).rstrip(b"\r")
        self._pieces.clear()
        if size > self._limit:
            return LongLine(size)
        try:
            return InputLine(line.decode())
        except UnicodeDecodeError:
            return NoText()
