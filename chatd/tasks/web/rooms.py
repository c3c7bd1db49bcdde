"""Making rooms, and setting what they are like."""

from __future__ import annotations

from functools import partial

from chatd.core.room_settings import room_setting
from chatd.errors import WrongField
from chatd.ports import Route, WebReply, WebRequest
from chatd.tasks.chat.entering import make_room
from chatd.tasks.chat.room_settings import differing, set_room
from chatd.tasks.web.bodies import read_json
from chatd.tasks.web.front import WebFront
from chatd.tasks.web.reading import named_room, room_told
from chatd.tasks.web.replies import reply_json


def routes(front: WebFront) -> list[Route]:
    """This part of the table."""
    return [
        Route("POST", "/api/v1/rooms", partial(_make, front)),
        Route("PATCH", "/api/v1/rooms/{room}", partial(_set, front)),
    ]


async def _make(front: WebFront, request: WebRequest, reply: WebReply) -> None:
    with front.callers.acting(request) as caller:
        body = await read_json(request)
        room = await make_room(front.hub, caller.visitor, body.text("name"))
        await reply_json(reply, await room_told(front, caller, room), status=201)


async def _set(front: WebFront, request: WebRequest, reply: WebReply) -> None:
    """Whoever sends what is set already changes nothing and is told how the room stands. null takes a value away."""
    with front.callers.acting(request) as caller:
        hub, room, body = front.hub, await named_room(front, caller, request), await read_json(request)
        if not body.value:
            raise WrongField("", "name what is to be set")
        wanted: dict[str, str] = {}
        for name in body.value:
            if (setting := room_setting(name).name) in wanted:  # in capitals, too
                raise body.wrong(name, f"{setting} is named twice")
            wanted[setting] = body.text(name, "")
        if changed := differing(hub, caller.visitor, room, wanted):
            await hub.recorder.confirm(set_room(hub, caller.visitor, room, changed))
        await reply_json(reply, await room_told(front, caller, room))
