"""Commands that read rows: history, tail, search."""

from __future__ import annotations

import argparse

import trio

from chatd.core.lobby import LOBBY
from chatd.core.row import Row
from chatd.core.sanitize import sanitize_line
from chatd.core.search import as_typed, parse_query
from chatd.core.times import iso
from chatd.errors import Exit, NotFound, UsageError
from chatd.tasks.chat.pages import Pages
from chatd.tasks.commands.call import Call, Command, Parser
from chatd.tasks.commands.follower import Enough, Follower
from chatd.tasks.commands.talk import open_named
from chatd.tasks.log.bell import Bell
from chatd.tasks.slices import snippet
from chatd.wire.jsonl import row_json

DEFAULT_HISTORY = 50
DEFAULT_TAIL = 20

SEARCH_PAGE = 20
"""Rows that a search fetches at once: each may be a whole long answer, and the client may be slow to take it."""

_SEARCH = (
    'messages that have all these words, newest first, in every room you may read; "a phrase" has its words side by'
    " side, from:NAME is by NAME; nothing found: exit status 1"
)


_TAIL = "its newest: tail [ROOM] [-n N] [--follow] [--since N] [--count N] [--until TEXT] [--json]"


def commands() -> list[Command]:
    """This family's rows of the command table."""
    history = Parser(prog="history", description="a room's rows, oldest first", add_help=False)
    history.add_argument("--limit", type=_count, default=DEFAULT_HISTORY, metavar="N", help="at most 1,000")
    history.add_argument("--before", metavar="ID", help="rows before this one")
    tail = Parser(prog="tail", description="a room's last rows, and with --follow what comes after", add_help=False)
    tail.add_argument("-n", type=_count, default=DEFAULT_TAIL, metavar="N")
    tail.add_argument("--follow", action="store_true")
    tail.add_argument("--since", type=_count, metavar="N", help="resume after event number N; misses nothing")
    tail.add_argument("--count", type=_count, metavar="N", help="end after N events, at least one")
    tail.add_argument("--until", metavar="TEXT", help="end after a row that has this text in it")
    for parser in (history, tail):
        parser.add_argument("room", nargs="?", default=LOBBY, metavar="ROOM")
    search = Parser(prog="search", description=_SEARCH, add_help=False)
    search.add_argument("text", nargs="+", metavar="TEXT")
    search.add_argument("--room", metavar="R", help="in this room alone")
    for parser in (history, tail, search):
        parser.add_argument("--json", action="store_true", help="JSON Lines")
    return [
        Command("history", "a room's rows: history [ROOM] [--limit N] [--before ID] [--json]", history, _history),
        Command(
            "tail",
            _TAIL,
            tail,
            _tail,
        ),
        Command("search", "what was said, newest first: search TEXT [--room R] [--json]", search, _search),
    ]


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text[:20]!r} is not a number from 0 on")
    return int(text)


async def _history(call: Call) -> int:
    limit, most = call.arguments.limit, call.hub.limits.max_history_page
    if limit > most:
        raise UsageError(f"history: {limit} rows asked for, the limit is {most} a call; --before ID pages")
    room = await open_named(call, call.arguments.room)
    last = room.seq
    if call.arguments.before is not None:
        row = await call.hub.log.row(call.arguments.before)
        if row is None or row.buffer_id != room.buffer_id:
            raise NotFound(f"there is no row {call.arguments.before[:40]!r} in {room.name}")
        last = row.seq - 1
    pages = Pages(call.hub.log, room.id, last - limit + 1, last)
    while page := await pages.next():
        for row in page:
            await (call.send_json(row_json(row)) if call.arguments.json else call.send_row(row))
    await call.sent()
    return Exit.OK


async def _tail(call: Call) -> int:
    room = await open_named(call, call.arguments.room)
    bell = Bell()
    call.hub.recorder.watch(room, bell)
    try:
        follower = Follower(call, room)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_follow, call, follower, bell, nursery.cancel_scope)
            if call.arguments.follow:
                await call.stdin.watch_keys()
                nursery.cancel_scope.cancel()
    finally:
        call.hub.recorder.unwatch(room, bell)
    return Exit.OK


async def _follow(call: Call, follower: Follower, bell: Bell, scope: trio.CancelScope) -> None:
    """Print until there is no more to print; then the command is over."""
    try:
        await follower.backlog(call.arguments.n, call.arguments.since)
        await call.sent()
        if call.arguments.follow:
            await follower.follow(bell)
    except Enough:
        await call.sent()
    scope.cancel()


async def _search(call: Call) -> int:
    hub, query = call.hub, parse_query(as_typed(call.arguments.text))
    named = call.arguments.room
    rooms = [await open_named(call, named)] if named is not None else hub.lobby.visible(call.visitor.name)
    room_ids = [room.id for room in rooms]
    last: Row | None = None
    left = hub.limits.max_history_page
    while left:
        found = await hub.log.search(room_ids, query, min(left, SEARCH_PAGE), last.id if last is not None else None)
        for row in found:
            if call.arguments.json:
                await call.send_json(row_json(row))
            else:
                await call.send(_hit_line(row, await snippet(row.content, query)))
            last = row
        left -= len(found)
        if len(found) < SEARCH_PAGE:
            break
    if not left:
        call.error(f"chatd: the newest {hub.limits.max_history_page} are shown; more words find fewer")
    await call.sent()
    return Exit.OK if last is not None else Exit.FAILED


def _hit_line(row: Row, line: str) -> str:
    where = f"{row.room} {row.seq} {iso(row.created_at)}"
    return sanitize_line(f"{where} {row.author}: {line}") + "\n"
