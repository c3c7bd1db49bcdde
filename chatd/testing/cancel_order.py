"""In which order tasks hear that they are cancelled: the one in which they came, and scopes got their deadlines.

Trio keeps the tasks of a scope, and the scopes within it, in sets, and scopes of one deadline by their addresses. So
who hears first is left to where objects happen to lie in memory. To trio's own tasks that is the same, for their turns
are drawn afterwards; but what a task does when it hears of it is done at once: whoever waits for asyncio cancels there,
and asyncio's callbacks run in that order. Held by a test, as trio is pinned to one minor version.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from heapq import heappush
from itertools import count
from typing import Any

import trio._core._run as trio_run


class _InOrder(dict[Any, None]):
    """What trio does with these sets of its own, and the order in which things were put in."""

    def add(self, thing: Any) -> None:
        self[thing] = None

    def remove(self, thing: Any) -> None:
        del self[thing]


class _CancelStatus(trio_run.CancelStatus):
    def __attrs_post_init__(self) -> None:
        self._tasks: Any = _InOrder()
        self._children: Any = _InOrder()
        super().__attrs_post_init__()


@contextmanager
def cancelled_in_order() -> Iterator[None]:
    """Runs of trio that begin inside the block cancel in order."""
    private: Any = trio_run
    before, add = private.CancelStatus, private.Deadlines.add
    came = count()

    def add_in_order(deadlines: Any, deadline: float, scope: trio_run.CancelScope) -> None:
        heappush(deadlines._heap, (deadline, next(came), scope))
        deadlines._active += 1

    private.CancelStatus, private.Deadlines.add = _CancelStatus, add_in_order
    try:
        yield
    finally:
        private.CancelStatus, private.Deadlines.add = before, add
