"""What a scripted server does, one thing after the other."""

from __future__ import annotations

from dataclasses import dataclass

import anyio


class Gate:
    """Closed until the test opens it."""

    def __init__(self) -> None:
        self._opened = anyio.Event()

    def open(self) -> None:
        """Let everybody through who waits, now and later."""
        self._opened.set()

    async def wait(self) -> None:
        """Wait until it is open."""
        await self._opened.wait()


@dataclass(frozen=True, slots=True)
class Send:
    """Send these bytes."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Drip:
    """Send these bytes a few at a time."""

    data: bytes
    size: int = 1
    every: float = 1.0
    """Seconds between two pieces."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Do nothing for so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Hold:
    """Do nothing until the test opens the gate."""

    gate: Gate


@dataclass(frozen=True, slots=True)
class WaitForClose:
    """Do nothing until the client goes."""


@dataclass(frozen=True, slots=True)
class Close:
    """Close the connection in an orderly way, wherever the reply stands."""


@dataclass(frozen=True, slots=True)
class Reset:
    """Break the connection, as a process does that is killed."""


Step = Send | Drip | Wait | Hold | WaitForClose | Close | Reset
"""After the last step of a script the connection stays open and the next request is read from it."""
