"""What looks at a world while it lives: its trace, counts of steps, and probes."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Callable
from dataclasses import dataclass

import trio

from chatd.testing.checks import Broken
from chatd.testing.people import People, PlayedPerson
from chatd.testing.simulation.invariants import Invariants
from chatd.testing.world import World

MAX_STEPS = 200_000
"""Steps of one world, some 2,000 at most of what is drawn: one that goes on for ever is broken, and ends."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A world whose acts are being played: cancelling `playing` leaves out the rest of them."""

    world: World
    people: People[PlayedPerson]
    watch: Invariants
    playing: trio.CancelScope
    tell: Callable[[str], None]


class Probe(trio.abc.Instrument):
    """Between two steps of a world's tasks: looks at it, or does something to it.

    Trio drops an instrument that raises, so what a probe meets it keeps in `broken`; the world then counts as broken.
    """

    broken: Broken | None = None

    def enters(self, scene: Scene) -> None:
        """The acts begin."""

    def leaves(self) -> None:
        """The acts are over."""


class StepCounter(trio.abc.Instrument):
    """Counts every step of every task, and ends a world that takes too many."""

    def __init__(self) -> None:
        self.count = 0
        self._names: dict[str, int] = {}
        self._order = array("I")
        self.life = trio.CancelScope()

    def after_task_step(self, task: trio.lowlevel.Task) -> None:
        """One more."""
        self.count += 1
        self._order.append(self._names.setdefault(task.name, len(self._names)))
        if self.count == MAX_STEPS:
            self.life.cancel()

    def digest(self) -> str:
        """Of the order in which the tasks took their steps, in hexadecimal digits."""
        names = "\n".join(self._names)  # in the order in which they came
        return hashlib.blake2b(names.encode() + self._order.tobytes(), digest_size=16).hexdigest()


class Trace:
    """What happens in a world, a line each: virtual time, step, task, event."""

    def __init__(self, steps: StepCounter) -> None:
        self.lines: list[str] = []
        self._steps = steps

    def tell(self, what: str) -> None:
        """One more event, in the task that runs."""
        task = trio.lowlevel.current_task().name.rpartition(".")[2]
        self.lines.append(f"{trio.current_time():9.3f} {self._steps.count:6} {task[:16]:16} {what}")
