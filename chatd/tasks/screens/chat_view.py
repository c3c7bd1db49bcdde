"""One person's view of a room: what stands in it, brought up to date by what is otherwise since the last time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chatd.core.room import Room
from chatd.screen.block import Block
from chatd.screen.frame import Line
from chatd.screen.view import PENDING, ROW, Composition, Key, Piece, View
from chatd.tasks.chat.hub import Hub
from chatd.tasks.screens.room_ends import LAST, RoomEnd, RoomEnds
from chatd.tasks.screens.room_facts import RoomFacts
from chatd.tasks.screens.room_items import RoomItems
from chatd.tasks.screens.things import Look

MAX_PENDING = 3
"""Answers that have not begun which have a line."""

MAX_HIDDEN = 500
"""Newest rows that are looked at for those which a script hides, where it is counted what is new."""


@dataclass(frozen=True, slots=True)
class Update:
    """How the view is otherwise than before: pieces `new` stand where `old` were, at the bottom; or all is anew."""

    old: tuple[Piece, ...] = ()
    new: tuple[Piece, ...] = ()
    anew: bool = False


SAME = Update()
ANEW = Update(anew=True)


class ChatView:
    """The view of one room. Ask `items.wants` and `items.rows` after each update for what was not at hand."""

    def __init__(
        self, hub: Hub, ends: RoomEnds, room: Room, name: str, unread: tuple[int, int] | None = None
    ) -> None:  # fmt: skip
        self._ends = ends
        self.room = room
        self.place = View()
        self.items = RoomItems(hub, room, name, unread)
        self.pieces: tuple[Piece, ...] = ()
        """What stands there, from the top to the bottom."""
        self.follows = True
        """Whether it stands at the bottom."""
        self.unfinished = False
        """Whether something of it is still being laid out."""
        self._look: Look | None = None
        self._rows = 0
        self._number = room.number
        self._stale = True
        self._facts: RoomFacts | None = None
        self._moving: set[Key] = set()
        """Of the things that stand there, those that move with the time."""
        self._counted = 0
        self._hidden = 0
        """Rows up to `_counted` that a script hides, of those that are new."""

    def changed(self) -> None:
        """Something of it is otherwise that nobody else tells: it is composed anew."""
        self._stale = True

    def note(self, text: str, level: str) -> None:
        """Words for this person alone, behind the newest row."""
        self.items.notes.add(text, level, self.room.seq)
        self._stale = True

    def scroll(self, lines: int) -> None:
        """By so many lines, up when negative."""
        self.place.scroll(lines)
        self._stale = True

    def follow(self) -> None:
        """Back to the newest, and on with it."""
        self.place.follow()
        self._stale = True

    def show(self, key: Key, line: int, above: int) -> None:
        """Bring a line of a thing on the screen, so many lines below the top."""
        self.place.show(key, line, above)
        self._stale = True

    def clear(self) -> None:
        """Nothing that is there is shown any more; scrolling up brings it back."""
        self.place.clear(self.items.newest())
        self._stale = True

    def update(self, look: Look, facts: RoomFacts, rows: int) -> Update:
        """Bring it up to date, on so many rows; `items` have been begun with this look and these facts. What was not at
        hand is not there yet.
        """
        if look is not self._look:
            self._look, self._stale = look, True
        first = self._first_otherwise(facts, rows)
        if first == LAST:
            self._number, self._facts = self.room.number, facts
            return SAME
        if first is not None:
            tail = self._tail(first, facts, rows)
            if self.items.wants:
                return SAME
            if tail is not None and (update := self._pushed(first, tail, rows)) is not None:
                self._updated(facts, update.new)
                return update
        shown = self.place.compose(self.items, rows, self._pending(facts))
        if self.items.wants:
            self._stale = True
            return SAME
        return self._composed(shown, facts, rows)

    def lines(self, rows: int) -> list[Line]:
        """As many lines as it has rows."""
        return Composition(self.pieces, self.follows, complete=True).lines(rows)

    def new_below(self) -> int:
        """How many rows have come that were never on the screen, without those that a script hides."""
        if self.place.follows:
            return 0
        newest, seen = self.room.seq, self.place.seen
        if self._counted < seen:
            self._counted, self._hidden = seen, 0
        new = range(max(self._counted, newest - MAX_HIDDEN) + 1, newest + 1)
        # None is loaded to be counted: it would drive out those that are read.
        blocks = [self.items.block((seq, ROW), 0, 0) for seq in new if self.room.at(seq) is not None]
        if None not in blocks:
            self._hidden += sum(block.hidden for block in blocks if block is not None)
            self._counted = newest
        return max(0, newest - seen - self._hidden)

    # --- what is otherwise

    def _first_otherwise(self, facts: RoomFacts, rows: int) -> Key | None:
        """The first thing that is otherwise than it stands there; LAST when none is, None when that is not known."""
        if self._stale or self.unfinished or rows != self._rows or self.place.wanted:
            return None
        first = self._ends.first_changed(self.room, self._number)
        if first is None:
            self.items.rows.changed_since(self._number)
            return None
        if facts is not self._facts and (self._moving or self._has_pending(facts)):
            first = min(first, *self._moving, (PENDING, -MAX_PENDING) if self._has_pending(facts) else LAST)
        if self.follows:
            return first
        filled = _height(self.pieces) == rows
        return LAST if filled and first > self.pieces[-1].key else None

    def _tail(self, first: Key, facts: RoomFacts, rows: int) -> tuple[Piece, ...] | None:
        """What stands there from the thing `first` on, at most so many rows; None when not all of it is at hand."""
        items = self.items
        impersonal = items.is_nobodys(first[0]) and (self.place.floor is None or self.place.floor < first)
        key = (items.looks, self._look, self.room.id, self.room.number, facts.number, first, rows)
        end = self._ends.find(key) if impersonal else None
        if end is not None and not items.is_own(end):
            items.moving |= end.moving
            return end.pieces
        tail = self.place.tail(items, first, rows, self._pending(facts))
        if items.wants or not tail.complete:
            return None
        if impersonal:
            moving = items.moving.intersection(piece.key for piece in tail.pieces)
            end = RoomEnd(tail.pieces, items.authors(tail.pieces), frozenset(moving))
            if not items.is_own(end):
                self._ends.keep(key, end)
        return tail.pieces

    def _has_pending(self, facts: RoomFacts) -> bool:
        shown = any(piece.key[0] == PENDING for piece in self.pieces[-MAX_PENDING:])
        return shown or any(not stream["row_id"] for stream in facts.streams)

    def _pending(self, facts: RoomFacts) -> list[Block]:
        if not facts.streams or not self.place.follows:
            return []
        waiting = [number for number, stream in enumerate(facts.streams) if not stream["row_id"]][-MAX_PENDING:]
        blocks = [self.items.pending(number) for number in waiting]
        return [block for block in blocks if block is not None and block.height]

    # --- what stands there now

    def _pushed(self, first: Key, new: tuple[Piece, ...], rows: int) -> Update | None:
        """From the thing `first` on these stand there now; None where that leaves lines for what is above."""
        pieces, at = self.pieces, len(self.pieces)
        while at > 0 and pieces[at - 1].key >= first:
            at -= 1
        old, height = pieces[at:], _height(new)
        if height < _height(old):
            return None
        if self._moving:
            self._moving = {key for key in self._moving if key < first}
        self.pieces = (*_last(pieces[:at], rows - height), *new)
        return SAME if old == new else Update(old, new)

    def _composed(self, shown: Composition, facts: RoomFacts, rows: int) -> Update:
        same = shown.pieces == self.pieces and shown.follows == self.follows and rows == self._rows
        self.pieces, self.follows, self._rows = shown.pieces, shown.follows, rows
        self._moving.clear()
        self.unfinished = False
        self._updated(facts, self.pieces)
        self._stale = not shown.complete
        return SAME if same else ANEW

    def _updated(self, facts: RoomFacts, new: Sequence[Piece]) -> None:
        """These of the pieces are new."""
        self._number, self._facts = self.room.number, facts
        self.place.noted(self.pieces)
        if self._moving or self.items.moving:
            moving = self._moving | self.items.moving
            self._moving = {piece.key for piece in self.pieces if piece.key in moving}
        self.unfinished = self.unfinished or any(piece.block.unfinished for piece in new)


def _height(pieces: Sequence[Piece]) -> int:
    return sum(piece.last - piece.first + 1 for piece in pieces)


def _last(pieces: Sequence[Piece], rows: int) -> list[Piece]:
    """Of some pieces the last rows."""
    kept: list[Piece] = []
    for piece in reversed(pieces):
        if rows <= 0:
            break
        first = max(piece.first, piece.last - rows + 1)
        kept.append(piece if first == piece.first else Piece(piece.key, piece.block, first, piece.last))
        rows -= piece.last - first + 1
    return kept[::-1]
