"""Tools that take their time, as real ones do: one that streams, one that hangs, one that is slow to be cancelled."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import trio

from chatd.core.tool import ToolSpec
from chatd.ports import Arguments, Tool, ToolContext

Begins = Callable[[str, ToolContext], None]
"""Told when a tool begins, with its name."""

CLEANS_UP_S = 0.5
"""Seconds that a tool takes to be cancelled."""


class SimulatedTool:
    """The port Tool: says these pieces, with that many seconds before each."""

    def __init__(self, name: str, pieces: tuple[str, ...], wait: float, begins: Begins, *, reluctant: bool) -> None:
        self.spec = ToolSpec(name, f"Takes {wait:g} s a piece.", {"type": "object", "properties": {}})
        self._pieces = pieces
        self._wait = wait
        self._begins = begins
        self._reluctant = reluctant

    def run(self, arguments: Arguments, context: ToolContext) -> AbstractAsyncContextManager[AsyncIterator[str]]:
        """See ports.Tool."""
        return self._run(context)

    @asynccontextmanager
    async def _run(self, context: ToolContext) -> AsyncIterator[AsyncIterator[str]]:
        self._begins(self.spec.name, context)
        try:
            yield _Pieces(self._pieces, self._wait)
        finally:
            if self._reluctant:
                with trio.CancelScope(shield=True, deadline=trio.current_time() + CLEANS_UP_S):
                    await trio.sleep_forever()


class _Pieces:
    def __init__(self, pieces: tuple[str, ...], wait: float) -> None:
        self._left = list(pieces)
        self._wait = wait

    def __aiter__(self) -> AsyncIterator[str]:
        return self

    async def __anext__(self) -> str:
        await trio.sleep(self._wait)
        if not self._left:
            raise StopAsyncIteration
        return self._left.pop(0)


def simulated_tools(begins: Begins) -> list[Tool]:
    """All of them."""
    return [
        SimulatedTool("stream", ("one, ", "two, ", "three"), 0.3, begins, reluctant=False),
        SimulatedTool("hang", ("begun",), 60.0, begins, reluctant=False),
        SimulatedTool("reluctant", ("well, ", "yes"), 1.0, begins, reluctant=True),
        SimulatedTool("much", ("much " * 400,), 0.0, begins, reluctant=False),
    ]
