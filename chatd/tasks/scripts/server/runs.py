"""One run of a tool or an actor that is written in Lua: what it says on its way to whoever asked for it."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import trio

from chatd.core.text import size_of
from chatd.errors import ChatdError, Exit, ScriptError
from chatd.ports import Plain, ToolContext
from chatd.tasks.scripts.runner import Caller

MAX_UNREAD = 256 * 1024
"""Bytes that a run may have said and nobody has taken: Lua cannot wait, so it is told to stop talking."""


class RunFailed(ChatdError):
    """The script's function failed; the message names file and line where known."""

    exit_code = Exit.FAILED


@dataclass(slots=True, eq=False, kw_only=True)
class ScriptRun(Caller):
    """A function of a script being run. `input` and `call` are its arguments, `context` says on whose behalf."""

    id: int
    kind: str
    name: str
    input: Plain
    call: dict[str, Plain]
    context: ToolContext
    over: bool = False
    result: Plain = None
    """What a hook returned; tools and actors have said what they return."""
    problem: str | None = None
    _said: deque[str] = field(default_factory=deque)
    _unread: int = 0
    _more: trio.Event = field(default_factory=trio.Event)

    def say(self, text: str) -> None:
        """The function says something. Raises ScriptError when too much of it has not been taken."""
        if self.over or not text:
            return
        size = size_of(text)
        if self._unread + size > MAX_UNREAD:
            raise ScriptError(f"more than {MAX_UNREAD} bytes at once")
        self._unread += size
        self._said.append(text)
        self._wake()

    def end(self, problem: str | None = None) -> None:
        """The function has returned, or failed."""
        if not self.over:
            self.over, self.problem = True, problem
            self._wake()

    def cancel(self) -> None:
        """Nobody wants it any more: what it waits for is cancelled, too."""
        self.over = True
        Caller.cancel(self)

    def _wake(self) -> None:
        self._more.set()
        self._more = trio.Event()

    def __aiter__(self) -> AsyncIterator[str]:
        return self

    async def __anext__(self) -> str:
        """The next piece. Raises RunFailed when the function failed."""
        await trio.lowlevel.checkpoint()
        while not self._said:
            if self.problem is not None:
                raise RunFailed(self.problem)
            if self.over:
                raise StopAsyncIteration
            await self._more.wait()
        piece = self._said.popleft()
        self._unread -= size_of(piece)
        return piece
