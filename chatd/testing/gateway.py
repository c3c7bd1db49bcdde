"""The gateway of a simulated server: people come in by terminals in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import trio

from chatd.core.visit import Visit
from chatd.ports import SessionHandler
from chatd.testing.terminal import MemoryTerminal


class MemoryGateway:
    """The port Gateway. `handler` serves each terminal and returns its exit status."""

    addresses: Sequence[str] = ()
    """It has none: nobody finds the way who does not have it."""

    sessions: trio.Nursery
    """Of the terminals, while the gateway is open."""

    def __init__(self, handler: SessionHandler) -> None:
        self._handler = handler
        self.terminals: list[MemoryTerminal] = []
        """Of all who have come, first ones first."""

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """See Gateway."""
        async with trio.open_nursery() as self.sessions:
            yield
            self.sessions.cancel_scope.cancel()

    async def goodbye(self, text: str) -> None:
        """See Gateway: wait for every session's end."""
        for terminal in self.terminals:
            await terminal.ended.wait()

    def connect(self, visit: Visit) -> MemoryTerminal:
        """Open a channel; it is served from the next step on."""
        scope = trio.CancelScope()
        terminal = MemoryTerminal(visit, scope.cancel, self.sessions)
        self.terminals.append(terminal)
        self.sessions.start_soon(self._serve, terminal, scope, name=f"session {visit.visitor.name}")
        return terminal

    async def _serve(self, terminal: MemoryTerminal, scope: trio.CancelScope) -> None:
        try:
            with scope:
                terminal.exit_status = await self._handler(terminal)
                await terminal.drained()
        finally:
            terminal.over()
