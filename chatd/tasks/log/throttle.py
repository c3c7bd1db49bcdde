"""A bell that rings seldom enough: the first ring goes through at once, those that follow at most once per interval.

A room where answers stream rings some hundred times a second; nobody reads that fast, and every reader costs work for
each ring.
"""

from __future__ import annotations

from collections.abc import Callable

import trio


class Throttle:
    """Hang it instead of the bell that `ring` rings; `run` must be running. No ring is lost, the last one is late."""

    def __init__(self, ring: Callable[[], None], interval: Callable[[], float]) -> None:
        """`interval` gives the seconds between two rings, and is asked each time."""
        self._ring = ring
        self._interval = interval
        self._due = 0.0
        self._late = trio.Event()

    def ring(self) -> None:
        """There is something new."""
        if trio.current_time() >= self._due and not self._late.is_set():
            self._let_through()
        else:
            self._late.set()

    async def run(self) -> None:
        """Ring what was held back, until cancelled."""
        while True:
            await self._late.wait()
            await trio.sleep_until(self._due)
            self._late = trio.Event()
            self._let_through()

    def _let_through(self) -> None:
        self._due = trio.current_time() + self._interval()
        self._ring()
