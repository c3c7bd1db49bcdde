"""Which runnable task goes first: trio's own order, or one drawn from a seed.

Trio asks a private random source to shuffle each batch of runnable tasks. Replacing it decides the order; handing tasks
back to the run queue goes further and runs one task at a time, so that a schedule can starve a task for as long as it
likes. Held by a contract test: trio is pinned to one minor version.

When a task's turn comes depends on the seed, on its name, and on how often it has run, and on nothing that others do:
a world with one act less, or of a program that was changed elsewhere, takes the same turns, and breaks again.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Any
from zlib import crc32

import trio._core._run as trio_run

from chatd.testing.cancel_order import cancelled_in_order

PCT_STARVES = 700
"""Of so many turns, one has `pct` starve the task that has it: some three times in a world, which is what nearly all
ordering bugs take that people write.
"""


class Mode(StrEnum):
    """How tasks are ordered."""

    FIFO = "fifo"
    SHUFFLE = "shuffle"
    SERIAL = "serial"
    PCT = "pct"


class _Turns:
    """What is drawn for each task, again each time it has run: the lowest has the next turn."""

    _FACTOR, _STEP, _MASK = 6364136223846793005, 1442695040888963407, (1 << 64) - 1  # Knuth's, of MMIX

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._names: Counter[str] = Counter()
        self._drawn: dict[Any, int] = {}

    def of(self, task: Any) -> int:
        """The task's draw: 64 bits."""
        drawn = self._drawn.get(task)
        if drawn is None:
            number = self._names[task.name]
            self._names[task.name] += 1
            drawn = self._next(crc32(f"{self._seed} {number} {task.name}".encode()))
            self._drawn[task] = drawn
        return drawn

    def ran(self, task: Any) -> None:
        """The task has its turn: something else is drawn for it."""
        self._drawn[task] = self._next(self._drawn[task])

    def _next(self, drawn: int) -> int:
        return (drawn * self._FACTOR + self._STEP) & self._MASK


class Schedule:
    """A source of order for one run, in place of trio's random source."""

    def __init__(self, seed: int, mode: Mode) -> None:
        self._random = random.Random(seed)
        self._mode = mode
        self._turns = _Turns(seed)
        self._lots = _Turns(seed + 1)
        """What is drawn for each turn of a task, whether it is starved from then on."""
        self._starved: dict[Any, int] = {}
        """Tasks that `pct` lets run when no other can, with the moment since which."""
        self._tick = 0

    def shuffle(self, batch: list[Any]) -> None:
        """Order a batch of runnable tasks in place; what is taken out of it goes back to the run queue."""
        match self._mode:
            case Mode.FIFO:
                batch.reverse()  # trio takes them from the end
            case Mode.SHUFFLE:
                batch.sort(key=self._turns.of, reverse=True)
                for task in batch:
                    self._turns.ran(task)
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
        turns = self._turns
        if self._mode is Mode.SERIAL:
            first = min(range(len(batch)), key=lambda i: turns.of(batch[i]))
            turns.ran(batch[first])
            return first
        # Those that are starved come last, the one that has been so the longest before the others.
        first = min(range(len(batch)), key=lambda i: (self._starved.get(batch[i], 0), turns.of(batch[i])))
        task = batch[first]
        if (self._lots.of(task) >> 32) % PCT_STARVES == 0:  # the lower bits of such draws repeat soon
            self._starved[task] = self._tick
        self._lots.ran(task)
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
        with cancelled_in_order():
            yield
    finally:
        _set(*before)


def _set(deterministic: bool, source: Any) -> None:
    private: Any = trio_run  # trio declares the switch Final; hypothesis and trio's own tests set it all the same
    private._ALLOW_DETERMINISTIC_SCHEDULING = deterministic
    private._r = source
