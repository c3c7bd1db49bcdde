"""Following a room: its last rows, then every event, in order and without a gap, from a cursor of one's own.

What is in memory is told as the entries it is; what has fallen out of it comes from the log, as whole rows, in pages.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import assert_never

from chatd.core.live_row import LiveRow
from chatd.core.lobby import Move
from chatd.core.room import Behind, Room
from chatd.core.row import Added, Annotated, Entry, Finished, Grew, RoomSet, Row
from chatd.tasks.chat.hub import Hub
from chatd.tasks.chat.room_events import Event, GrowthEvent, PresenceEvent, RowEvent, RowEventKind
from chatd.tasks.log.bell import Bell

PAGE = 500
"""Rows read from the log at once; of long ones fewer, see ports.PAGE_CHARS."""


@asynccontextmanager
async def following(
    hub: Hub, room: Room, *, last: int = 0, since: int | None = None, on: bool = True
) -> AsyncIterator[Follower]:
    """A room's events from its `last` rows on, or from after entry number `since`; `on`: also what comes from now on.

    Iterate the block's value, as slowly as you like: what is taken sets the pace, and whoever falls behind gets whole
    rows. It may be cancelled at any time. Raises StorageError.
    """
    bell = Bell()
    hub.recorder.watch(room, bell)
    hub.comings.watch(room, bell)
    try:
        yield Follower(hub, room, bell if on else None, last, since)
    finally:
        hub.comings.unwatch(room, bell)
        hub.recorder.unwatch(room, bell)


class Follower:
    """One reader of a room. Numbers never go back."""

    def __init__(self, hub: Hub, room: Room, bell: Bell | None, last: int, since: int | None) -> None:
        self._hub = hub
        self._room = room
        self._bell = bell
        self._goes_on = bell is not None or since is not None
        """Whether there is more to tell than the backlog."""
        self._events: deque[Event] = deque()  # bounded by a page, or by what a room keeps in memory
        self._lengths: dict[str, int] = {}
        """Code points that have been told of each open row: bounded by the rows that are open."""
        self._paged = since is not None
        """Whether a page of the log has stood for entries, or may have for whoever goes on after `since`: rows come
        from there in the order of their last change, so one that grows may have begun before the last number.
        """
        self._old = 0
        """How many of the events at hand are of the backlog."""
        self.is_backlog = False
        """Whether the event that was given last was of the backlog."""
        self._last_told: dict[str, int] = {}
        """Of the entries that are being told: the number of the last one for each row that tells it whole."""
        self._growing: list[LiveRow] = []
        """Rows of the backlog that were open when their page was read."""
        self.newest = room.number
        """The number of the room's last entry when following began."""
        self.beyond = since is not None and since > room.number
        """Whether `since` names an event that there has not been yet."""
        self._backlog = bool(last and room.seq) and since is None
        self._first_seq = self._next_seq = max(1, room.seq - last + 1)
        self._cursor = room.number if since is None else min(since, room.number)
        self._moves = hub.lobby.presence(room).index
        self._told = self._cursor
        """The number of the last event that was given away."""

    def __aiter__(self) -> Follower:
        return self

    async def __anext__(self) -> Event:
        """The next event; the iteration ends when the room is followed no further than to now."""
        while not self._events:
            if self._backlog:
                await self._read_backlog()
                self._old = len(self._events)
            elif not self._goes_on:
                raise StopAsyncIteration
            elif not await self._catch_up() and not self._events:
                if self._bell is None:
                    raise StopAsyncIteration
                await self._bell.wait()  # rings during the catching up are kept
        event = self._events.popleft()
        self.is_backlog = self._old > 0
        self._old = max(0, self._old - 1)
        self._told = max(self._told, event.number)
        return event

    @property
    def pending(self) -> bool:
        """Whether events are at hand, so that the next one need not be waited for."""
        return bool(self._events)

    @property
    def is_past_backlog(self) -> bool:
        """Whether all of the backlog has been given away."""
        return not self._backlog and not self._old

    @property
    def number(self) -> int:
        """What to follow on after, once nothing is pending: nothing is missed then, nor told twice."""
        return self._cursor

    # --- the backlog

    async def _read_backlog(self) -> None:
        """A page of the rows that are no longer in memory; when there are none left, those that are."""
        if self._next_seq < self._first_in_memory():
            for row in await self._hub.archive.page_from(self._room.id, self._next_seq, PAGE):
                if self._next_seq < self._first_in_memory():
                    self._add_row("added", row.added, row)
                    self._growing += [LiveRow(row)] if row.is_open else []
                    self._next_seq += 1
            return
        # Nothing waits until all is put together: the cursor and the rows belong to one moment.
        self._backlog = False
        cursor = self._cursor = self._room.number
        newest = [live for live in self._room.tail(self._room.seq) if live.head.seq >= self._next_seq]
        for live in newest:
            self._add_row("added", live.head.added, live.row)
        for live in filter(None, map(self._now, self._growing)):
            self._add_row("lagged", cursor, live.row)
        forgotten = [live for live in self._growing if self._room.get(live.head.id) is None]
        for live in forgotten:  # it has ended since, and is no longer in memory
            ended = await self._hub.archive.row(live.head.id)
            self._add_row("lagged", cursor, live.row if ended is None else ended)
        if newest and self._first_seq < newest[0].head.seq:
            await self._tell_annotated(self._first_seq, newest[0].head.seq, cursor)

    async def _tell_annotated(self, first: int, last: int, cursor: int) -> None:
        """Rows from seq `first` on, before `last`, that were whole when their page was read and are otherwise since."""
        since = self._room.since(self.newest)
        if not isinstance(since, Behind) and not any(isinstance(entry, Annotated) for entry in since):
            return
        told, after = {live.head.id for live in self._growing}, self.newest
        while changed := await self._hub.log.read(self._room.id, after, PAGE):
            after = changed[-1].number
            for row in (entry.row for entry in changed if entry.number > entry.row.added):
                if first <= row.seq < last and row.id not in told and not row.is_open:
                    self._add_row("changed", cursor, row)

    def _now(self, read: LiveRow) -> LiveRow | None:
        """A row that was open when its page was read, if it is in memory and has changed since."""
        live = self._room.get(read.head.id)
        changed = live is not None and (live.length != read.length or not live.head.is_open)
        return live if changed else None

    def _first_in_memory(self) -> int:
        tail = self._room.tail(self._room.seq)
        return tail[0].head.seq if tail else self._room.seq + 1

    # --- what comes after

    async def _catch_up(self) -> bool:
        """Put together what has happened up to now, or a page of it; returns whether there was anything."""
        entries = self._room.since(self._cursor)
        if isinstance(entries, Behind):
            await self._read_changed()
            return True
        # Taken at one moment: a move never carries a number that an entry still to be told goes below.
        moves = self._hub.lobby.presence(self._room).since(self._moves)
        self._last_told = _last_told(entries)
        for entry in entries:
            await self._add(entry)
            self._cursor = max(self._cursor, entry.number)
        for move in moves:
            self._add_move(move)
        return bool(entries or moves)

    async def _read_changed(self) -> None:
        """One page of what changed and is no longer in memory as entries."""
        self._paged = True
        start, newest = self._cursor, self._room.number
        changed = await self._hub.log.read(self._room.id, start, PAGE)
        for entry in changed:
            self._add_row("added" if entry.row.added > start else "lagged", entry.number, entry.row)
            self._cursor = entry.number
        if not changed:
            self._cursor = max(self._cursor, newest)

    async def _add(self, entry: Entry) -> None:
        match entry:
            case Added(number=number, row=row):
                self._add_row("added", number, row)
            case Grew():
                await self._add_growth(entry)
            case Finished(number=number, row_id=row_id):
                live = self._room.get(row_id)
                # So many rows may have come after it that the room has forgotten it.
                ended = live.row if live is not None else await self._hub.archive.row(row_id)
                if ended is not None:
                    self._add_row("finished", number, ended)
            case Annotated():
                await self._add_annotated(entry)
            case RoomSet():
                pass  # the row that comes with it tells of it
            case _:
                assert_never(entry)

    async def _add_annotated(self, entry: Annotated) -> None:
        """The row whole, as it is now; not when a later entry tells it whole anyway."""
        if self._last_told.get(entry.row_id) != entry.number:
            return
        live = self._room.get(entry.row_id)
        row = live.row if live is not None else await self._hub.archive.row(entry.row_id)
        if row is None:
            return
        later = [] if row.is_open else self._room.since(max(self._last_told.values()))
        if isinstance(later, Behind) or row.id not in _last_told(later):  # it may have ended while others were read
            self._add_row("changed", entry.number, row)

    async def _add_growth(self, grew: Grew) -> None:
        """A row grows where the follower has it. One that it has not, or not so far, is told whole instead, and so is
        one of which nobody knows; but whoever begins to follow has what was there before, until pages of the log come
        between.
        """
        told = self._lengths.get(grew.row_id)
        if told is not None and grew.offset < told:
            return  # it was told with the whole row
        if told == grew.offset or (told is None and not self._paged):
            self._lengths[grew.row_id] = grew.offset + len(grew.text)
            self._events.append(GrowthEvent(grew.number, grew.row_id, grew.offset, grew.text))
            return
        live = self._room.get(grew.row_id)
        row = live.row if live is not None else await self._hub.archive.row(grew.row_id)
        if row is not None and row.is_open:  # else its end comes by, and tells it whole
            self._add_row("lagged", grew.number, row)

    def _add_row(self, kind: RowEventKind, number: int, row: Row) -> None:
        if row.is_open:
            self._lengths[row.id] = len(row.content)
        else:
            self._lengths.pop(row.id, None)
        self._events.append(RowEvent(kind, number, row))

    def _add_move(self, move: Move) -> None:
        self._moves = move.index
        self._events.append(PresenceEvent(max(self._cursor, move.entry), move.name, move.joined))


def _last_told(entries: Sequence[Entry]) -> dict[str, int]:
    """The number of the last of these, for each row, that tells the row whole."""
    return {entry.row_id: entry.number for entry in entries if isinstance(entry, Annotated | Finished)}
