"""Which runnable task goes first: trio's own order, or one drawn from a seed.

Trio asks a private random source to shuffle each batch of runnable tasks. Replacing it decides the order; handing tasks
back to the run queue goes further and runs one task at a time, so that a schedule can starve a task for as long as it
likes. Held by a contract test: trio is pinned to one minor version.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Any

import trio._core._run as trio_run

PCT_CHANGES = 3
"""Moments at which `pct` starves the task that would run: three find nearly all ordering bugs that people write."""

PCT_HORIZON = 2000
"""Ticks over which those moments are spread."""


class Mode(StrEnum):
    """How tasks are ordered."""

    FIFO = "fifo"
    SHUFFLE = "shuffle"
    SERIAL = "serial"
    PCT = "pct"


class Schedule:
    """A source of order for one run, in place of trio's random source."""

    def __init__(self, seed: int, mode: Mode) -> None:
        self._random = random.Random(seed)
        self._mode = mode
        self._priorities: dict[Any, float] = {}
        self._tick = 0
        self._changes = {self._random.randrange(PCT_HORIZON) for _ in range(PCT_CHANGES)}

    def shuffle(self, batch: list[Any]) -> None:
        """Order a batch of runnable tasks in place; what is taken out of it goes back to the run queue."""
        match self._mode:
            case Mode.FIFO:
                batch.reverse()  # trio takes them from the end
            case Mode.SHUFFLE:
                self._random.shuffle(batch)
            case Mode.SERIAL | Mode.PCT:
                self._one_alone(batch)

    def _one_alone(self, batch: list[Any]) -> None:
        if len(batch) <= 1:
            return
        self._tick += 1
        chosen = batch.pop(self._pick(batch))
        trio_run.GLOBAL_RUN_CONTEXT.runner.runq.extend(batch)
        batch[:] = [chosen]

    def _pick(self, batch: list[Any]) -> int:
        if self._mode is Mode.SERIAL:
            return self._random.randrange(len(batch))
        for task in batch:
            self._priorities.setdefault(task, self._random.random())
        first = max(range(len(batch)), key=lambda i: self._priorities[batch[i]])
        if self._tick in self._changes:
            self._priorities[batch[first]] = -float(self._tick)
        return first

    def random(self) -> float:
        """As random.Random."""
        return self._random.random()

    def uniform(self, low: float, high: float) -> float:
        """As random.Random."""
        return self._random.uniform(low, high)


@contextmanager
def scheduled(schedule: Schedule) -> Iterator[None]:
    """Runs of trio that begin inside the block are ordered by the schedule."""
    before = trio_run._ALLOW_DETERMINISTIC_SCHEDULING, trio_run._r
    _set(True, schedule)
    try:
        yield
    finally:
        _set(*before)


def _set(deterministic: bool, source: Any) -> None:
    private: Any = trio_run  # trio declares the switch Final; hypothesis and trio's own tests set it all the same
    private._ALLOW_DETERMINISTIC_SCHEDULING = deterministic
    private._r = source
