"""The things of a room as one person is shown them: rows, the lines between rows, and words for them alone."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

from chatd.core.live_row import LiveRow
from chatd.core.room import Room
from chatd.core.row import Method
from chatd.ports import Plain
from chatd.screen.block import Block
from chatd.screen.composition import BEFORE, FIRST_NOTE, ROW, Key, Piece
from chatd.tasks.chat import views
from chatd.tasks.chat.hub import Hub
from chatd.tasks.screens.looks import Looks, covers
from chatd.tasks.screens.notes import Notes
from chatd.tasks.screens.room_ends import RoomEnd
from chatd.tasks.screens.room_facts import RoomFacts
from chatd.tasks.screens.rows_at_hand import Lost, RowsAtHand
from chatd.tasks.screens.things import Look, Want

EMPTY = Block()
"""What takes no line."""

MINUTE_MS = 60_000
"""Zones differ by whole minutes: what was said within one, was said on one day everywhere."""


class RoomItems:
    """Implements view.Items. What is not at hand is in `wants`, and in `rows`."""

    def __init__(self, hub: Hub, room: Room, name: str, unread: tuple[int, int] | None) -> None:
        """`name` is the person's; `unread` the seq of the first row that they had not read, and how many there were."""
        self._hub = hub
        self.room = room
        self.notes = Notes()
        self.rows = RowsAtHand(room, hub.row_cache)
        self.wants: list[Want] = []
        self.moving: set[Key] = set()
        """The rows among those asked for that move with the time."""
        self._name = name
        self._needle = name.encode().lower()
        self._unread = unread
        self._entered_ms = hub.clock.now_ms()
        self.looks: Looks
        self._look: Look
        self._facts: RoomFacts
        self._tried: set[Hashable] = set()

    def renamed(self, name: str) -> None:
        """The person is called so from now on."""
        self._name, self._needle = name, name.encode().lower()

    def begin(self, looks: Looks, look: Look, facts: RoomFacts, *, again: bool) -> None:
        """They are asked for with this look from now on; `again` within one visit, in which nothing is tried twice."""
        self.looks, self._look, self._facts = looks, look, facts
        self.wants = []
        self.moving.clear()
        self.rows.wanted = self.rows.whole = None
        if not again:
            self._tried.clear()

    # --- whose they are

    def is_nobodys(self, seq: int) -> bool:
        """Whether nothing stands from this row on for this person alone; the day of the first depends on them."""
        return seq > 1 and self.notes.newest < seq and (self._unread is None or self._unread[0] < seq)

    def is_own(self, end: RoomEnd) -> bool:
        """Whether some of these are this person's, or may name them."""
        needle = self._needle
        return self._name in end.authors or any(needle in piece.block.text for piece in end.pieces)

    def authors(self, pieces: Sequence[Piece]) -> frozenset[str]:
        """Who wrote the rows among these."""
        rows = [self.rows.at(piece.key[0]) for piece in pieces if piece.key[1] == ROW]
        return frozenset(live.head.author for live in rows if isinstance(live, LiveRow))

    # --- the order

    def newest(self) -> Key | None:
        """See view.Items."""
        return self._last_of(self.room.seq)

    def before(self, key: Key) -> Key | None:
        """See view.Items."""
        seq, rank = key
        if rank == BEFORE:
            return self._last_of(seq - 1)
        if rank == ROW:
            return (seq, BEFORE)
        note = self.notes.last(seq, rank - FIRST_NOTE)
        return (seq, FIRST_NOTE + note) if note is not None else (seq, ROW) if seq else None

    def after(self, key: Key) -> Key | None:
        """See view.Items."""
        seq, rank = key
        if rank == BEFORE:
            return (seq, ROW)
        note = self.notes.first(seq, None if rank == ROW else rank - FIRST_NOTE)
        if note is not None:
            return (seq, FIRST_NOTE + note)
        return (seq + 1, BEFORE) if seq < self.room.seq else None

    def _last_of(self, seq: int) -> Key | None:
        note = self.notes.last(seq)
        return (seq, FIRST_NOTE + note) if note is not None else (seq, ROW) if seq else None

    # --- the things

    def block(self, key: Key, first: int, last: int) -> Block | None:
        """See view.Items."""
        seq, rank = key
        if rank == ROW:
            return self._row(seq, first, last)
        if rank == BEFORE:
            return self._between(seq, first, last)
        note = self.notes.get(rank - FIRST_NOTE)
        if note is None:
            return EMPTY
        told = {"text": note.text, "level": note.level}
        return self._drawn(("note", note.digest, note.level), "note", (first, last), lambda: (told,))

    def pending(self, number: int) -> Block | None:
        """A running answer that has not begun: of the room's answers, this one."""
        stream, phase = self._facts.streams[number], self._facts.phase
        key = ("pending", tuple(stream.values()), phase)
        return self._drawn(key, "pending", (1, 1), lambda: (stream, {"phase": phase}))

    def status(self, key: Hashable, arguments: Callable[[], tuple[Plain, ...]]) -> Block | None:
        """The status line, which says this."""
        return self._drawn(("status", self._facts.number, key), "status", (1, 1), arguments)

    def row(self, seq: int) -> LiveRow | None:
        """A row, None when it is not at hand (and wanted from now on), or there is none."""
        live = self.rows.at(seq)
        return live if isinstance(live, LiveRow) else None

    def search(self, live: LiveRow, look: Look, apart: int) -> Want:
        """What is drawn to find where in a row that stands which is searched for, at least so many lines apart."""
        told = self._arguments(live, "", self._result(live), (0, None))
        return Want(look, None, "places", 1, apart, told, (live,))

    def _row(self, seq: int, first: int, last: int) -> Block | None:
        live = self.rows.at(seq)
        if live is None:
            return None
        if isinstance(live, Lost):
            return EMPTY
        plain = self._row_block(seq, live, (first, last), "")
        if plain is None or live.head.author == self._name or self._needle not in plain.text:
            return plain
        return self._row_block(seq, live, (first, last), self._name)

    def _row_block(self, seq: int, live: LiveRow, lines: tuple[int, int], name: str) -> Block | None:
        """A row; with `name`, for somebody who stands in it."""
        head, facts, result = live.head, self._facts, self._result(live)
        phase = None
        if head.is_open or (result is not None and result.head.is_open):
            phase = facts.phase
            self.moving.add((seq, ROW))
        speed = facts.speeds.get(head.id) if head.is_open else None
        ended = None if result is None else (result.head.id, result.length, result.head.status)
        key = ("row", head.id, live.length, head.status, head.author == self._name, name, ended, phase, speed)
        rows = (live,) if result is None else (live, result)
        return self._drawn(key, "row", lines, self._arguments(live, name, result, (phase or 0, speed)), rows)

    def _result(self, live: LiveRow) -> LiveRow | None:
        """What a call came to, as far as it is at hand."""
        return self.rows.result_of(live.head.id) if live.head.method == Method.TOOL_CALL else None

    def _arguments(
        self, live: LiveRow, name: str, result: LiveRow | None, moves: tuple[int, float | None]
    ) -> Callable[[], tuple[Plain, ...]]:  # fmt: skip
        """What is told of a row when it is drawn: of what its key was made of, though that may not be at hand then.
        `moves` are the phase and the speed of one that grows.
        """
        head, hub, own = live.head, self._hub, live.head.author == self._name
        phase, speed = moves

        def told() -> tuple[Plain, ...]:
            extra: dict[str, Plain] = {
                "own": own, "name": name, "phase": phase, "tokens_per_s": speed,
                "in_call": head.method == Method.TOOL_RESULT and head.parent_id is not None,
            }  # fmt: skip
            row = views.row_view(hub, live)
            return (row, extra) if result is None else (row, extra, views.row_view(hub, result))

        return told

    def _between(self, seq: int, first: int, last: int) -> Block | None:
        """What stands before a row: the day, when it is another, and where reading stopped last time."""
        live = self.rows.at(seq)
        if live is None:
            return None
        if isinstance(live, Lost):
            return EMPTY
        count = self._unread[1] if self._unread is not None and self._unread[0] == seq else None
        other = self._day_begins(seq, live)
        if other is None:
            return None
        day = self._day_of(seq) if other else None
        if day is None and count is None:
            return EMPTY
        told = {"day": day, "count": count}
        return self._drawn(("between", day, count), "between", (first, last), lambda: (told,))

    def _day_begins(self, seq: int, live: LiveRow) -> bool | None:
        """Whether a row is of another day than what is before it, which is the moment of entering before the first one.
        None when that is not at hand.
        """
        minute = live.head.created_at // MINUTE_MS
        if seq == 1:
            before = self._entered_ms // MINUTE_MS
            if before == minute:
                return False
            told = {"created": before * MINUTE_MS}
            moment = self._drawn(("moment", before), "moment", (0, 0), lambda: (told,))
        else:
            above = self.rows.at(seq - 1)
            if above is None:
                return None
            if isinstance(above, Lost) or above.head.created_at // MINUTE_MS == minute:
                return False
            moment = self._row_block(seq - 1, above, (0, 0), "")
        mine = self._row_block(seq, live, (0, 0), "")
        return None if moment is None or mine is None else moment.day != mine.day

    def _day_of(self, seq: int) -> int | None:
        live = self.rows.at(seq)
        block = self._row_block(seq, live, (0, 0), "") if isinstance(live, LiveRow) else None
        return None if block is None else block.day

    def _drawn(
        self, key: Hashable, kind: str, lines: tuple[int, int], arguments: Callable[[], tuple[Plain, ...]],
        rows: tuple[LiveRow, ...] = (),
    ) -> Block | None:  # fmt: skip
        block = self.looks.find(self._look, key)
        if block is not None and covers(block, *lines) and not (block.unfinished and key not in self._tried):
            return block
        self._tried.add(key)
        self.wants.append(Want(self._look, key, kind, *lines, arguments, rows))
        return None
