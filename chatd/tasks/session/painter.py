"""The painter: the one task of a session that waits for the client.

A frame is made only when the one before has left, so what a slow terminal sees is fresh and nothing piles up. What
streams comes here damped already (`tasks/log/throttle.py`); so whoever types never waits for the interval of a stream.
"""

from __future__ import annotations

from collections.abc import Callable

import trio

from chatd.ports import Terminal
from chatd.screen.frame import Frame, paint
from chatd.screen.style import Colours
from chatd.tasks.log.bell import Bell

INTERVAL_S = 0.01
"""Seconds between two frames, e.g. while somebody types or pastes: faster than any screen shows them."""


class Painter:
    """Asks the script loop for frames by `ask`, gets them by `offer`, and sends what changed."""

    def __init__(self, terminal: Terminal, colours: Colours, *, ask: Callable[[], None]) -> None:
        self._terminal = terminal
        self._colours = colours
        self._ask = ask
        self._wanted = Bell()
        self._offered = Bell()
        self._frame: Frame | None = None
        self._shown: Frame | None = None
        self._last = 0.0

    def want(self) -> None:
        """Something changed that the screen should show."""
        self._wanted.ring()

    def repaint(self) -> None:
        """What the terminal shows is not known any more: send everything."""
        self._shown = None
        self._wanted.ring()

    def offer(self, frame: Frame | None) -> None:
        """The frame that was asked for; None when the script failed to draw one."""
        self._frame = frame
        self._offered.ring()

    async def run(self) -> None:
        """Paint until cancelled. Raises TerminalGone when the person's channel closes."""
        while True:
            await self._wanted.wait()
            await trio.sleep_until(self._last + INTERVAL_S)
            await self._terminal.wait_sent()
            self._ask()
            await self._offered.wait()
            frame, self._frame = self._frame, None
            self._last = trio.current_time()
            if frame is None:
                continue
            data = paint(self._shown, frame, self._colours)
            self._shown = frame
            if data:
                self._terminal.write(data)
