"""How rooms stand in views, and how they go on: worked out once for all in whose views a room stands alike.

A standing never changes: a view goes from one to the next. Whoever has the same one before them goes on to the same one
by the same update, so that what is compared, cut and painted for one serves all.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from weakref import WeakValueDictionary

from chatd.screen.composition import FIRST_NOTE, Key, Piece, height_of, seen_of, top_of
from chatd.tasks.screens.room_ends import RoomEnd, RoomEnds

MAX_STEPS = 128
"""Steps kept, each with the drawings of two screens: those of a moment are of use until all have taken them."""


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Standing:
    """Pieces in a view of so many rows, from the top to the bottom; of their things, those that move with the time."""

    pieces: tuple[Piece, ...] = ()
    follows: bool = True
    """Whether it stands at the bottom."""
    rows: int = 0
    moving: frozenset[Key] = frozenset()
    shared: bool = False
    """Whether all in whose views these stand have this very one: not where there are notes to one person."""

    @property
    def height(self) -> int:
        """How many lines the pieces have."""
        return height_of(self.pieces)


EMPTY = Standing()


class Update:
    """How a view is otherwise than before: pieces `new` stand where `old` were, at the bottom."""

    __slots__ = ("_hash", "new", "old")

    def __init__(self, old: tuple[Piece, ...] = (), new: tuple[Piece, ...] = ()) -> None:
        self.old = old
        self.new = new
        self._hash = hash((old, new))  # it is looked up for each screen

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Update) and (self.old, self.new) == (other.old, other.new)


SAME, ANEW = Update(), Update()
"""Nothing is otherwise; or everything is. These two are told apart by which one it is, not by what is in it."""


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """From one standing to the next."""

    update: Update
    standing: Standing
    unfinished: bool
    """Whether something that is new is still being laid out."""
    seen: int
    """The highest seq of what stands there then."""
    top: tuple[Key, int] | None
    """The first line there, but for what is below all rows: which thing's, and which of its lines."""


_Alike = tuple[tuple[Piece, ...], bool, int, frozenset[Key]]


class Standings:
    """Those of all views of a server, the ends of rooms that they go on with, and the steps between them."""

    def __init__(self) -> None:
        self.ends = RoomEnds()
        self._known: WeakValueDictionary[_Alike, Standing] = WeakValueDictionary()
        self._steps: OrderedDict[tuple[Standing, RoomEnd], Step | None] = OrderedDict()

    def standing(self, pieces: tuple[Piece, ...], rows: int, moving: frozenset[Key], *, follows: bool) -> Standing:
        """The one that all have in whose views these stand."""
        if any(piece.key[1] >= FIRST_NOTE for piece in pieces):
            return Standing(pieces, follows, rows, moving)
        key = (pieces, follows, rows, moving)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = Standing(pieces, follows, rows, moving, shared=True)
        return known

    def step(self, standing: Standing, end: RoomEnd) -> Step | None:
        """How a view that follows goes on when its room ends so; None where that leaves lines for what is above."""
        if not (end.shared and standing.shared):
            return self._step(standing, end)
        key = (standing, end)
        if key not in self._steps:
            self._steps[key] = self._step(standing, end)
            if len(self._steps) > MAX_STEPS:
                self._steps.popitem(last=False)
        return self._steps[key]

    def _step(self, standing: Standing, end: RoomEnd) -> Step | None:
        pieces, rows, at = standing.pieces, standing.rows, len(standing.pieces)
        while at > 0 and pieces[at - 1].key >= end.first:
            at -= 1
        old, new = pieces[at:], end.pieces
        height = height_of(new)
        if height < height_of(old):
            return None
        stays = _last(pieces[:at], rows - height)
        moving = standing.moving.intersection(piece.key for piece in stays) | end.moving
        after = self.standing((*stays, *new), rows, moving, follows=True)
        update = SAME if old == new else Update(old, new)
        unfinished = any(piece.block.unfinished for piece in new)
        return Step(update, after, unfinished, seen_of(after.pieces), top_of(after.pieces))


def _last(pieces: tuple[Piece, ...], rows: int) -> tuple[Piece, ...]:
    """Of some pieces the last rows."""
    kept: list[Piece] = []
    for piece in reversed(pieces):
        if rows <= 0:
            break
        first = max(piece.first, piece.last - rows + 1)
        kept.append(piece if first == piece.first else Piece(piece.key, piece.block, first, piece.last))
        rows -= piece.last - first + 1
    return tuple(reversed(kept))
