"""A model that says what the test tells it to, when the test tells it."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import trio

from chatd.core.question import Question
from chatd.core.row import Status
from chatd.core.stream import Done, Failed, Retrying, Stamped, Started, StreamEvent, Thinking, Token, ToolCall, Usage
from chatd.errors import ChatdError, ModelUnavailable
from chatd.ports import ModelInfo

SHOWN_EVENTS = 6
"""Events of a script that are named when they are left."""

SHOWN_TEXT = 60
"""Characters of a text that are shown in an event."""


class ScriptedModel:
    """The port Model. What is said goes to the streams in turn: to the oldest one that has not ended yet.

    A script may be given before the question is asked; `says` and its sisters return the model, to be chained.
    """

    def __init__(self, name: str, **info: Any) -> None:
        self.info = ModelInfo(name, "scripted", name, **{"tools": ("*",), **info})
        self.questions: list[Question] = []
        """Everything this model was asked."""
        self.open_streams = 0
        """Streams that have not been closed: 0 at the end, or something leaks."""
        self.unavailable: str | None = None
        """When set, asking raises ModelUnavailable with it."""
        self._script: deque[StreamEvent | ChatdError | float] = deque()
        self._open: list[_Reading] = []
        """Streams that have not ended, oldest first."""
        self._changed = trio.Event()

        self.acts: list[tuple[float, str]] = []
        """(virtual time, what) it was asked and did, but for pieces of answers: those are seen in the rows."""
        self._may_be_unfinished = False

    def may_be_unfinished(self) -> ScriptedModel:
        """What is left of the script, and an answer that never ends, fail no test."""
        self._may_be_unfinished = True
        return self

    def unfinished(self) -> str:
        """What a test that ends now has forgotten, in a sentence; "" when it is nothing."""
        if self._may_be_unfinished:
            return ""
        name, left = self.info.name, len(self._script)
        if left:
            told = ", ".join([_short(event) for event in self._script][:SHOWN_EVENTS])
            more = ", …" if left > SHOWN_EVENTS else ""
            return f"{name} has {left} {'event' if left == 1 else 'events'} left: {told}{more}"
        if self._open:
            return f"{name} was asked and never ends: {self._open[0].question.text!r}"
        return ""

    def says(self, *pieces: str) -> ScriptedModel:
        """Say these pieces, one after the other."""
        return self._add(*(Token(piece) for piece in pieces))

    def thinks(self, *pieces: str) -> ScriptedModel:
        """Think these pieces."""
        return self._add(*(Thinking(piece) for piece in pieces))

    def retries(self, reason: str, wait: float = 1.0, attempt: int = 2, attempts: int = 3) -> ScriptedModel:
        """Say that a request failed, and make it anew after `wait` seconds."""
        return self._add(Retrying(reason, wait, attempt, attempts), wait)

    def pauses(self, seconds: float) -> ScriptedModel:
        """Say nothing for so long."""
        return self._add(seconds)

    def calls(self, tool: str, arguments: str = "{}", *, call_id: str = "call") -> ScriptedModel:
        """Call a tool; it is run when this round ends."""
        return self._add(ToolCall(call_id, tool, arguments))

    def counts(self, prompt_tokens: int, completion_tokens: int) -> ScriptedModel:
        """Say what the round took."""
        return self._add(Usage(prompt_tokens, completion_tokens))

    def ends(self, status: Status = Status.COMPLETE) -> ScriptedModel:
        """Say that the answer ends, or this round of it."""
        return self._add(Done(status))

    def fails(self, reason: str, status: Status = Status.FAILED) -> ScriptedModel:
        """Break."""
        return self._add(Failed(reason, status))

    def raises(self, error: ChatdError) -> ScriptedModel:
        """Fail as a model behind a server does."""
        return self._add(error)

    def _add(self, *events: StreamEvent | ChatdError | float) -> ScriptedModel:
        self._script.extend(events)
        self._wake()
        return self

    def _wake(self) -> None:
        self._changed.set()
        self._changed = trio.Event()

    def stream(self, question: Question) -> AbstractAsyncContextManager[AsyncIterator[StreamEvent]]:
        """Answer by the script."""
        return self._stream(question)

    @asynccontextmanager
    async def _stream(self, question: Question) -> AsyncIterator[AsyncIterator[StreamEvent]]:
        self.questions.append(question)
        self._did(f"is asked by {question.asker}: {question.text[:SHOWN_TEXT]!r}")
        await trio.lowlevel.checkpoint()
        if self.unavailable is not None:
            raise ModelUnavailable(self.unavailable)
        self.open_streams += 1
        reading = _Reading(self, question)
        self._open.append(reading)
        try:
            yield reading
        finally:
            self.open_streams -= 1
            self.ended(reading)

    def ended(self, reading: _Reading) -> None:
        """What is said from now on goes to the next stream."""
        if reading in self._open:
            self._open.remove(reading)
            self._wake()

    def _did(self, what: str) -> None:
        self.acts.append((trio.current_time(), what))

    async def next(self, reading: _Reading) -> StreamEvent:
        """The script's next event for a stream, waiting for its turn and for the test to give one."""
        while True:
            await trio.lowlevel.checkpoint()
            while not self._script or self._open[0] is not reading:
                await self._changed.wait()
            event = self._script.popleft()
            if not isinstance(event, Token | Thinking | float | int):
                self._did(_short(event))
            if isinstance(event, ChatdError):
                raise event
            if not isinstance(event, float | int):
                return event
            await trio.sleep(event)


class _Reading:
    """One stream of the model."""

    def __init__(self, model: ScriptedModel, question: Question) -> None:
        self._model = model
        self.question = question
        self._begun = False
        self._over = False

    def __aiter__(self) -> AsyncIterator[StreamEvent]:
        return self

    async def __anext__(self) -> StreamEvent:
        if not self._begun:
            self._begun = True
            return Started()
        if self._over:
            raise StopAsyncIteration
        event = await self._model.next(self)
        self._over = isinstance(event, Done | Failed)
        if self._over:
            self._model.ended(self)
        return event


def _short(event: StreamEvent | ChatdError | float) -> str:
    """An event as its test wrote it, more or less."""
    if not isinstance(event, Stamped | ChatdError):
        return f"a pause of {event:g} s"
    match event:
        case Token(text=text) | Thinking(text=text):
            return f"{type(event).__name__}({text[:SHOWN_TEXT]!r})"
        case ToolCall(name=name, arguments=arguments):
            return f"calls {name} {arguments[:SHOWN_TEXT]}"
        case Done(status=status):
            return "Done" if status is Status.COMPLETE else f"Done({status})"
        case Failed(reason=reason):
            return f"Failed({reason[:SHOWN_TEXT]!r})"
        case _:
            return repr(event)[:SHOWN_TEXT]
