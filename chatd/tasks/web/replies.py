"""Replies that are whole: JSON, problems, and what expected failures become."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from chatd.core.text import storable
from chatd.errors import ChatdError, TerminalGone, first_error
from chatd.ports import Headers, WebHandler, WebReply, WebRequest
from chatd.tasks.web.problems import MEDIA_TYPE, Problem
from chatd.wire.jsonl import encode

_GUARDED = (("cache-control", "no-store"), ("x-content-type-options", "nosniff"))
"""What is answered is one person's at one moment, and is what it says it is."""


async def reply_json(
    reply: WebReply, value: Mapping[str, object], *, status: int = 200, headers: Headers = (),
    media_type: str = "application/json",
) -> None:  # fmt: skip
    """The object as a whole reply. Raises TerminalGone."""
    body = storable(encode(value)).encode()
    about = [("content-type", media_type), ("content-length", str(len(body)))]
    await reply.start(status, [*about, *_GUARDED, *headers])
    await reply.send(body)


async def reply_empty(reply: WebReply, *, headers: Headers = ()) -> None:
    """It is done, and there is nothing to say: 204. Raises TerminalGone."""
    await reply.start(204, [*_GUARDED, *headers])


async def reply_problem(reply: WebReply, problem: Problem) -> None:
    """The problem as a whole reply. Raises TerminalGone."""
    value = {"title": problem.title, "status": problem.status, "detail": problem.detail}
    await reply_json(reply, value, status=problem.status, headers=problem.headers, media_type=MEDIA_TYPE)


def refusing(handler: WebHandler, tell: Callable[[WebRequest, WebReply, ChatdError], Awaitable[None]]) -> WebHandler:
    """The handler, with its expected failures told by `tell` as a whole reply. One that is met when the reply has begun
    can be told by no status any more: it passes, as does TerminalGone, and what is no expected failure.
    """

    async def answer(request: WebRequest, reply: WebReply) -> None:
        failure: ChatdError | None = None
        try:
            await handler(request, reply)
        except* TerminalGone:
            raise
        except* ChatdError as errors:
            error = first_error(errors)
            assert isinstance(error, ChatdError)
            if reply.begun:
                raise
            failure = error
        if failure is not None:
            await tell(request, reply, failure)

    return answer
