"""Commands that read rows: history, tail, search."""

from __future__ import annotations

import argparse

import trio

from chatd.core.lobby import LOBBY
from chatd.core.row import Row
from chatd.core.sanitize import sanitize_line
from chatd.core.search import as_typed, parse_query
from chatd.core.times import iso
from chatd.errors import Exit
from chatd.tasks.chat.entering import open_named
from chatd.tasks.chat.follow import Follower, following
from chatd.tasks.chat.reading import Found, history, readable
from chatd.tasks.chat.room_events import Event, RowEvent, event_json
from chatd.tasks.commands.call import Call, Command, Parser
from chatd.tasks.slices import snippet
from chatd.wire.jsonl import row_json

DEFAULT_HISTORY = 50
DEFAULT_TAIL = 20

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
    tail.add_argument("--count", type=_at_least_one, metavar="N", help="end after N events, at least one")
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


def _at_least_one(text: str) -> int:
    if not (number := _count(text)):
        raise argparse.ArgumentTypeError("0 events are none; it ends after one at least")
    return number


async def _history(call: Call) -> int:
    room = await open_named(call.hub, call.visitor, call.arguments.room)
    pages = await history(call.hub, room, call.arguments.limit, before=call.arguments.before)
    while page := await pages.next():
        for row in page:
            await (call.send_json(row_json(row)) if call.arguments.json else call.send_row(row))
    await call.sent()
    return Exit.OK


async def _tail(call: Call) -> int:
    room = await open_named(call.hub, call.visitor, call.arguments.room)
    chosen = call.arguments
    follow = following(call.hub, room, last=chosen.n, since=chosen.since, on=chosen.follow)
    async with follow as events, trio.open_nursery() as nursery:
        nursery.start_soon(_print, call, events, nursery.cancel_scope)
        if chosen.follow:
            await call.stdin.watch_keys()
            nursery.cancel_scope.cancel()
    return Exit.OK


async def _print(call: Call, events: Follower, scope: trio.CancelScope) -> None:
    """Print events until there are no more, or there is enough; then the command is over."""
    if events.beyond:
        call.error(f"chatd: --since {call.arguments.since} is beyond the newest event, {events.newest}")
    left, until = call.arguments.count, call.arguments.until
    async for event in events:
        if not await (_send_event if call.arguments.json else _send_line)(call, event):
            continue
        left = None if left is None else left - 1
        found = until is not None and isinstance(event, RowEvent) and until in event.row.content
        if left == 0 or found:
            break
        if not events.pending:
            await call.sent()
    await call.sent()
    scope.cancel()


async def _send_line(call: Call, event: Event) -> bool:
    """As text only rows that have become whole are printed; returns whether this was one."""
    if not isinstance(event, RowEvent) or event.row.is_open or event.kind == "changed":
        return False
    await call.send_row(event.row)
    return True


async def _send_event(call: Call, event: Event) -> bool:
    """As JSON every event is printed."""
    await call.send_json(event_json(event))
    return True


async def _search(call: Call) -> int:
    hub, query, named = call.hub, parse_query(as_typed(call.arguments.text)), call.arguments.room
    rooms = [await open_named(hub, call.visitor, named)] if named is not None else readable(hub, call.visitor)
    found = Found(hub, rooms, query)
    while hits := await found.next():
        for row in hits:
            if call.arguments.json:
                await call.send_json(row_json(row))
            else:
                await call.send(_hit_line(row, await snippet(row.content, query)))
    if found.cut:
        call.error(f"chatd: the newest {hub.limits.max_history_page} are shown; more words find fewer")
    await call.sent()
    return Exit.OK if found.any else Exit.FAILED


def _hit_line(row: Row, line: str) -> str:
    where = f"{row.room} {row.seq} {iso(row.created_at)}"
    return sanitize_line(f"{where} {row.author}: {line}") + "\n"
