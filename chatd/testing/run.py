"""Running an async function as a whole deterministic run of trio."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import trio
import trio.testing

from chatd.testing.schedule import Mode, Schedule, scheduled

T = TypeVar("T")


def run(
    main: Callable[..., Awaitable[T]],
    *args: object,
    seed: int = 0,
    mode: Mode = Mode.FIFO,
    instruments: tuple[trio.abc.Instrument, ...] = (),
) -> T:
    """Run `main(*args)` on the virtual clock under the schedule of `seed` and `mode`; returns its result.

    Time jumps whenever every task waits, so nothing ever sleeps for real.
    """
    with scheduled(Schedule(seed, mode)):
        clock = trio.testing.MockClock(autojump_threshold=0)
        return trio.run(main, *args, clock=clock, instruments=list(instruments))
