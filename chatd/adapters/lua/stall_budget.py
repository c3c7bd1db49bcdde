"""How long the loop stands still for scripts, and how many that take long run at once: all of them together."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import perf_counter

import trio

QUICK_S = 0.001
"""A call that takes no longer costs nobody anything that others would notice: only what is more is spent."""

SHARE = 0.25
"""Of the loop's time, that scripts may have it stand still for when they keep on taking long."""

LANES = max(2, os.cpu_count() or 1)
"""Scripts that take long and run at once, beside twice as many others. Each needs Python's lock now and then; with many
more threads than processors, one of them has often just lost its processor while it holds the lock, and everybody
waits for both.
"""


class StallBudget:
    """One for all runtimes of a server: a row that every session's script takes long to read holds up nobody either.

    `most` (seconds) is what there is at first, and for one call at most; what is spent comes back by SHARE.
    """

    def __init__(self, most: float, *, bounded: bool = True) -> None:
        self.is_bounded = bounded
        """Whether it can be used up; where the order of events matters more, the loop waits for however long it takes.
        """
        self._lanes = trio.CapacityLimiter(LANES * 2)
        self._slow_lanes = trio.CapacityLimiter(LANES)
        self._most = most
        self._left = most
        self._at = perf_counter()

    def grant(self, wanted: float | None = None) -> float:
        """Seconds that the loop may stand still now: as many as are `wanted`, or as there are."""
        if not self.is_bounded:
            return self._most
        now = perf_counter()
        self._left = min(self._most, self._left + (now - self._at) * SHARE)
        self._at = now
        left = max(0.0, self._left)
        return left if wanted is None else min(wanted, left)

    def spend(self, seconds: float) -> None:
        """The loop stood still for so long."""
        if self.is_bounded:
            self._left -= max(0.0, seconds - QUICK_S)

    @asynccontextmanager
    async def lane(self, *, slow: bool) -> AsyncIterator[None]:
        """Wait until there is room for one more call; those known to take long share the smaller part of it."""
        if not self.is_bounded:
            yield
            return
        lanes = self._slow_lanes if slow else self._lanes
        try:
            lanes.acquire_nowait()
        except trio.WouldBlock:
            await lanes.acquire()
        try:
            yield
        finally:
            lanes.release()
