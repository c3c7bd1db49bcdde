"""An answer for one or more requests: a client that sends the same again, as many do by themselves, joins the first.

It runs while anybody reads it, in a task of the front's, and is slowed down to the pace of the fastest of its readers.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Iterator
from contextlib import asynccontextmanager, contextmanager

import trio

from chatd.core.stream import FINAL, Cached, Done, Failed, StreamEvent, Thinking, Token, ToolCall, Usage
from chatd.errors import ChatdError, InternalFault, first_error

logger = logging.getLogger("chatd.web")

Item = Token | Thinking | ToolCall
"""What a reader is given before the end."""

AHEAD = 64
"""Items that the answer may be ahead of its fastest reader; then the model is not read."""

SAME_S = 60.0
"""For how long the same body is taken for the same request, while that runs."""


class SharedAnswer:
    """What has come of an answer so far. All of it is kept while it runs: it is no longer than an answer may be."""

    def __init__(self) -> None:
        self.items: list[Item] = []
        self.end: Done | Failed | None = None
        self.problem: Exception | None = None
        """What was raised instead of an answer."""
        self.cached = False
        """Whether it was given before to the same question."""
        self.usage = Usage()
        self.duration_ms = 0
        self.scope = trio.CancelScope()
        """Around whatever makes it; cancelled when nobody reads any more."""
        self._readers: list[Reader] = []
        self._news = trio.Event()
        self._taken = trio.Event()

    @property
    def over(self) -> bool:
        """Whether nothing comes any more."""
        return self.end is not None or self.problem is not None

    async def add(self, event: StreamEvent) -> None:
        """The answer goes on; returns when somebody has nearly kept up."""
        if isinstance(event, Item):
            self.items.append(event)
        elif isinstance(event, FINAL):
            self.end = event
        elif isinstance(event, Cached):
            self.cached = True
        else:
            return
        self._ring()
        while self._readers and len(self.items) - max(reader.at for reader in self._readers) >= AHEAD:
            await self._taken.wait()

    def fail(self, problem: Exception) -> None:
        """There is no answer, or no more of it."""
        self.problem = problem
        self._ring()

    @contextmanager
    def reader(self) -> Iterator[Reader]:
        """A reader, from the beginning on. With the last one the answer goes."""
        reader = Reader(self)
        self._readers.append(reader)
        try:
            yield reader
        finally:
            self._readers.remove(reader)
            self.took()
            if not self._readers:
                self.scope.cancel()

    def took(self) -> None:
        """A reader has taken something, or left."""
        self._taken.set()
        self._taken = trio.Event()

    async def wait(self) -> None:
        """Wait for something new."""
        await self._news.wait()

    def _ring(self) -> None:
        self._news.set()
        self._news = trio.Event()


class Reader:
    """One request's place in an answer."""

    def __init__(self, answer: SharedAnswer) -> None:
        self.answer = answer
        self.at = 0

    async def next(self) -> list[Item]:
        """What has come since the last time, at least one item; nothing when the answer is over. May be cancelled and
        called again. Raises what was raised instead of an answer.
        """
        answer = self.answer
        while self.at == len(answer.items) and not answer.over:
            await answer.wait()
        items = answer.items[self.at :]
        self.at += len(items)
        answer.took()
        if not items and answer.problem is not None:
            raise answer.problem
        return items


Maker = Callable[[SharedAnswer], Awaitable[None]]
"""Makes an answer: adds to it until its end. Cancelled when nobody reads it any more."""


class SharedAnswers:
    """Those that run, by what makes two requests the same."""

    def __init__(self, nursery: trio.Nursery) -> None:
        self._nursery = nursery
        self._running: dict[Hashable, tuple[float, SharedAnswer]] = {}

    @asynccontextmanager
    async def read(self, key: Hashable, make: Maker) -> AsyncIterator[Reader]:
        """Read the answer of this key that runs, or one that `make` makes. Leaving the block, one reads it no more."""
        begun, answer = self._running.get(key, (0.0, None))
        if answer is None or answer.over or answer.scope.cancel_called or trio.current_time() - begun > SAME_S:
            answer = SharedAnswer()
            self._running[key] = (trio.current_time(), answer)
            self._nursery.start_soon(self._run, key, make, answer)
        with answer.reader() as reader:
            yield reader

    async def _run(self, key: Hashable, make: Maker, answer: SharedAnswer) -> None:
        try:
            with answer.scope:
                await make(answer)
        except* ChatdError as errors:
            error = first_error(errors)
            assert isinstance(error, ChatdError)
            answer.fail(error)
        except* Exception:
            logger.exception("an answer that was asked for over the web failed")
            answer.fail(InternalFault("an internal error; it was logged"))
        finally:
            if self._running.get(key, (0.0, None))[1] is answer:
                del self._running[key]
            if not answer.over:
                answer.fail(InternalFault("the answer did not end"))
