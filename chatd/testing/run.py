"""Running an async function as a whole deterministic run of trio."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import trio

T = TypeVar("T")


def run(
    main: Callable[..., Awaitable[T]],
    *args: object,
    seed: int = 0,
    mode: str = "fifo",
    instruments: tuple[trio.abc.Instrument, ...] = (),
) -> T:
    """Run `main(*args)` on the virtual clock under the schedule of `seed` and `mode` (a `Mode`); returns its result.

    Time jumps whenever every task waits, so nothing ever sleeps for real.
    """
    # Here and not above: this module is loaded by every start of pytest, through the plugin.
    import trio.testing  # noqa: PLC0415

    from chatd.testing.schedule import Mode, Schedule, scheduled  # noqa: PLC0415

    with scheduled(Schedule(seed, Mode(mode))):
        clock = trio.testing.MockClock(autojump_threshold=0)
        return trio.run(main, *args, clock=clock, instruments=list(instruments))
