"""Time, ids and secrets of a simulated world: functions of the virtual clock, of counters and of a seed, never of the
machine.
"""

from __future__ import annotations

from random import Random

import trio

EPOCH_MS = 1_700_000_000_000
"""The wall-clock time at which every world begins."""

SCRIPT_SECONDS = 60.0
"""Processor time after which a callback ends: so much that its instructions alone do, on every machine alike."""


class VirtualTime:
    """The port Clock, on trio's clock. It can be set, as a wall clock can; trio's own time goes on all the same."""

    def __init__(self) -> None:
        self._clock = trio.lowlevel.current_clock()  # scripts may ask from a thread of their own
        self._offset_ms = 0
        self.was_set = False
        """Whether it has ever been set: times of rows need not be in their order then."""

    def jumps(self, seconds: float) -> None:
        """Somebody sets the clock: forwards by so many seconds, or backwards."""
        self._offset_ms += round(seconds * 1000)
        self.was_set = True

    def now_ms(self) -> int:
        """Milliseconds since the epoch, as the world counts them."""
        return EPOCH_MS + self._offset_ms + round(self._clock.current_time() * 1000)


class VirtualMachine:
    """The port Machine: it takes what a test says."""

    def __init__(self) -> None:
        self.taken = 64 << 20

    def memory(self) -> int:
        """Bytes."""
        return self.taken


class CountingIds:
    """The port Ids: `x1`, `x2`, …; another prefix for a server that goes on with the same database."""

    def __init__(self, prefix: str = "x") -> None:
        self._prefix = prefix
        self.given = 0
        """How many until now."""

    def new(self) -> str:
        """The next id."""
        self.given += 1
        return f"{self._prefix}{self.given}"


class SeededSecrets:
    """The port Secrets, drawn from a seed: the same in each run, and nothing to protect anything with.

    `begun` tells a server from the one before it in a world: it gives out other secrets.
    """

    def __init__(self, seed: int, begun: object = 0) -> None:
        self._random = Random(f"{seed} {begun}")

    def new(self, size: int) -> bytes:
        """The next bytes."""
        return self._random.randbytes(size)
