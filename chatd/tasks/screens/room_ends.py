"""The ends of rooms, as they stand on the screens of all for whom nothing there is their own: composed once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import TypeVar

from chatd.core.room import Behind, Room
from chatd.core.row import Method, RoomSet, changed_row
from chatd.screen.composition import BEFORE, PENDING, Key, Piece

MAX_KNOWN = 128
"""Ends kept, each with the drawings of one screen: those of a moment are of use until all have seen them."""

LAST: Key = (PENDING, 1)
"""Below everything."""

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True, eq=False)
class RoomEnd:
    """Pieces at the end of a room from the thing `first` on, and whose rows they are: for others who are not named in
    them they are the same.
    """

    first: Key
    pieces: tuple[Piece, ...]
    authors: frozenset[str]
    moving: frozenset[Key]
    """Those of them that move with the time."""
    shared: bool
    """Whether it is kept for others."""


class RoomEnds:
    """Those of all rooms, and where each begins: the first thing that is otherwise than it was."""

    def __init__(self) -> None:
        self._ends: OrderedDict[Hashable, RoomEnd] = OrderedDict()
        self._changes: OrderedDict[Hashable, Key | None] = OrderedDict()

    def find(self, key: Hashable) -> RoomEnd | None:
        """The end that is kept under a key, which says all that it depends on."""
        return self._ends.get(key)

    def keep(self, key: Hashable, end: RoomEnd) -> None:
        """It is kept for a while."""
        _keep(self._ends, key, end)

    def first_changed(self, room: Room, number: int) -> Key | None:
        """The first thing of a room that is otherwise since entry `number`: LAST when none is, None when that cannot be
        said any more.
        """
        if number >= room.number:
            return LAST
        key = (room.id, number, room.number)
        if key not in self._changes:
            _keep(self._changes, key, _first_changed(room, number))
        return self._changes[key]


def _first_changed(room: Room, number: int) -> Key | None:
    entries = room.since(number)
    if isinstance(entries, Behind):
        return None
    first = LAST
    for entry in entries:
        if isinstance(entry, RoomSet):
            continue
        row_id = changed_row(entry)
        live = room.get(row_id) if row_id is not None else None
        if live is None:
            return None
        first = min(first, (live.head.seq, BEFORE))
        if live.head.method == Method.TOOL_RESULT and live.head.parent_id is not None:
            call = room.get(live.head.parent_id)
            if call is None:
                return None
            first = min(first, (call.head.seq, BEFORE))
    return first


def _keep(kept: OrderedDict[Hashable, Value], key: Hashable, value: Value) -> None:
    kept[key] = value
    while len(kept) > MAX_KNOWN:
        kept.popitem(last=False)
