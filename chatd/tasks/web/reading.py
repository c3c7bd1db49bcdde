"""What can be looked at: who one is, models, rooms, rows, what a search finds, the server in numbers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from chatd.core.live_row import LiveRow
from chatd.core.room import Room
from chatd.core.search import parse_query
from chatd.core.visit import Visitor
from chatd.errors import NotFound, UsageError
from chatd.ports import Route, WebReply, WebRequest
from chatd.tasks.chat import views
from chatd.tasks.chat.entering import open_named
from chatd.tasks.chat.pages import Pages
from chatd.tasks.chat.reading import Found, readable
from chatd.tasks.chat.room_settings import settings_view
from chatd.tasks.chat.stats import server_stats
from chatd.tasks.slices import sanitized
from chatd.tasks.web.callers import WebCaller
from chatd.tasks.web.front import WebFront
from chatd.tasks.web.replies import reply_json
from chatd.wire.export import Format, head, row_as
from chatd.wire.jsonl import dump, row_json

ROWS = 50
"""Of a page, when nobody says how many."""

_EXPORTS = {Format.MD: "text/markdown", Format.JSONL: "application/jsonl", Format.TEXT: "text/plain"}


def routes(front: WebFront) -> list[Route]:
    """This part of the table."""
    table = {
        "/api/v1/me": _me, "/api/v1/models": _models, "/api/v1/rooms": _rooms, "/api/v1/rooms/{room}": _room,
        "/api/v1/rooms/{room}/rows": _rows, "/api/v1/rooms/{room}/export": _export, "/api/v1/search": _search,
        "/api/v1/stats": _stats,
    }  # fmt: skip
    return [Route("GET", path, partial(handler, front)) for path, handler in table.items()]


async def _me(front: WebFront, request: WebRequest, reply: WebReply) -> None:
    with front.callers.reading(request) as caller:
        visitor, bearer = caller.visitor, caller.bearer
        rooms = [name for name in front.hub.lobby.rooms_of(visitor.name) if front.hub.lobby.find(name, visitor.name)]
        await reply_json(reply, {
            "name": visitor.name or None, "kind": visitor.kind, "fingerprint": visitor.fingerprint, "rooms": rooms,
            "read_only": caller.is_nameless or (bearer is not None and bearer.read_only),
            "login": caller.login, "anonymous": front.terms.anonymous,
            "server": front.hub.facts.name, "version": front.hub.facts.version,
        })  # fmt: skip


async def _models(front: WebFront, request: WebRequest, reply: WebReply) -> None:
    with front.callers.reading(request):
        models = [views.model_view(front.hub, model) for _, model in front.hub.models.items()]
        await reply_json(reply, {"models": models})


async def _rooms(front: WebFront, request: WebRequest, reply: WebReply) -> None:
    with front.callers.reading(request) as caller:
        hub = front.hub
        async with hub.read_markers.opened(caller.visitor) as markers:
            rooms = [views.room_summary(hub, room, markers.unread(room)) for room in readable(hub, caller.visitor)]
        await reply_json(reply, {"rooms": rooms})


async def _room(front: WebFront, request: WebRequest, reply: WebReply) -> None:
    with front.callers.reading(request) as caller:
        room = await named_room(front, caller, request)
        await reply_json(reply, await room_told(front, caller, room))


async def room_told(front: WebFront, caller: WebCaller, room: Room) -> dict[str, object]:
    """A room with what is set of it, who is in it and which answers run. Raises StorageError."""
    hub = front.hub
    async with hub.read_markers.opened(caller.visitor) as markers:
        summary = views.room_summary(hub, room, markers.unread(room))
    people = [views.person_view(hub, person) for person in hub.lobby.people if person.name in hub.lobby.members(room)]
    answers = [views.answer_view(a, None, hub.clock.now_ms()) for a in hub.answers.in_room(room)]
    return {**summary, "settings": settings_view(room), "people": people, "answers": answers, "n": room.number}


async def _rows(front: WebFront, request: WebRequest, reply: WebReply) -> None:
    with front.callers.reading(request) as caller:
        room = await named_room(front, caller, request)
        limit = count(request, "limit", ROWS, front.hub.limits.max_history_page)
        first, last = await _span(front, room, request.query, limit)
        # The newest rows are taken from memory, with the number of the moment: whoever follows from it misses nothing.
        live = {row.head.seq: row for row in room.tail(room.seq)}
        number = room.number
        rows = [_row(live[seq]) for seq in range(first, last + 1) if seq in live]
        if len(rows) < last - first + 1:
            rows = await _from_log(front, room, first, last)
        await reply_json(reply, {
            "rows": rows, "before": rows[0]["id"] if rows and first > 1 else None,
            "next": rows[-1]["id"] if rows and last < room.seq else None, "n": number,
        })  # fmt: skip


async def _span(front: WebFront, room: Room, query: Mapping[str, str], limit: int) -> tuple[int, int]:
    """The first and the last seq of the rows that are asked for: the newest, or those before or after one."""
    for key in ("before", "after"):
        if row_id := query.get(key):
            row = await front.hub.archive.row(row_id)
            if row is None or row.buffer_id != room.buffer_id:
                raise NotFound(f"there is no row {row_id[:40]!r} in {room.name}")
            if key == "after":
                return row.seq + 1, min(room.seq, row.seq + limit)
            return max(1, row.seq - limit), row.seq - 1
    return max(1, room.seq - limit + 1), room.seq


async def _from_log(front: WebFront, room: Room, first: int, last: int) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    pages = Pages(front.hub.archive, room.id, first, last)
    while page := await pages.next():
        rows += map(row_json, page)
    return rows


def _row(live: LiveRow) -> dict[str, object]:
    return row_json(live.row)


async def _export(front: WebFront, request: WebRequest, reply: WebReply) -> None:
    with front.callers.reading(request) as caller:
        room, named = await named_room(front, caller, request), request.query.get("format", Format.MD)
        if named not in tuple(Format):
            raise UsageError(f"format is {named[:20]!r}; md, jsonl or text is")
        form, last = Format(named), room.seq
        await reply.start(200, [
            ("content-type", f"{_EXPORTS[form]}; charset=utf-8"), ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"), ("content-disposition", f'attachment; filename="chatd.{form}"'),
        ])  # fmt: skip
        await reply.send(head(room.name, room.topic, form).encode())
        pages = Pages(front.hub.archive, room.id, 1, last)
        while page := await pages.next():
            for row in page:
                text = (
                    dump(row_json(row)) + "\n"
                    if form is Format.JSONL
                    else row_as(row, form, await sanitized(row.content))
                )
                await reply.send(text.encode())


async def _search(front: WebFront, request: WebRequest, reply: WebReply) -> None:
    with front.callers.reading(request) as caller:
        named = request.query.get("room")
        rooms = readable(front.hub, caller.visitor) if named is None else [await room_of(front, caller.visitor, named)]
        limit = count(request, "limit", ROWS, front.hub.limits.max_history_page)
        found = Found(front.hub, rooms, parse_query(request.query.get("q", "")))
        rows: list[dict[str, object]] = []
        while len(rows) < limit and (page := await found.next()):
            rows += map(row_json, page[: limit - len(rows)])
        await reply_json(reply, {"rows": rows, "cut": found.cut})


async def _stats(front: WebFront, request: WebRequest, reply: WebReply) -> None:
    with front.callers.reading(request) as caller:
        await reply_json(reply, server_stats(front.hub, caller.visitor))


# --- what a request names


async def named_room(front: WebFront, caller: WebCaller, request: WebRequest) -> Room:
    """The room in the request's path. Raises NotFound, StorageError."""
    return await room_of(front, caller.visitor, request.parts["room"])


async def room_of(front: WebFront, visitor: Visitor, name: str) -> Room:
    """A room by its name; who has no name has none of their own."""
    if not visitor.name and name.startswith("~"):
        raise NotFound(f"there is no room {name[:40]!r}")
    return await open_named(front.hub, visitor, name)


def count(request: WebRequest, key: str, default: int, most: int) -> int:
    """A number in the query. Raises UsageError for what is none, or too much."""
    text = request.query.get(key)
    if text is None:
        return default
    if not (text.isascii() and text.isdecimal()) or len(text) > 18 or not 1 <= int(text) <= most:
        raise UsageError(f"{key} is {text[:20]!r}; a whole number from 1 to {most} is wanted")
    return int(text)
