"""What happens, as server-sent events: in one room, or what is new in all of somebody's."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from functools import partial

import trio

from chatd.core.room import Room
from chatd.errors import ServerStopping, UsageError
from chatd.ports import Route, WebReply, WebRequest
from chatd.tasks.chat.facts import STOPPING
from chatd.tasks.chat.follow import Follower, following
from chatd.tasks.chat.read_markers import ReadMarkers
from chatd.tasks.chat.reading import readable
from chatd.tasks.chat.room_events import Event, event_json
from chatd.tasks.chat.stopping import until_stopped
from chatd.tasks.chat.visiting import logged_in
from chatd.tasks.log.bell import Bell
from chatd.tasks.log.throttle import Throttle
from chatd.tasks.web.callers import WebCaller
from chatd.tasks.web.event_stream import EventStream, event_stream, next_of
from chatd.tasks.web.front import WebFront
from chatd.tasks.web.progress_told import ProgressInRoom
from chatd.tasks.web.reading import count, named_room
from chatd.wire.jsonl import encode
from chatd.wire.web.sse import encode_event

logger = logging.getLogger("chatd.web")

BACKLOG = 20
"""Rows that are told first, as of `tail`."""

NEWS_S = 0.5
"""Between two looks at what is new in all rooms: it is a number in a list."""


def routes(front: WebFront) -> list[Route]:
    """This part of the table."""
    return [
        Route("GET", "/api/v1/rooms/{room}/events", partial(_of_room, front)),
        Route("GET", "/api/v1/events", partial(_of_all, front)),
    ]


async def _of_room(front: WebFront, request: WebRequest, reply: WebReply) -> None:
    hub = front.hub
    with front.callers.reading(request) as caller:
        room = await named_room(front, caller, request)
        since = _since(request, room)
        last = 0 if since is not None else count(request, "last", BACKLOG, hub.limits.max_history_page)
        progress = ProgressInRoom(hub, room) if "answers" in request.query else None
        async with _present(front, caller), following(hub, room, last=last, since=since) as events:
            with _inside(front, caller, room) if "here" in request.query else nullcontext():
                async with event_stream(reply, comes_again=True) as stream:
                    await _send(front, stream, events, progress)


@contextmanager
def _inside(front: WebFront, caller: WebCaller, room: Room) -> Iterator[None]:
    """Whoever has a name is in the room, for all to see, while the block runs. Raises NotFound when it is gone."""
    hub, visitor = front.hub, caller.visitor
    if caller.is_nameless:
        yield
        return
    hub.check_exists(room)
    hub.enter(room, visitor)
    try:
        yield
    finally:
        hub.leave(room, visitor)


def _since(request: WebRequest, room: Room) -> int | None:
    """The number after which to go on: what a browser says by itself counts before the address it was given.

    Raises UsageError for what is no number of an event that has been.
    """
    said = request.headers.get("last-event-id") or request.query.get("since")
    if said is None:
        return None
    if not (said.isascii() and said.isdecimal()) or len(said) > 18 or int(said) > room.number:
        raise UsageError(f"{said[:20]!r} is no number of an event here; the newest is {room.number}")
    return int(said)


async def _send(front: WebFront, stream: EventStream, events: Follower, progress: ProgressInRoom | None) -> None:
    """Send events until the client leaves or the server stops. Their numbers are their ids, but for those of the
    backlog, which are in the order of the rows: behind them stands the number of all that has been told. Between them
    `progress` is told, of answers that run.
    """
    backlog = True
    take = partial(anext, events)
    async with until_stopped(front.hub, logger.debug):
        while True:
            if backlog and events.is_past_backlog:
                backlog = False
                await stream.add(encode_id(events.number))
            if progress is not None and events.is_past_backlog and (told := progress.news()):
                await stream.add(told)
            if not events.pending:
                await stream.flush()
            event = await (next_of(stream, take) if progress is None else progress.next_of(stream, take))
            if event is None:
                continue
            assert isinstance(event, Event)
            number = None if events.is_backlog else str(event.number)
            await stream.add(encode_event(encode(event_json(event)), event_id=number))


def encode_id(number: int) -> bytes:
    """What is remembered as the id of the last event, without an event."""
    return f"id: {number}\n\n".encode()


# --- all rooms


async def _of_all(front: WebFront, request: WebRequest, reply: WebReply) -> None:
    with front.callers.reading(request) as caller:
        async with _present(front, caller), event_stream(reply, comes_again=True) as stream:
            await NewsOfRooms(front, caller).send(stream)


class NewsOfRooms:
    """What one person is told of all rooms they may read: how many rows there are, and how many they have not read."""

    def __init__(self, front: WebFront, caller: WebCaller) -> None:
        self._hub = front.hub
        self._visitor = caller.visitor
        self._told: dict[str, tuple[int, int]] = {}
        """Rows and unread ones of each room, as they were told last."""

    async def send(self, stream: EventStream) -> None:
        """Tell of every room, then of those in which something is new, until the client leaves or the server stops."""
        hub, bell = self._hub, Bell()
        throttle = Throttle(bell.ring, lambda: NEWS_S)
        hub.recorder.anywhere.hang(throttle)
        try:
            async with (
                hub.read_markers.opened(self._visitor) as markers,
                until_stopped(hub, logger.debug),
                trio.open_nursery() as nursery,
            ):
                nursery.start_soon(throttle.run)
                while True:
                    await self._tell(stream, markers)
                    await next_of(stream, bell.wait)
        finally:
            hub.recorder.anywhere.unhang(throttle)

    async def _tell(self, stream: EventStream, markers: ReadMarkers) -> None:
        rooms = {room.name: room for room in readable(self._hub, self._visitor)}
        for name in [name for name in self._told if name not in rooms]:
            del self._told[name]
            await stream.add(encode_event(encode({"event": "gone", "room": name})))
        for name, room in rooms.items():
            now = (room.seq, markers.unread(room))
            if self._told.get(name) != now:
                self._told[name] = now
                told = {"event": "news", "room": name, "rows": now[0], "unread": now[1], "n": room.number}
                await stream.add(encode_event(encode(told)))
        await stream.flush()


@asynccontextmanager
async def _present(front: WebFront, caller: WebCaller) -> AsyncIterator[None]:
    """Whoever has a name is here while the block runs, and a login that goes ends it. Raises ServerStopping: who
    comes again meanwhile is not let begin anew.
    """
    hub = front.hub
    if hub.stopping.is_set():
        raise ServerStopping(STOPPING)
    if caller.is_nameless:
        yield
        return
    async with logged_in(hub, caller.visitor, logger.debug), trio.open_nursery() as nursery:
        nursery.start_soon(_until_ended, front, caller, nursery.cancel_scope)
        yield
        nursery.cancel_scope.cancel()


async def _until_ended(front: WebFront, caller: WebCaller, scope: trio.CancelScope) -> None:
    if caller.bearer is not None:
        await front.hub.credentials.ended(caller.bearer)
    else:
        await front.callers.guests.ended(caller.visitor)
    scope.cancel()
