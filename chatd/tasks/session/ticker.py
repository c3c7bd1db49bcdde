"""The ticker: says that time passes, as long as a script wants to hear of it."""

from __future__ import annotations

from collections.abc import Callable

import trio


class Ticker:
    """Posts ticks while it `runs`; else it wakes nobody, itself included."""

    def __init__(self, interval: Callable[[], float], post: Callable[[], None]) -> None:
        """`interval` gives the seconds to the next tick, and is asked each time."""
        self._interval = interval
        self._post = post
        self._running = trio.Event()

    @property
    def runs(self) -> bool:
        """Whether ticks are posted."""
        return self._running.is_set()

    @runs.setter
    def runs(self, runs: bool) -> None:
        if runs:
            self._running.set()
        elif self._running.is_set():
            self._running = trio.Event()

    async def run(self) -> None:
        """Post ticks until cancelled."""
        while True:
            await self._running.wait()
            await trio.sleep(self._interval())
            if self.runs:
                self._post()
