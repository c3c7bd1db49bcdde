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


class FileEvents(Protocol):
    """Word of the system that something in the directories of the scripts has changed. One task alone uses it."""

    def begin(self) -> bool:
        """Begin to listen, once; False where the system does not tell, and then nothing else may be called."""
        ...

    def mind(self) -> None:
        """Listen for changes in the directories there are now, too. Blocks: it looks at each of them."""
        ...

    async def wait(self) -> None:
        """Wait until something has changed since the last time. Not everything is told, and some of it is nothing."""
        ...

    def end(self) -> None:
        """Listen no more. Nobody may be waiting."""
        ...


class RunSync(Protocol):
    """Runs a blocking function elsewhere: a worker thread in production, inline in the harness.

    Cancelling the await abandons the function, it does not stop it.
    """

    async def __call__(self, function: Callable[..., T], *args: object) -> T:
        """The function's result, or its exception."""
        ...
