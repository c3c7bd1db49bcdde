"""Where a server's time goes: a sampler of its stack, and a watch on each pass of its loop."""

from __future__ import annotations

import gc
import signal
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from types import FrameType, TracebackType

import trio

SAMPLE_S = 0.002
"""Processor time between two looks at the stack: a few percent of overhead."""

STALL_S = 0.05
"""A pass of the loop that takes longer is written down, with what ran in it."""

NOTABLE_S = 0.001
"""Shorter collections are many, and harm nobody."""

KEPT = 500
"""Passes and steps that are kept."""

ROOT = str(Path(__file__).parents[2])

Sample = tuple[float, list[str]]
"""A moment of the monotonic clock, and the functions on the stack, the innermost first."""


class Sampler:
    """Looks at the stack at intervals of processor time. What C does counts for the Python line that called it."""

    def __init__(self) -> None:
        self.samples: list[Sample] = []

    def __enter__(self) -> Sampler:
        signal.signal(signal.SIGPROF, self._look)
        signal.setitimer(signal.ITIMER_PROF, SAMPLE_S, SAMPLE_S)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        signal.setitimer(signal.ITIMER_PROF, 0)

    def _look(self, _number: int, frame: FrameType | None) -> None:
        stack = []
        while frame is not None:
            code = frame.f_code
            stack.append(f"{_short(code.co_filename)}:{code.co_qualname}:{frame.f_lineno}")
            frame = frame.f_back
        self.samples.append((time.monotonic(), stack))


class Collections:
    """Writes down how long the garbage collector held everything up: when, how long, which generation."""

    def __init__(self) -> None:
        self.pauses: list[tuple[float, float, int]] = []
        self._began = 0.0
        gc.callbacks.append(self._tell)

    def _tell(self, phase: str, info: dict[str, int]) -> None:
        now = time.monotonic()
        if phase == "start":
            self._began = now
        elif now - self._began > NOTABLE_S:
            self.pauses.append((self._began, now - self._began, info["generation"]))


class Stalls(trio.abc.Instrument):
    """Writes down the passes of the loop that are long, and which tasks they went to."""

    def __init__(self) -> None:
        self.passes: list[tuple[float, float, int, list[tuple[str, float]]]] = []
        """When, how long, how many steps of tasks, and the tasks that took most of it."""
        self._pass_began = time.monotonic()
        self._step_began = 0.0
        self._steps = 0
        self._tasks: dict[str, float] = {}

    def after_io_wait(self, timeout: float) -> None:
        """A pass begins."""
        self._pass_began = time.monotonic()
        self._steps = 0
        self._tasks.clear()

    def before_io_wait(self, timeout: float) -> None:
        """A pass has ended."""
        took = time.monotonic() - self._pass_began
        if took > STALL_S and len(self.passes) < KEPT:
            most = sorted(self._tasks.items(), key=lambda task: -task[1])[:4]
            self.passes.append((self._pass_began, took, self._steps, most))

    def before_task_step(self, task: trio.lowlevel.Task) -> None:
        """A task goes on."""
        self._step_began = time.monotonic()

    def after_task_step(self, task: trio.lowlevel.Task) -> None:
        """It waits again."""
        self._steps += 1
        spent = time.monotonic() - self._step_began
        self._tasks[task.name] = self._tasks.get(task.name, 0.0) + spent


def shares(samples: Iterable[Sample], *, own: bool) -> list[tuple[str, float]]:
    """Functions with their share of the samples, the largest first: `own` of their own, else with what they called."""
    counted: Counter[str] = Counter()
    total = 0
    for _, stack in samples:
        total += 1
        names = [place.rpartition(":")[0] for place in stack]
        counted.update(names[:1] if own else set(names))
    return [(name, count / total) for name, count in counted.most_common()]


def _short(file: str) -> str:
    return file.removeprefix(ROOT + "/").rpartition("site-packages/")[2].rpartition("python3.11/")[2]
