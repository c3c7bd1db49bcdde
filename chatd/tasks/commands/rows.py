"""Commands that read rows: history, tail."""

from __future__ import annotations

import argparse

from chatd.core.lobby import LOBBY, Move
from chatd.core.room import Behind, LiveRow, Room
from chatd.core.row import Added, Entry, Finished, Grew
from chatd.errors import Exit, NotFound
from chatd.tasks.bell import Bell
from chatd.tasks.commands.call import Call, Command, Parser
from chatd.tasks.commands.talk import open_named
from chatd.tasks.session.line_front import row_line
from chatd.wire.jsonl import row_json

DEFAULT_HISTORY = 50
DEFAULT_TAIL = 20


def commands() -> list[Command]:
    """This family's rows of the command table."""
    history = Parser(prog="history", description="a room's rows, oldest first", add_help=False)
    history.add_argument("--limit", type=_count, default=DEFAULT_HISTORY, metavar="N", help="at most 1,000")
    history.add_argument("--before", metavar="ID", help="rows before this one")
    tail = Parser(prog="tail", description="a room's last rows, and with --follow what comes after", add_help=False)
    tail.add_argument("-n", type=_count, default=DEFAULT_TAIL, metavar="N")
    tail.add_argument("--follow", action="store_true")
    tail.add_argument("--since", type=_count, metavar="N", help="resume after event number N; misses nothing")
    for parser in (history, tail):
        parser.add_argument("room", nargs="?", default=LOBBY, metavar="ROOM")
        parser.add_argument("--json", action="store_true", help="JSON Lines")
    return [
        Command("history", "a room's rows: history [ROOM] [--limit N] [--before ID] [--json]", history, _history),
        Command("tail", "its newest: tail [ROOM] [-n N] [--follow] [--since N] [--json]", tail, _tail),
    ]


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError("a number from 0 on")
    return number


async def _history(call: Call) -> int:
    room = await open_named(call, call.arguments.room)
    limit = min(call.arguments.limit, call.hub.limits.max_history_page)
    before = None
    if call.arguments.before is not None:
        row = await call.hub.log.row(call.arguments.before)
        if row is None or row.buffer_id != room.buffer_id:
            raise NotFound(f"there is no row {call.arguments.before[:40]!r} in {room.name}")
        before = row.seq
    for row in await call.hub.page(room, limit, before) if limit else []:
        if call.arguments.json:
            call.json(row_json(row))
        else:
            call.raw(row_line(LiveRow(row)) + "\n")
    await call.sent()
    return Exit.OK


async def _tail(call: Call) -> int:
    room = await open_named(call, call.arguments.room)
    follower = _Follower(call, room)
    bell = Bell()
    call.hub.recorder.watch(room, bell)
    try:
        await follower.backlog(call.arguments.n, call.arguments.since)
        await call.sent()
        while call.arguments.follow:
            await bell.wait()
            await follower.catch_up()
            await call.sent()
    finally:
        call.hub.recorder.unwatch(room, bell)
    return Exit.OK


class _Follower:
    """Prints a room's events in order, from a cursor of its own."""

    def __init__(self, call: Call, room: Room) -> None:
        self._call = call
        self._room = room
        self._json = call.arguments.json
        self._cursor = room.number
        self._moves = call.hub.lobby.presence(room).index

    async def backlog(self, count: int, since: int | None) -> None:
        if since is not None:
            self._cursor = since
            await self.catch_up()
            return
        rows, self._cursor = await self._call.hub.snapshot(self._room, count)
        for live in rows:
            self._row("added", live.head.added, live)

    async def catch_up(self) -> None:
        entries = self._room.since(self._cursor)
        if isinstance(entries, Behind):
            since = self._cursor
            self._cursor = self._room.number
            for changed in await self._call.hub.log.read(self._room.id, since):
                self._row("added" if changed.row.added > since else "lagged", changed.number, LiveRow(changed.row))
                self._cursor = max(self._cursor, changed.number)
            return
        for entry in entries:
            self._event(entry)
            self._cursor = entry.number
        for move in self._call.hub.lobby.presence(self._room).since(self._moves):
            self._move(move)

    def _event(self, entry: Entry) -> None:
        match entry:
            case Added(number=number, row=row):
                self._row("added", number, LiveRow(row))
            case Grew(number=number):
                if self._json:
                    event = {"event": "grew", "row_id": entry.row_id, "offset": entry.offset, "delta": entry.text}
                    self._call.json({**event, "n": number})
            case Finished(number=number, row_id=row_id):
                live = self._room.get(row_id)
                if live is not None:
                    self._row("finished", number, live)

    def _row(self, event: str, number: int, live: LiveRow) -> None:
        if self._json:
            self._call.json({"event": event, "row": row_json(live.row), "n": number})
        elif not live.head.is_open:
            self._call.raw(row_line(live) + "\n")

    def _move(self, move: Move) -> None:
        self._moves = move.index
        if self._json:
            event = "joined" if move.joined else "left"
            self._call.json({"event": event, "name": move.name, "n": max(move.entry, 0)})
