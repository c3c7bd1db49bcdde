"""Bells: how a task learns that there is something new to read, without anything being queued for it."""

from __future__ import annotations

from typing import Protocol

import trio


class Ringable(Protocol):
    """Whoever wants to be told. Ringing is synchronous, never fails, and twice is as good as once."""

    def ring(self) -> None:
        """There is something new."""
        ...


class Bell:
    """A bell one task waits for. Rings while nobody waits are kept, as one."""

    def __init__(self) -> None:
        self._rung = trio.Event()

    def ring(self) -> None:
        """Wake the task that waits for this bell."""
        self._rung.set()

    async def wait(self) -> None:
        """Wait for a ring since the last wait."""
        await self._rung.wait()
        self._rung = trio.Event()


class BellTower:
    """The bells that ring together, e.g. those of everybody who watches a room."""

    def __init__(self) -> None:
        self._bells: dict[Ringable, None] = {}  # a dict keeps the order of hanging, a set would not

    def hang(self, bell: Ringable) -> None:
        """Ring this one too from now on."""
        self._bells[bell] = None

    def unhang(self, bell: Ringable) -> None:
        """No longer; unknown bells are ignored."""
        self._bells.pop(bell, None)

    @property
    def empty(self) -> bool:
        """Whether no bell hangs there."""
        return not self._bells

    def hung(self) -> list[Ringable]:
        """The bells, in the order in which they were hung."""
        return list(self._bells)

    def ring(self) -> None:
        """Ring all of them."""
        for bell in list(self._bells):
            bell.ring()
