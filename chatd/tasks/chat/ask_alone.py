"""Asking a model outside of any room: whoever asks has the whole conversation, and nothing of it is written down."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio

from chatd.core.mention import INTERRUPTED
from chatd.core.question import Question
from chatd.core.row import Status
from chatd.core.stream import FINAL, Done, StreamEvent, Token
from chatd.core.text import size_of
from chatd.core.visit import Visitor
from chatd.errors import ServerStopping
from chatd.ports import Model
from chatd.tasks.asking.fanout import Stream
from chatd.tasks.asking.running_answers import AloneAnswer
from chatd.tasks.chat.hub import Hub
from chatd.tasks.chat.permission import check_ask

SETTLE_S = 1.0
"""How long the end of an answer waits for the disk to take what it cost; what it does not take then is tried again."""


@asynccontextmanager
async def asking_alone(hub: Hub, visitor: Visitor, model: Model, question: Question) -> AsyncIterator[AloneEvents]:
    """Ask; iterate the block's value for the events, of which Done or Failed is the last. What is taken sets the pace.

    Leaving the block, also by cancellation, closes the model's connection. The limits and budgets of the visitor hold.
    Raises NotPermitted, QuestionRefused, LimitReached before anything is asked, and ServerStopping, also in the midst.
    """
    check_ask(hub.facts, visitor, model.info)
    hub.answers.look(question.text)
    try:
        with hub.answers.alone(model, question) as answer, answer.scope:
            async with hub.answers.router.stream(model.info.name, question) as stream:
                yield AloneEvents(hub, answer, stream)
    finally:
        with trio.move_on_after(SETTLE_S, shield=True):
            await hub.answers.budget.save()
    if answer.scope.cancelled_caught:
        raise ServerStopping(INTERRUPTED)


class AloneEvents:
    """The events of one answer, up to the limit on its length."""

    def __init__(self, hub: Hub, answer: AloneAnswer, stream: Stream) -> None:
        self.answer = answer
        self._hub = hub
        self._stream = stream
        self._left = hub.answers.max_answer
        self._over = False

    def __aiter__(self) -> AloneEvents:
        return self

    async def __anext__(self) -> StreamEvent:
        if self._over:
            raise StopAsyncIteration
        event = await anext(self._stream)
        if isinstance(event, Token):
            self._left -= size_of(event.text)
            event = Done(Status.LENGTH, "length") if self._left < 0 else event
        self.answer.note(event, self._hub.clock.now_ms())
        self._over = isinstance(event, FINAL)
        return event
