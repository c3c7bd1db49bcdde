"""An actor that is one async function: it gets the question and a way to say pieces of the answer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from chatd.core.question import Question
from chatd.core.stream import StreamEvent
from chatd.errors import ChatdError
from chatd.ports import ModelInfo, Speaking
from chatd.tasks.asking.rendezvous import Rendezvous, beside

Say = Callable[[str], Awaitable[None]]
"""Say a piece; returns when whoever listens has taken it."""

Speak = Callable[[Question, Say], Awaitable[None]]


class Actor:
    """Implements ports.Model: `speak(question, say)` is awaited for each question, and may be cancelled anywhere.

    A ChatdError that it raises is told as the answer's failure; any other exception is a bug of its own and is raised
    where the answer is read, by itself and in no group.
    """

    def __init__(self, name: str, speak: Speak, *, tools: tuple[str, ...] = ()) -> None:
        self.info = ModelInfo(name, "python", name, capabilities=("completion",), tools=tools)
        self._speak = speak

    def stream(self, question: Question) -> AbstractAsyncContextManager[AsyncIterator[StreamEvent]]:
        """The pieces as they are said."""
        return self._stream(question)

    @asynccontextmanager
    async def _stream(self, question: Question) -> AsyncIterator[AsyncIterator[StreamEvent]]:
        pipe: Rendezvous[str | ChatdError | None] = Rendezvous()

        async def run() -> None:
            try:
                await self._speak(question, say)
            except ChatdError as error:
                await pipe.give(error, last=True)
            else:
                await pipe.give(None, last=True)

        async def say(text: str) -> None:
            if text:
                await pipe.give(text)

        async with beside(run, f"actor {self.info.name}"):
            yield Speaking(_Pieces(pipe))


class _Pieces:
    """The pieces that come through a pipe, until None ends them or an error breaks them off."""

    def __init__(self, pipe: Rendezvous[str | ChatdError | None]) -> None:
        self._pipe = pipe

    def __aiter__(self) -> AsyncIterator[str]:
        return self

    async def __anext__(self) -> str:
        said = await self._pipe.take()
        if said is None:
            raise StopAsyncIteration
        if isinstance(said, ChatdError):
            raise said
        return said
