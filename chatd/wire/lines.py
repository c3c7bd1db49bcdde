"""Input lines out of bytes that arrive in any pieces (line mode)."""

from __future__ import annotations

import codecs
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class InputLine:
    """One line without its end."""

    text: str


@dataclass(frozen=True, slots=True)
class LongLine:
    """A line over the limit: its size in bytes; the text is not kept."""

    size: int


class LineSplitter:
    """Splits at LF; CRs before it go. Invalid UTF-8 becomes U+FFFD. `limit` bytes are kept of a line."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._pieces: list[str] = []
        self._size = 0

    def feed(self, data: bytes) -> list[InputLine | LongLine]:
        """The lines that `data` completes."""
        lines: list[InputLine | LongLine] = []
        *ended, rest = data.split(b"\n")
        for piece in ended:
            self._add(piece)
            lines.append(self._end())
        self._add(rest)
        return lines

    def finish(self) -> list[InputLine | LongLine]:
        """What was typed last, without an LF; nothing when there is nothing."""
        return [self._end()] if self._size else []

    def _add(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size <= self._limit:
            self._pieces.append(self._decoder.decode(piece))
        else:
            self._pieces.clear()

    def _end(self) -> InputLine | LongLine:
        size, self._size = self._size, 0
        text = "".join([*self._pieces, self._decoder.decode(b"", final=True)])
        self._pieces.clear()
        self._decoder.reset()
        return LongLine(size) if size > self._limit else InputLine(text.rstrip("\r"))
