"""Following a room for `tail`: its last rows, then every event, in order and without a gap, from a cursor of its own.

What is in memory is told as the entries it is; what has fallen out of it comes from the log, as whole rows, in pages.
"""

from __future__ import annotations

from typing import assert_never

from chatd.core.lobby import Move
from chatd.core.room import Behind, LiveRow, Room
from chatd.core.row import Added, Entry, Finished, Grew, Row, TopicSet
from chatd.tasks.commands.call import Call
from chatd.tasks.log.bell import Bell
from chatd.wire.jsonl import row_json

PAGE = 500
"""Rows read from the log at once; of long ones fewer, see ports.PAGE_CHARS."""


class Enough(Exception):
    """So many events were printed, or the row that was waited for."""


class Follower:
    """Prints one room's events, as text or as JSON. Numbers never go back.

    Every method that prints raises Enough after what `--count` or `--until` have it end with.
    """

    def __init__(self, call: Call, room: Room) -> None:
        self._call = call
        self._hub = call.hub
        self._room = room
        self._json: bool = call.arguments.json
        self._left: int | None = call.arguments.count
        self._until: str | None = call.arguments.until
        self._cursor = room.number
        self._moves = call.hub.lobby.presence(room).index

    async def backlog(self, count: int, since: int | None) -> None:
        """The last `count` rows, or what came after entry number `since`."""
        if since is not None:
            if since > self._room.number:
                self._call.error(f"chatd: --since {since} is beyond the newest event, {self._room.number}")
            self._cursor = min(since, self._room.number)
            await self.catch_up()
            return
        seq = max(1, self._room.seq - count + 1)
        growing: list[LiveRow] = []
        while count and seq < self._first_in_memory():
            for row in await self._hub.log.page_from(self._room.id, seq, PAGE):
                if seq < self._first_in_memory():
                    await self._row("added", row.added, row)
                    growing += [LiveRow(row)] if row.is_open else []
                    seq += 1
        # From here on nothing waits until all is put together: the cursor and the rows belong to one moment.
        cursor = self._cursor = self._room.number
        newest = [live for live in self._room.tail(self._room.seq) if count and live.head.seq >= seq]
        told = [("added", live.head.added, live.row) for live in newest]
        told += [("lagged", cursor, live.row) for live in map(self._now, growing) if live is not None]
        for event, number, row in told:
            await self._row(event, number, row)
        for live in growing:
            if self._room.get(live.head.id) is None:  # it has ended since, and is no longer in memory
                ended = await self._hub.log.row(live.head.id)
                await self._row("lagged", cursor, live.row if ended is None else ended)

    def _now(self, read: LiveRow) -> LiveRow | None:
        """A row that was open when its page was read, if it is in memory and has changed since."""
        live = self._room.get(read.head.id)
        changed = live is not None and (live.length != read.length or not live.head.is_open)
        return live if changed else None

    def _first_in_memory(self) -> int:
        tail = self._room.tail(self._room.seq)
        return tail[0].head.seq if tail else self._room.seq + 1

    async def follow(self, bell: Bell) -> None:
        """Go on until cancelled; `bell` is rung by the room."""
        while True:
            await self.catch_up()
            await self._call.sent()
            await bell.wait()  # rings during the catching up are kept

    async def catch_up(self) -> None:
        """Print everything up to now."""
        while True:
            entries = self._room.since(self._cursor)
            if isinstance(entries, Behind):
                await self._read_changed()
                continue
            # Taken at one moment: a move never carries a number that an entry still to be printed goes below.
            moves = self._hub.lobby.presence(self._room).since(self._moves)
            if not entries and not moves:
                return
            for entry in entries:
                await self._event(entry)
                self._cursor = max(self._cursor, entry.number)
            for move in moves:
                await self._move(move)

    async def _read_changed(self) -> None:
        """One page of what changed and is no longer in memory as entries."""
        start, newest = self._cursor, self._room.number
        changed = await self._hub.log.read(self._room.id, start, PAGE)
        for entry in changed:
            event = "added" if entry.row.added > start else "lagged"
            await self._row(event, entry.number, entry.row)
            self._cursor = entry.number
        if not changed:
            self._cursor = max(self._cursor, newest)

    async def _event(self, entry: Entry) -> None:
        match entry:
            case Added(number=number, row=row):
                await self._row("added", number, row)
            case Grew(number=number):
                if self._json:
                    event = {"event": "grew", "row_id": entry.row_id, "offset": entry.offset, "delta": entry.text}
                    await self._call.send_json({**event, "n": number})
                    self._printed()
            case Finished(number=number, row_id=row_id):
                live = self._room.get(row_id)
                # So many rows may have come after it that the room has forgotten it.
                ended = live.row if live is not None else await self._hub.log.row(row_id)
                if ended is not None:
                    await self._row("finished", number, ended)
            case TopicSet():
                pass  # the row that comes with it tells of it
            case _:
                assert_never(entry)

    async def _row(self, event: str, number: int, row: Row) -> None:
        if self._json:
            await self._call.send_json({"event": event, "row": row_json(row), "n": number})
        elif row.is_open:
            return
        else:
            await self._call.send_row(row)
        self._printed(row.content)

    def _printed(self, text: str = "") -> None:
        """An event is out, of a row with this text."""
        if self._left is not None:
            self._left -= 1
        if self._left == 0 or (self._until is not None and self._until in text):
            raise Enough

    async def _move(self, move: Move) -> None:
        self._moves = move.index
        if self._json:
            event = "joined" if move.joined else "left"
            await self._call.send_json({"event": event, "name": move.name, "n": max(self._cursor, move.entry)})
            self._printed()
