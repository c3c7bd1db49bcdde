"""A question and its answer in one request: `POST /api/v1/chat/unified/stream`. The client's going away ends both."""

from __future__ import annotations

import logging
from functools import partial

from chatd.core import names
from chatd.core.visit import Kind
from chatd.errors import NotFound
from chatd.ports import Route, WebReply, WebRequest
from chatd.tasks.chat.answering import AnswerEvent, AnswerEventKind, Answering, answering
from chatd.tasks.chat.ask import reserve
from chatd.tasks.chat.hub import Hub
from chatd.tasks.chat.room_settings import model_of
from chatd.tasks.chat.visiting import logged_in
from chatd.tasks.web.bodies import read_json
from chatd.tasks.web.client_reply import CACHED
from chatd.tasks.web.event_stream import EventStream, event_stream, next_of
from chatd.tasks.web.front import WebFront
from chatd.tasks.web.reading import room_of
from chatd.wire.jsonl import encode
from chatd.wire.web.sse import encode_event

logger = logging.getLogger("chatd.web")

MAX_LABEL = 100
"""Characters of the name that a program has for whom it asks: it goes into the row."""


def routes(front: WebFront) -> list[Route]:
    """This part of the table."""
    return [Route("POST", "/api/v1/chat/unified/stream", partial(_stream, front))]


async def _stream(front: WebFront, request: WebRequest, reply: WebReply) -> None:
    """Raises, before the reply has begun, what can be known before the model is asked."""
    hub, asked = front.hub, await read_json(request)
    message, label = asked.text("message"), asked.text("user_id", "")
    if len(label) > MAX_LABEL:
        raise asked.wrong("user_id", f"up to {MAX_LABEL} characters are taken")
    with front.callers.acting(request, label) as caller:
        visitor = caller.visitor
        async with logged_in(hub, visitor, logger.debug):
            room = await room_of(front, visitor, asked.text("room", names.private_room(visitor.name)))
            model = asked.text("model", "") or model_of(hub, room) or first_model(hub)
            about = {"user": label} if label and visitor.kind is Kind.MEMBER else {}
            question = reserve(
                hub, visitor, room, [model], message, typed=f"@{model} {message}".strip(), owner=request, about=about
            )
            answer, cache = question.answers[0], hub.answers.router.cache
            cached = cache is not None and cache.holds(hub.models.find(model).info, answer.question)
            async with (
                answering(hub, question) as events,
                event_stream(reply, marks=CACHED if cached else ()) as stream,
            ):
                await _send(stream, events)


def first_model(hub: Hub) -> str:
    """Who is asked when nobody is named. Raises NotFound."""
    for name, model in hub.models.items():
        if model.info.available:
            return name
    raise NotFound("there is no model that could be asked")


async def _send(stream: EventStream, events: Answering) -> None:
    try:
        while True:
            event = await next_of(stream, partial(anext, events))
            assert isinstance(event, AnswerEvent)
            if told := _encoded(event):
                await stream.add(told)
            if not events.pending:
                await stream.flush()
    except StopAsyncIteration:
        await stream.flush()


def _encoded(event: AnswerEvent) -> bytes:
    """One event as it is sent; nothing for what is not told."""
    match event.kind:
        case AnswerEventKind.TOKEN:
            return encode_event(encode({"text": event.content}))
        case AnswerEventKind.THINKING:
            told: dict[str, object] = {"text": event.content}
        case AnswerEventKind.RETRY:
            told = {"reason": event.content}
        case AnswerEventKind.TOOL_CALL:
            told = {"row_id": event.row_id, "name": event.tool_name, "arguments": event.content}
        case AnswerEventKind.TOOL_RESULT:
            told = {"row_id": event.row_id, "name": event.tool_name, "content": event.content, "status": event.status}
        case AnswerEventKind.DONE:
            told = {
                "mention_id": event.answer.id, "row_id": event.row_id, "status": event.status,
                "stats": dict(event.stats),
            }  # fmt: skip
        case AnswerEventKind.ERROR:
            told = {
                "error": event.reason or str(event.status), "status": event.status, "mention_id": event.answer.id,
                "row_id": event.row_id,
            }  # fmt: skip
        case _:
            return b""
    return encode_event(encode(told), event=event.kind)
