"""What a view shows: pieces of the things of a room, from the top to the bottom. A thing's place is its key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chatd.screen.block import Block
from chatd.screen.frame import Line

Key = tuple[int, int]
"""The row's seq, and the rank: what stands before the row, the row itself, then each note behind it."""

BEFORE, ROW, FIRST_NOTE = 0, 1, 2

PENDING = 1 << 62
"""The seq of what stands below the newest row while a view follows."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Lines of a thing that are on the screen: from `first` to `last`."""

    key: Key
    block: Block
    first: int
    last: int

    def lines(self) -> list[Line]:
        """Those lines."""
        return self.block.lines(self.first, self.last)


def top_of(pieces: Sequence[Piece]) -> tuple[Key, int] | None:
    """The first line of these: which thing's, and which of its lines; None when there is none of a row's."""
    return next(((piece.key, piece.first) for piece in pieces if piece.key[0] < PENDING), None)


def seen_of(pieces: Sequence[Piece]) -> int:
    """The highest seq of the rows among these, 0 when there are none."""
    return max((piece.key[0] for piece in pieces if piece.key[0] < PENDING), default=0)


@dataclass(frozen=True, slots=True)
class Composition:
    """What a view shows: pieces from the top to the bottom, which is the screen's when it `follows`."""

    pieces: tuple[Piece, ...]
    follows: bool
    complete: bool
    """Whether everything was at hand."""

    def lines(self, rows: int) -> list[Line]:
        """As many lines as the view has rows."""
        shown: list[Line] = [line for piece in self.pieces for line in piece.lines()]
        blank: list[Line] = [()] * (rows - len(shown))
        return blank + shown if self.follows else shown + blank


def height_of(pieces: Sequence[Piece]) -> int:
    """How many lines these have."""
    return sum([piece.last - piece.first + 1 for piece in pieces])
