"""What can be done: saying something, asking, stopping an answer, having read."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from hashlib import sha256

import trio

from chatd.core.line import split_question
from chatd.core.room import Room
from chatd.core.row import Row
from chatd.core.visit import Kind, Visitor
from chatd.errors import NotFound
from chatd.ports import Route, WebReply, WebRequest
from chatd.tasks.chat.ask import MAX_ASKED
from chatd.tasks.chat.cancel import cancel, find
from chatd.tasks.chat.say import check_message, say
from chatd.tasks.chat.visiting import logged_in
from chatd.tasks.web.bodies import read_json
from chatd.tasks.web.front import WebFront
from chatd.tasks.web.reading import named_room
from chatd.tasks.web.replies import reply_empty, reply_json
from chatd.wire.jsonl import row_json

MAX_CLIENT_ID = 200
"""Characters of what a client calls a row of its own."""

ID_LENGTH = 31
"""Hexadecimal digits of an id that is made of such a name: 124 bits, so that no two are ever the same."""

logger = logging.getLogger("chatd.web")


def routes(front: WebFront) -> list[Route]:
    """This part of the table."""
    poster = Poster(front)
    return [
        Route("POST", "/api/v1/rooms/{room}/rows", poster.post),
        Route("POST", "/api/v1/rooms/{room}/ask", partial(_ask, front)),
        Route("POST", "/api/v1/rooms/{room}/read", partial(_read, front)),
        Route("POST", "/api/v1/mentions/{id}/cancel", partial(_cancel, front)),
    ]


class Poster:
    """Posts rows. One that a client has a name for (`client_id`) is posted once, however often it is sent: its id is
    made of that name.
    """

    def __init__(self, front: WebFront) -> None:
        self._front = front
        self._under_way: dict[str, trio.Event] = {}
        """Rows with such names that are being posted, by their ids; set when that is over."""

    async def post(self, request: WebRequest, reply: WebReply) -> None:
        """`POST rooms/{room}/rows`: 201 with the row, 200 when it was there already."""
        with self._front.callers.acting(request) as caller:
            room, asked = await named_room(self._front, caller, request), await read_json(request)
            text, client_id = asked.text("text"), asked.text("client_id", "")
            if len(client_id) > MAX_CLIENT_ID:
                raise asked.wrong("client_id", f"up to {MAX_CLIENT_ID} characters are taken")
            if not client_id:
                row_id, known = await self._write(caller.visitor, room, text), False
            else:
                row_id = _row_id(caller.visitor, room, client_id)
                async with self._alone_with(row_id):
                    # Whoever sent it before may have left while the disk was waited for: it comes all the same.
                    promised = self._front.hub.recorder.adding(room, row_id)
                    if promised is not None:
                        await self._front.hub.recorder.confirm(promised)
                    known = await self._find(room, row_id) is not None
                    if not known:
                        await self._write(caller.visitor, room, text, row_id, client_id)
            row = await self._find(room, row_id)
            if row is None:
                raise NotFound("the row is gone with its room")
            await reply_json(reply, row_json(row), status=200 if known else 201)

    @asynccontextmanager
    async def _alone_with(self, row_id: str) -> AsyncIterator[None]:
        while (other := self._under_way.get(row_id)) is not None:
            await other.wait()
        own = self._under_way[row_id] = trio.Event()
        try:
            yield
        finally:
            del self._under_way[row_id]
            own.set()

    async def _write(self, visitor: Visitor, room: Room, text: str, row_id: str | None = None, name: str = "") -> str:
        """Say it, or ask when it asks; returns the row's id when it is on disk."""
        hub, about = self._front.hub, {"client_id": name} if name else {}
        question = split_question(text)
        if question is not None:
            names, message = question
            asked = await self._front.detached.ask(
                visitor, room, names, message, typed=text.strip(), row_id=row_id, about=about
            )
            return asked.row_id
        check_message(hub, text)
        row_id = row_id or hub.ids.new()
        async with logged_in(hub, visitor, logger.debug):
            await hub.recorder.confirm(say(hub, visitor, room, text.strip(), row_id=row_id, meta=about))
        return row_id

    async def _find(self, room: Room, row_id: str) -> Row | None:
        live = room.get(row_id)
        return live.row if live is not None else await self._front.hub.archive.row(row_id)


def _row_id(visitor: Visitor, room: Room, client_id: str) -> str:
    """The id of a row that its client has a name for: the same for the same person, room and name."""
    whole = "\0".join((visitor.fingerprint or visitor.name, visitor.name, room.id, client_id))
    return "c" + sha256(whole.encode("utf-8", "replace")).hexdigest()[:ID_LENGTH]


async def _ask(front: WebFront, request: WebRequest, reply: WebReply) -> None:
    with front.callers.acting(request) as caller:
        room, body = await named_room(front, caller, request), await read_json(request)
        models, text = body.texts("models", MAX_ASKED), body.text("text").strip()
        if not models:
            raise body.wrong("models", "the names of one or more models are wanted")
        called = ",".join(front.hub.models.find(name.removeprefix("@")).info.name for name in models)
        typed = f"@{called} {text}"
        asked = await front.detached.ask(caller.visitor, room, called.split(","), text, typed=typed)
        mentions = [answer.id for answer in asked.answers]
        await reply_json(reply, {"row_id": asked.row_id, "mention_ids": mentions}, status=202)


async def _cancel(front: WebFront, request: WebRequest, reply: WebReply) -> None:
    with front.callers.acting(request) as caller:
        answer = find(front.hub, caller.visitor, request.parts["id"])
        cancel([answer])
        await reply_json(reply, {"mention_id": answer.id, "model": answer.facts.model}, status=202)


async def _read(front: WebFront, request: WebRequest, reply: WebReply) -> None:
    with front.callers.acting(request) as caller:
        room, store = await named_room(front, caller, request), front.hub.read_markers
        async with store.opened(caller.visitor) as markers:
            markers.enter(room)
            markers.leave(room)
            if caller.visitor.kind is Kind.MEMBER:
                await store.save(markers)
        await reply_empty(reply)
