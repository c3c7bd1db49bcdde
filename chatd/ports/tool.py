"""Tools: what models may have done for them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from chatd.core.tool import Schema, ToolSpec

Arguments = Mapping[str, object]
"""What a call passes: it has been checked against the tool's parameters."""


@dataclass(frozen=True, slots=True)
class ToolContext:
    """On whose behalf a tool runs: `asker` asked, in `room`, and the answer is `mention_id`."""

    room: str
    room_id: str
    asker: str
    mention_id: str


class Tool(Protocol):
    """Something a model can have done."""

    @property
    def spec(self) -> ToolSpec:
        """What models are told of it."""
        ...

    def run(self, arguments: Arguments, context: ToolContext) -> AbstractAsyncContextManager[AsyncIterator[str]]:
        """Do it; the pieces of output as they come. Leaving the block, also by cancellation, stops it.

        Raises a ChatdError, on entry or from the iterator, for what went wrong in words that the model may read.
        """
        ...


Check = Callable[[Arguments], str | None]
"""What is wrong with the arguments, in one sentence; None when they fit."""


class SchemaChecker(Protocol):
    """Compiles schemas. Synchronous, and bounded: neither a schema nor arguments can hold the server up."""

    def __call__(self, schema: Schema) -> Check:
        """The check that this schema means. Raises ValueError, with a sentence, for a schema that is none."""
        ...


@dataclass(frozen=True, slots=True)
class SimpleTool:
    """A tool that says everything at once: what `answer` returns."""

    spec: ToolSpec
    answer: Callable[[Arguments, ToolContext], Awaitable[str]]

    @asynccontextmanager
    async def run(self, arguments: Arguments, context: ToolContext) -> AsyncIterator[AsyncIterator[str]]:
        """The answer as one piece; it is worked out when that is asked for."""
        yield _Once(self.answer, arguments, context)


class _Once:
    def __init__(
        self, answer: Callable[[Arguments, ToolContext], Awaitable[str]], arguments: Arguments, context: ToolContext
    ) -> None:
        self._answer = answer
        self._arguments = arguments
        self._context = context
        self._given = False

    def __aiter__(self) -> _Once:
        return self

    async def __anext__(self) -> str:
        if self._given:
            raise StopAsyncIteration
        self._given = True
        return await self._answer(self._arguments, self._context)
