"""Counting the steps of tasks: what a server does when nobody does anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from types import TracebackType

import trio


class Steps(trio.abc.Instrument):
    """Steps of tasks while the block runs, by the names of the tasks; the task that counts is left out."""

    def __init__(self) -> None:
        self.by_name: Counter[str] = Counter()
        self._own: trio.lowlevel.Task

    def __enter__(self) -> Steps:
        self._own = trio.lowlevel.current_task()
        trio.lowlevel.add_instrument(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        trio.lowlevel.remove_instrument(self)

    def before_task_step(self, task: trio.lowlevel.Task) -> None:
        if task is not self._own:
            self.by_name[task.name] += 1

    @property
    def total(self) -> int:
        """Those of all tasks."""
        return self.by_name.total()

    def of(self, function: Callable[..., object]) -> int:
        """Those of the tasks that run this function."""
        return self.by_name[f"{function.__module__}.{function.__qualname__}"]
