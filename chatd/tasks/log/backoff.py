"""Pauses between tries that grow, until somebody is in a hurry."""

from __future__ import annotations

import trio


class Backoff:
    """Waits `first` seconds, then twice as long each time, at most `last`; from `expedite` on `first` again."""

    def __init__(self, first: float, last: float) -> None:
        self._first = first
        self._last = last
        self._next = first
        self._hurry = trio.Event()

    def expedite(self) -> None:
        """Whoever waits goes on at once, and waits no longer than `first` from now on."""
        self._hurry.set()

    def reset(self) -> None:
        """It went well: the next pause is a first one."""
        self._next = self._first

    async def wait(self) -> None:
        """Wait for the next pause, which is longer than the one before."""
        if self._hurry.is_set():
            await trio.sleep(self._first)
            return
        with trio.move_on_after(self._next):
            await self._hurry.wait()
        self._next = min(self._next * 2, self._last)
