"""The painter: the one task of a session that waits for the client.

A frame is asked for only when the one before has left, so what a slow terminal sees is fresh and nothing piles up. What
others write comes by the fan (`tasks/screens/fan.py`); so whoever types never waits for the interval of a stream.
"""

from __future__ import annotations

from collections.abc import Callable

import trio

from chatd.ports import Terminal
from chatd.tasks.log.bell import Bell

INTERVAL_S = 0.01
"""Seconds between two frames, e.g. while somebody types or pastes: faster than any screen shows them."""


class Painter:
    """Asks the script loop for frames by `ask`, when the terminal takes them."""

    def __init__(self, terminal: Terminal, *, ask: Callable[[], None]) -> None:
        self._terminal = terminal
        self._ask = ask
        self._wanted = Bell()
        self._bug: Exception | None = None
        self._last = 0.0

    def want(self) -> None:
        """Something changed that the screen should show."""
        self._wanted.ring()

    def fail(self, bug: Exception) -> None:
        """What is shown here has met a bug elsewhere: it ends this session, as one of its own would."""
        self._bug = bug
        self._wanted.ring()

    async def run(self) -> None:
        """Ask for frames until cancelled. Raises TerminalGone when the channel closes, and what `fail` was told."""
        while True:
            await self._wanted.wait()
            if self._bug is not None:
                raise self._bug
            await trio.sleep_until(self._last + INTERVAL_S)
            await self._terminal.wait_sent()
            self._last = trio.current_time()
            self._ask()
