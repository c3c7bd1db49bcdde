"""What holds in memory at once and is on disk a little later: one task writes it, until the disk takes it."""

from __future__ import annotations

from abc import ABC, abstractmethod

import trio

from chatd.errors import StorageError
from chatd.tasks.log.backoff import Backoff
from chatd.tasks.log.bell import Bell


class WriteBehind(ABC):
    """Something that owes the disk changes. `run` is the one task that sees to it; it outlives every session."""

    def __init__(self, backoff: Backoff, pause: float) -> None:
        """`backoff` is the patience with a failing disk. For `pause` seconds a change waits for others, so that many of
        them are one transaction.
        """
        self._backoff = backoff
        self._pause = pause
        self._wake = Bell()
        self._pressed = trio.Event()
        self._idle = trio.Event()

    @property
    @abstractmethod
    def debt(self) -> int:
        """How many changes are not on disk."""

    @abstractmethod
    async def write(self) -> None:
        """Put changes on disk, some or all. Raises StorageError when that cannot be; then it is owed still."""

    def expedite(self) -> None:
        """The server stops: what waits is written at once."""
        self._pressed.set()
        self._backoff.expedite()

    async def flushed(self) -> None:
        """Wait until every change is on disk."""
        while self.debt:
            await self._idle.wait()

    async def run(self) -> None:
        """Write changes as they come until cancelled, and again until the disk takes them."""
        while True:
            await self._wake.wait()
            with trio.move_on_after(self._pause):
                await self._pressed.wait()
            while self.debt:
                try:
                    await self.write()
                except StorageError:
                    await self._backoff.wait()

    def _owe(self) -> None:
        """There is something to write."""
        self._wake.ring()

    def _paid(self) -> None:
        """The disk has taken something, or nobody wants it there any more."""
        self._backoff.reset()
        if not self.debt:
            self._idle.set()
            self._idle = trio.Event()
