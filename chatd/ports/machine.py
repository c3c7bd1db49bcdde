"""The machine: time, ids, and work that blocks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

T = TypeVar("T")


class Clock(Protocol):
    """Wall time, for what people read. Waiting uses trio's own clock. May be asked from any thread."""

    def now_ms(self) -> int:
        """Milliseconds since the epoch."""
        ...


class Ids(Protocol):
    """A source of ids that never repeat, also across restarts and machines."""

    def new(self) -> str:
        """A fresh id: lower-case letters and digits, and `-`."""
        ...


class Machine(Protocol):
    """What the process has of the machine."""

    def memory(self) -> int:
        """Bytes of memory that the process takes."""
        ...


class RunSync(Protocol):
    """Runs a blocking function elsewhere: a worker thread in production, inline in the harness.

    Cancelling the await abandons the function, it does not stop it.
    """

    async def __call__(self, function: Callable[..., T], *args: object) -> T:
        """The function's result, or its exception."""
        ...
