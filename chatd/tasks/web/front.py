"""What all that is answered over the web has in common, and answers that outlive the requests that asked for them."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

import trio

from chatd.core.room import Room
from chatd.core.row import NO_META
from chatd.core.visit import Visitor
from chatd.errors import ChatdError, first_error
from chatd.tasks.chat.answering import answering
from chatd.tasks.chat.ask import Asked, reserve
from chatd.tasks.chat.hub import Hub
from chatd.tasks.chat.visiting import logged_in
from chatd.tasks.web.callers import WebCallers
from chatd.tasks.web.shared_answer import SharedAnswers
from chatd.tasks.web.terms import WebTerms

logger = logging.getLogger("chatd.web")


@dataclass(frozen=True, slots=True)
class WebFront:
    """One server's. Made by `open_front`."""

    hub: Hub
    terms: WebTerms
    callers: WebCallers
    detached: Detached
    answers: SharedAnswers


class Detached:
    """Answers that run on when whoever asked has been told so. They are bounded by the limits on each person's."""

    def __init__(self, hub: Hub, nursery: trio.Nursery) -> None:
        self._hub = hub
        self._nursery = nursery

    async def ask(
        self, visitor: Visitor, room: Room, names: Sequence[str], message: str, *, typed: str,
        row_id: str | None = None, about: Mapping[str, object] = NO_META,
    ) -> Asked:  # fmt: skip
        """Ask, see `reserve`; returns when the question is on disk. The visitor is here until all answers have ended.

        Raises what `reserve` and `logged_in` raise; cancelled before it returns, it asks nobody.
        """
        problems: list[ChatdError] = []
        placed = partial(
            reserve, self._hub, visitor, room, names, message, typed=typed, owner=self, row_id=row_id, about=about
        )
        asked: Asked | None = await self._nursery.start(self._run, visitor, placed, problems)
        if asked is None:
            raise problems[0]
        return asked

    async def _run(
        self, visitor: Visitor, placed: Callable[[], Asked], problems: list[ChatdError], *,
        task_status: trio.TaskStatus[Asked | None],
    ) -> None:  # fmt: skip
        try:
            async with staying(self._hub, visitor):
                asked = placed()
                async with answering(self._hub, asked) as events:
                    task_status.started(asked)
                    async for _ in events:
                        pass  # whoever wants to know follows the room
        except* ChatdError as errors:
            error = first_error(errors)
            assert isinstance(error, ChatdError)
            problems.append(error)
        if problems:
            _tell(task_status, problems[0])


@asynccontextmanager
async def staying(hub: Hub, visitor: Visitor) -> AsyncIterator[None]:
    """Somebody who is inside stays while the block runs, whatever becomes of their request. Raises as `logged_in`."""
    hub.names.stay(visitor)
    try:
        async with logged_in(hub, visitor, logger.debug):
            yield
    finally:
        hub.names.leave(visitor)


def _tell(task_status: trio.TaskStatus[Asked | None], problem: ChatdError) -> None:
    """Whoever asked is told, if they still wait for it; else the log is."""
    try:
        task_status.started(None)
    except RuntimeError:  # they have been told already that it runs
        logger.warning("an answer that was asked for over the web: %s", problem)


@asynccontextmanager
async def open_front(hub: Hub, terms: WebTerms) -> AsyncIterator[WebFront]:
    """The front, for as long as the block runs; then answers that nobody waits for any more are cancelled."""
    async with trio.open_nursery() as nursery:
        yield WebFront(hub, terms, WebCallers(hub, terms), Detached(hub, nursery), SharedAnswers(nursery))
        nursery.cancel_scope.cancel()
