"""The painter: the one task of a session that waits for the client.

A frame is drawn only when the one before has left, so what a slow terminal sees is fresh and nothing piles up. Where
the terminal takes it at once, the session draws it at the end of what it does; else the painter asks for it in time.
What others write comes by the fan (`tasks/screens/fan.py`); so whoever types never waits for the interval of a stream.
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
        self._wanted = False
        self._gathers = False
        """Whether the session is about to take its turn."""
        self._bell = Bell()
        self._bug: Exception | None = None
        self._last = 0.0

    def want(self) -> None:
        """Something changed that the screen should show."""
        self._wanted = True
        if not self._gathers:
            self._bell.ring()

    def gather(self) -> None:
        """The session does something, and takes its turn at the end of it."""
        self._gathers = True

    def take_turn(self, *, at_once: bool) -> bool:
        """Whether a frame is wanted and the session is to draw it, now. One that it is not to draw `at_once`, or that
        the terminal does not take yet, is asked for later.
        """
        self._gathers = False
        if not self._wanted:
            return False
        if not at_once or trio.current_time() < self._last + INTERVAL_S or not self._terminal.takes_more():
            self._bell.ring()
            return False
        self._draws()
        return True

    def fail(self, bug: Exception) -> None:
        """What is shown here has met a bug elsewhere: it ends this session, as one of its own would."""
        self._bug = bug
        self._bell.ring()

    async def run(self) -> None:
        """Ask for frames until cancelled. Raises TerminalGone when the channel closes, and what `fail` was told."""
        while True:
            await self._bell.wait()
            if self._bug is not None:
                raise self._bug
            if self._wanted:
                await trio.sleep_until(self._last + INTERVAL_S)
                await self._terminal.wait_sent()
            if self._wanted and trio.current_time() < self._last + INTERVAL_S:
                self._bell.ring()  # the session has drawn meanwhile, and wants another one
            elif self._wanted:
                self._draws()
                self._ask()

    def _draws(self) -> None:
        self._wanted, self._last = False, trio.current_time()
