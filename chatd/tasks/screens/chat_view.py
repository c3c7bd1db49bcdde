"""One person's view of a room: what stands in it, brought up to date by what is otherwise since the last time."""

from __future__ import annotations

from chatd.core.room import Room
from chatd.screen.block import Block
from chatd.screen.composition import PENDING, ROW, Composition, Key
from chatd.screen.frame import Line
from chatd.screen.view import View
from chatd.tasks.chat.hub import Hub
from chatd.tasks.screens.room_ends import LAST, RoomEnd
from chatd.tasks.screens.room_facts import RoomFacts
from chatd.tasks.screens.room_items import RoomItems
from chatd.tasks.screens.standing import ANEW, EMPTY, SAME, Standings, Step, Update
from chatd.tasks.screens.things import Look

MAX_PENDING = 3
"""Answers that have not begun which have a line."""

MAX_HIDDEN = 500
"""Newest rows that are looked at for those which a script hides, where it is counted what is new."""


class ChatView:
    """The view of one room. Ask `items.wants` and `items.rows` after each update for what was not at hand."""

    def __init__(
        self, hub: Hub, standings: Standings, room: Room, name: str, unread: tuple[int, int] | None = None
    ) -> None:  # fmt: skip
        self._ends = standings.ends
        self._standings = standings
        self.room = room
        self.place = View()
        self.items = RoomItems(hub, room, name, unread)
        self.standing = EMPTY
        """What stands there."""
        self.unfinished = False
        """Whether something of it is still being laid out."""
        self._look: Look | None = None
        self._number = room.number
        self._stale = True
        self._facts: RoomFacts | None = None
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
            end = self._end(first, facts, rows)
            if self.items.wants:
                return SAME
            if end is not None and (step := self._standings.step(self.standing, end)) is not None:
                self._takes(step, facts)
                return step.update
        shown = self.place.compose(self.items, rows, self._pending(facts))
        if self.items.wants:
            self._stale = True
            return SAME
        return self._composed(shown, facts, rows)

    def is_current(self, facts: RoomFacts) -> bool:
        """Whether an update would change nothing."""
        at_rest = not (self._stale or self.unfinished or self.place.wanted)
        return at_rest and facts is self._facts and self._number == self.room.number

    def lines(self, rows: int) -> list[Line]:
        """As many lines as it has rows."""
        return Composition(self.standing.pieces, self.standing.follows, complete=True).lines(rows)

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
        standing = self.standing
        if self._stale or self.unfinished or rows != standing.rows or self.place.wanted:
            return None
        first = self._ends.first_changed(self.room, self._number)
        if first is None:
            self.items.rows.changed_since(self._number)
            return None
        if facts is not self._facts and (standing.moving or self._has_pending(facts)):
            first = min(first, *standing.moving, (PENDING, -MAX_PENDING) if self._has_pending(facts) else LAST)
        if standing.follows:
            return first
        return LAST if standing.height == rows and first > standing.pieces[-1].key else None

    def _end(self, first: Key, facts: RoomFacts, rows: int) -> RoomEnd | None:
        """What stands there from the thing `first` on, at most so many rows; None when not all of it is at hand."""
        items = self.items
        impersonal = items.is_nobodys(first[0]) and (self.place.floor is None or self.place.floor < first)
        key = (items.looks, self._look, self.room.id, self.room.number, facts.number, first, rows)
        end = self._ends.find(key) if impersonal else None
        if end is not None and not items.is_own(end):
            return end
        tail = self.place.tail(items, first, rows, self._pending(facts))
        if items.wants or not tail.complete:
            return None
        moving = frozenset(items.moving.intersection(piece.key for piece in tail.pieces))
        if impersonal:
            end = RoomEnd(first, tail.pieces, items.authors(tail.pieces), moving, shared=True)
            if not items.is_own(end):
                self._ends.keep(key, end)
                return end
        return RoomEnd(first, tail.pieces, frozenset(), moving, shared=False)

    def _has_pending(self, facts: RoomFacts) -> bool:
        shown = any(piece.key[0] == PENDING for piece in self.standing.pieces[-MAX_PENDING:])
        return shown or any(not stream["row_id"] for stream in facts.streams)

    def _pending(self, facts: RoomFacts) -> list[Block]:
        if not facts.streams or not self.place.follows:
            return []
        waiting = [number for number, stream in enumerate(facts.streams) if not stream["row_id"]][-MAX_PENDING:]
        blocks = [self.items.pending(number) for number in waiting]
        return [block for block in blocks if block is not None and block.height]

    # --- what stands there now

    def _takes(self, step: Step, facts: RoomFacts) -> None:
        self._number, self._facts = self.room.number, facts
        self.standing, self.unfinished = step.standing, step.unfinished
        self.place.noted(step.top, step.seen)

    def _composed(self, shown: Composition, facts: RoomFacts, rows: int) -> Update:
        before = self.standing
        moving = frozenset(self.items.moving.intersection(piece.key for piece in shown.pieces))
        self.standing = self._standings.standing(shown.pieces, rows, moving, follows=shown.follows)
        self._number, self._facts = self.room.number, facts
        self.unfinished = any(piece.block.unfinished for piece in shown.pieces)
        self._stale = not shown.complete
        same = before.rows == rows and before.follows == shown.follows and before.pieces == shown.pieces
        return SAME if same else ANEW
