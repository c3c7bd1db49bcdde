"""What looks at a world while it lives: counts of steps, bugs that are logged, and probes of a sweep."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable

import trio

from chatd.testing.simulation.invariants import Invariants
from chatd.testing.simulation.outcome import Broken
from chatd.testing.world import World


class Probe(trio.abc.Instrument):
    """Between two steps of a world's tasks: looks at it, or does something to it.

    Trio drops an instrument that raises, so what a probe meets it keeps in `broken`; the world then counts as broken.
    """

    broken: Broken | None = None

    def enters(self, world: World, watch: Invariants, playing: trio.CancelScope, tell: Callable[[str], None]) -> None:
        """The acts begin; cancelling `playing` leaves out the rest of them."""

    def leaves(self) -> None:
        """The acts are over."""


class Steps(trio.abc.Instrument):
    """Counts every step of every task."""

    def __init__(self) -> None:
        self.count = 0
        self.digest = hashlib.blake2b(digest_size=16)

    def after_task_step(self, task: trio.lowlevel.Task) -> None:
        """One more."""
        self.count += 1
        self.digest.update(task.name.encode())


class Bugs(logging.Handler):
    """Keeps what is logged with a traceback: a boundary has met a bug."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """As logging.Handler: a record with a traceback is a bug."""
        if record.exc_info and record.exc_info[1] is not None:
            self.found.append(f"{record.getMessage()}: {record.exc_info[1]!r}"[:300])
