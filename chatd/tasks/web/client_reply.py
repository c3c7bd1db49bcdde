"""Replies to clients of models' servers, whatever their form: streamed as the answer comes, or whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import assert_never

import trio

from chatd.core.row import Status
from chatd.core.stream import Done, Failed, Thinking, Token, ToolCall
from chatd.errors import ModelFailure, QuestionRefused
from chatd.ports import Headers, WebReply
from chatd.tasks.web.event_stream import QUIET_S
from chatd.tasks.web.replies import reply_json
from chatd.tasks.web.shared_answer import Item, Reader, SharedAnswer
from chatd.wire.web.chat_request import ChatRequest
from chatd.wire.web.client_form import (
    EVENT_STREAM,
    ClientForm,
    Cost,
    Refusal,
    ReplyWriter,
    StopReason,
    WholeReply,
)

HOLD_S = 5.0
"""For so long a streamed reply waits for its first piece: what fails before is told by a status, which clients know
how to take; longer, and proxies may think us dead.
"""

CACHED: Headers = (("x-chatd-cached", "1"),)
"""In the head of a reply with an answer that was given before."""

KEPT_ALIVE = b": \n\n"
"""A comment between events."""


@dataclass(frozen=True, slots=True)
class ClientReply:
    """What is to be replied to: a request in a form, with what the reply is called and when it began."""

    form: ClientForm
    asked: ChatRequest
    id: str
    created_ms: int


async def send(about: ClientReply, reader: Reader, reply: WebReply) -> None:
    """Reply as the client wants it: streamed, or whole. Raises ModelFailure, QuestionRefused, and what was raised
    instead of an answer, while nothing has been sent.
    """
    await (_send_streamed if about.asked.stream else _send_whole)(about, reader, reply)


async def _send_streamed(about: ClientReply, reader: Reader, reply: WebReply) -> None:
    form, writer = about.form, about.form.writer(about.asked, about.id, about.created_ms)
    items: list[Item] = []
    with trio.move_on_after(HOLD_S):
        items = await reader.next()
        if not items:
            check_ended_well(reader.answer)
    await reply.start(200, [
        ("content-type", form.stream_type), ("cache-control", "no-cache"), ("x-accel-buffering", "no"),
        ("x-content-type-options", "nosniff"), *_marks(reader.answer),
    ])  # fmt: skip
    await reply.send((writer.begin() + _written(writer, items)).encode())
    called = any(isinstance(item, ToolCall) for item in items)
    while not (reader.answer.over and reader.at == len(reader.answer.items)):
        with trio.move_on_after(QUIET_S) as patience:
            items = await _next(reader)
        if patience.cancelled_caught:
            if form.stream_type == EVENT_STREAM:
                await reply.send(KEPT_ALIVE)
            continue
        called = called or any(isinstance(item, ToolCall) for item in items)
        if items:
            await reply.send(_written(writer, items).encode())
    end = reader.answer.end
    if isinstance(end, Done):
        last = writer.end(finish_of(end, called=called), cost_of(reader.answer))
    else:
        last = writer.fail(Refusal(502, end.reason if end is not None else str(reader.answer.problem)))
    await reply.send(last.encode())


async def _next(reader: Reader) -> list[Item]:
    """What comes next; nothing also where something was raised: that is told in the stream."""
    try:
        return await reader.next()
    except Exception:
        if reader.answer.problem is None:
            raise
        return []


def _written(writer: ReplyWriter, items: list[Item]) -> str:
    """The items as they are sent: what came together goes as one piece."""
    return "".join(_write(writer, item) for item in joined(items))


def _write(writer: ReplyWriter, item: Item) -> str:
    match item:
        case Token(text=text):
            return writer.piece(text)
        case Thinking(text=text):
            return writer.thought(text)
        case ToolCall():
            return writer.call(item)
        case _:
            assert_never(item)


def joined(items: Sequence[Item]) -> list[Item]:
    """The same with neighbours of one kind put together."""
    out: list[Item] = []
    for kind, some in groupby(items, type):
        if kind is ToolCall:
            out += some
        else:
            out.append(kind("".join(item.text for item in some if not isinstance(item, ToolCall))))
    return out


async def _send_whole(about: ClientReply, reader: Reader, reply: WebReply) -> None:
    items: list[Item] = []
    while some := await reader.next():
        items += some
    check_ended_well(reader.answer)
    end = reader.answer.end
    assert isinstance(end, Done)
    calls = tuple(item for item in items if isinstance(item, ToolCall))
    whole = WholeReply(
        "".join(item.text for item in items if isinstance(item, Token)),
        "".join(item.text for item in items if isinstance(item, Thinking)),
        calls, finish_of(end, called=bool(calls)), cost_of(reader.answer),
    )  # fmt: skip
    value = about.form.whole(about.asked, about.id, about.created_ms, whole)
    await reply_json(reply, value, headers=_marks(reader.answer))


def _marks(answer: SharedAnswer) -> Headers:
    """What the head of a reply tells of its answer."""
    return CACHED if answer.cached else ()


def check_ended_well(answer: SharedAnswer) -> None:
    """Raise what was raised instead of an answer, or as ModelFailure or QuestionRefused what it ended with."""
    if answer.problem is not None:
        raise answer.problem
    if isinstance(answer.end, Failed):
        if answer.end.refused:
            raise QuestionRefused(answer.end.reason)
        raise ModelFailure(answer.end.reason, exit_code=answer.end.exit)


def finish_of(end: Done, *, called: bool) -> StopReason:
    """Why the reply has ended, as clients are told."""
    if end.status is Status.LENGTH:
        return StopReason.LENGTH
    if end.status is Status.TRUNCATED:
        return StopReason.FILTERED
    return StopReason.CALLS if called else StopReason.STOP


def cost_of(answer: SharedAnswer) -> Cost:
    """What it took. Not every model's server counts; then its pieces are tokens, about."""
    pieces = sum(not isinstance(item, ToolCall) for item in answer.items)
    usage = answer.usage
    return Cost(usage.prompt_tokens or 0, usage.completion_tokens or pieces, answer.duration_ms)
