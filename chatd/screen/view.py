"""What of a room stands on a screen: a window of its things, which follows the newest or stays where somebody reads.

A thing's place is its key: the `seq` of the row that it belongs to, and a rank within that. While a view follows, the
newest line is at the bottom. Else an anchor (a thing and one of its lines) is at the top and stays there, whatever
grows or comes below. Nothing is known of what things look like but how many lines they take; where that is not at hand
the view says so, shows what it can, and goes on when it is asked again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from chatd.screen.block import Block
from chatd.screen.composition import PENDING, Composition, Key, Piece, height_of, seen_of, top_of

AHEAD = 64
"""Things that are asked for at once where it is not known how many lines they take."""

MAX_EMPTY = 600
"""Things without a line that are looked at for one screen: two for each row that hooks hide, and so many are at hand.
With more of them the whole log would be read again and again for a screen that stays blank."""

MAX_WISHES = 32
"""Turns up and down that wait to be scrolled; older ones are given up."""


class Items(Protocol):
    """The things of a room, as one person is shown them."""

    def newest(self) -> Key | None:
        """The last thing there is."""
        ...

    def before(self, key: Key) -> Key | None:
        """The thing above another."""
        ...

    def after(self, key: Key) -> Key | None:
        """The thing below another."""
        ...

    def block(self, key: Key, first: int, last: int) -> Block | None:
        """A thing with its lines from `first` to `last` (from the end where negative, (0, 0) for its height alone), as
        far as it has them; None when they are not at hand, and are wanted from now on.
        """
        ...


@dataclass(slots=True)
class View:
    """One person's place in a room. `scroll` and its sisters are wishes; `compose` fulfils them."""

    anchor: tuple[Key, int] | None = None
    """The thing at the top, and which line of it; None while following."""
    wanted: list[int] = field(default_factory=list)
    """Lines to scroll still: down, or up when negative, one wish after the other."""
    floor: Key | None = None
    """The last thing that was cleared away: while following, neither it nor what is above it is shown."""
    seen: int = 0
    """The highest seq that has been on the screen."""
    _top: tuple[Key, int] | None = None

    @property
    def follows(self) -> bool:
        """Whether the newest is shown, and what comes."""
        return self.anchor is None and not self.wanted

    def follow(self) -> None:
        """Back to the newest, and on with it."""
        self.anchor = None
        self.wanted.clear()

    def scroll(self, lines: int) -> None:
        """By so many lines, up when negative."""
        if lines < 0 and self.floor is not None:
            self.floor = None
            if self._top is None:  # nothing was left on the screen: all of it comes back first
                return
        if lines == 0 or (lines > 0 and self.follows):
            return
        if self.wanted and (self.wanted[-1] < 0) == (lines < 0):
            self.wanted[-1] += lines
        else:
            self.wanted.append(lines)
            del self.wanted[:-MAX_WISHES]

    def clear(self, newest: Key | None) -> None:
        """Nothing that is there is shown any more; scrolling up brings it back."""
        self.follow()
        self.floor, self._top = newest, None

    def show(self, key: Key, line: int, above: int) -> None:
        """Bring a line of a thing on the screen, so many lines below the top, as far as there are so many."""
        self.floor = None
        self.anchor, self.wanted = (key, line), [-above] if above else []

    def compose(self, items: Items, rows: int, pending: Sequence[Block] = ()) -> Composition:
        """What is on the screen's `rows` lines now; `pending` stand at the bottom while it follows."""
        known = self._scrolled(items, rows)
        if self.anchor is not None:
            shown = self._down(items, self.anchor, rows)
            short = height_of(shown.pieces) < rows
            if not (short and shown.complete and known) or any(piece.block.unfinished for piece in shown.pieces):
                return self._shown(shown, known=known)
            self.follow()  # what was below may take fewer lines now: folded, hidden, or on a wider screen
        return self._shown(self._up(items, rows, pending), known=known)

    def tail(self, items: Items, first: Key, rows: int, pending: Sequence[Block] = ()) -> Composition:
        """Of what `compose` shows while it follows, the part from the thing `first` on, at most `rows` lines."""
        return self._up(items, rows, pending, first)

    def noted(self, top: tuple[Key, int] | None, seen: int) -> None:
        """From this line on something stands on the screen now: from there one scrolls. Rows up to this seq have been
        seen.
        """
        self._top, self.seen = top, max(self.seen, seen)

    def _shown(self, shown: Composition, *, known: bool) -> Composition:
        # Where something is not at hand what is below it may stand there for a moment only, or not at all.
        self.noted(top_of(shown.pieces), seen_of(shown.pieces) if shown.complete else 0)
        return shown if known else Composition(shown.pieces, shown.follows, complete=False)

    # --- composing

    def _up(self, items: Items, rows: int, pending: Sequence[Block], first: Key | None = None) -> Composition:
        """From the bottom on, up to the thing `first`."""
        pieces: list[Piece] = []
        left, complete, empty = rows, True, 0
        for number, below in enumerate(reversed(pending)):
            if left > 1:
                pieces.append(Piece((PENDING, -number), below, 1, 1))
                left -= 1
        key = items.newest()
        while key is not None and left > 0 and empty < MAX_EMPTY and (first is None or key >= first):
            if self.floor is not None and key <= self.floor:
                break
            block = items.block(key, -left, -1)
            if block is None:
                complete, left = False, left - 1  # it takes a line at least, as a rule
            elif block.height:
                top = max(1, block.height - left + 1)
                pieces.append(Piece(key, block, top, block.height))
                left -= block.height - top + 1
            else:
                empty += 1
            key = items.before(key)
        return Composition(tuple(reversed(pieces)), follows=True, complete=complete)

    def _down(self, items: Items, anchor: tuple[Key, int], rows: int) -> Composition:
        """From the anchor on; not complete where it is not known that nothing more has a line."""
        pieces: list[Piece] = []
        left, complete, empty = rows, True, 0
        at: Key | None
        at, line = anchor
        while at is not None and left > 0:
            block = items.block(at, line, line + left - 1)
            if block is None:
                complete, left = False, left - 1
            elif block.height and line > block.height:
                line = block.height  # it takes fewer lines now
                continue
            elif block.height:
                last = min(block.height, line + left - 1)
                pieces.append(Piece(at, block, line, last))
                left -= last - line + 1
            else:
                empty += 1
                if empty == MAX_EMPTY:
                    complete = False
                    break
            at, line = items.after(at), 1
        return Composition(tuple(pieces), follows=False, complete=complete)

    # --- scrolling

    def _scrolled(self, items: Items, rows: int) -> bool:
        """Go where one wants to be, as far as is at hand; returns whether that is all the way."""
        while self.wanted:
            lines = self.wanted[0]
            if lines < 0 or self.anchor is not None:
                place = self.anchor or self._place_above(items, rows)
                if place is None:
                    return not self.wanted
                self.anchor, left = (self._above if lines < 0 else self._below)(items, place, abs(lines))
                if left:
                    self.wanted[0] = left if lines > 0 else -left
                    return False
                if self._ends_within(items, self.anchor, rows):
                    self.anchor = None
            self.wanted.pop(0)
        return True

    def _place_above(self, items: Items, rows: int) -> tuple[Key, int] | None:
        """The top of the screen that follows: from there one scrolls. None when it is not at hand."""
        if self._top is not None:
            return self._top
        shown = self._up(items, rows, ())
        if not shown.pieces:
            if shown.complete:
                self.wanted.clear()  # there is nothing
            return None
        return shown.pieces[0].key, shown.pieces[0].first

    @staticmethod
    def _above(items: Items, place: tuple[Key, int], count: int) -> tuple[tuple[Key, int], int]:
        """The place `count` lines above one; and how many lines are left to go, where it is not known how many there
        are.
        """
        key, line = place
        while line <= count:
            above = items.before(key)
            if above is None:
                return (key, 1), 0
            block = items.block(above, 0, 0)
            if block is None:
                _ask_ahead(items, above, items.before, count)
                return (key, 1), count - line + 1
            count, key, line = count - line, above, block.height
        return (key, line - count), 0

    @staticmethod
    def _below(items: Items, place: tuple[Key, int], count: int) -> tuple[tuple[Key, int], int]:
        """The place `count` lines below one, or the last line there is; and how many lines are left to go."""
        key, line = place
        while True:
            block = items.block(key, 0, 0)
            if block is None:
                _ask_ahead(items, key, items.after, count)
                return (key, line), count
            left = block.height - line
            if count <= left:
                return (key, line + count), 0
            below = items.after(key)
            if below is None:
                return (key, max(1, block.height)), 0
            count, key, line = count - left - 1, below, 1

    @staticmethod
    def _ends_within(items: Items, place: tuple[Key, int], rows: int) -> bool:
        """Whether the screen that begins there shows all that follows."""
        at: Key | None
        at, line = place
        count = 1 - line
        while at is not None and count <= rows:
            block = items.block(at, 0, 0)
            if block is None:
                _ask_ahead(items, at, items.after, rows - count)
            if block is None or block.unfinished:
                return False
            count += block.height
            at = items.after(at)
        return count <= rows


def _ask_ahead(items: Items, key: Key, step: Callable[[Key], Key | None], lines: int) -> None:
    """Ask for what comes after a thing that is not at hand: as many things as may fit into so many lines."""
    at = step(key)
    for _ in range(min(lines, AHEAD)):
        if at is None:
            return
        items.block(at, 0, 0)
        at = step(at)
