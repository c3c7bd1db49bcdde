"""A run of trio that goes on only while it is asked to: for tests whose steps are decided outside of it.

A whole property test needs one run: `testing.run` does. A stateful test has many rules, each a plain call made by
Hypothesis, and the world must live from the first to the last. So trio is the guest of a queue of callbacks, which is
worked off while a rule waits and lies still in between: virtual time stands, nothing moves, and there are no threads.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, ExitStack
from typing import Any, Generic, TypeVar

import trio
import trio.testing

from chatd.errors import first_error
from chatd.testing.schedule import Mode, Schedule, scheduled

T = TypeVar("T")
W = TypeVar("W")

PATIENCE_S = 600.0
"""Virtual seconds of one call: what takes ten minutes hangs, and on the virtual clock it would hang for ever."""


class Guest(Generic[W]):
    """A run of trio in which `opened` stands open, on the virtual clock, under the schedule of `seed` and `mode`.

    While it lives trio calls it a run: `trio.current_time()` and the acts of a `MemoryTerminal` work outside of its
    tasks too, and no other run can be begun. Leave none behind without `close` or `abandon`.

    Raises what opening raises.
    """

    def __init__(self, opened: AbstractAsyncContextManager[W], *, seed: int = 0, mode: Mode = Mode.FIFO) -> None:
        self._waiting: deque[Callable[[], object]] = deque()
        self._over = False
        self._broken: BaseException | None = None
        self._life = trio.CancelScope()
        self._standing: list[W] = []
        self._block = ExitStack()
        self._block.enter_context(scheduled(Schedule(seed, mode)))
        try:
            self._ask, asked = trio.open_memory_channel[Callable[[], Awaitable[None]]](1)
            trio.lowlevel.start_guest_run(
                self._main, opened, asked,
                run_sync_soon_threadsafe=self._waiting.append, done_callback=self._is_over,
                clock=trio.testing.MockClock(autojump_threshold=0),
            )  # fmt: skip
            self._go_on(lambda: bool(self._standing))
        finally:
            if not self._standing:
                self.abandon()

    @property
    def over(self) -> bool:
        """Whether the run has ended, as it was told to or by what broke in it."""
        return self._over

    @property
    def standing(self) -> W:
        """What was opened."""
        return self._standing[0]

    def call(self, function: Callable[..., Awaitable[T]], *args: object) -> T:
        """Await the function inside the run, which goes on until it has returned; returns its result.

        Raises what it raises, trio.TooSlowError after `PATIENCE_S` virtual seconds, and what breaks the run meanwhile.
        """
        if self._over:
            raise RuntimeError("the run is over")
        answers: list[T] = []
        problems: list[Exception] = []

        async def answer() -> None:
            try:
                with trio.fail_after(PATIENCE_S):
                    answers.append(await function(*args))
            except Exception as error:  # noqa: BLE001 -- raised where the call was made; the run goes on
                problems.append(error)

        self._ask.send_nowait(answer)
        self._go_on(lambda: bool(answers or problems))
        if problems:
            raise problems[0]
        return answers[0]

    def close(self) -> None:
        """Close what was opened and end the run. Raises what that raises; the run has ended all the same."""
        try:
            if not self.over:
                self._ask.close()
                self._go_on(lambda: False)
        finally:
            self.abandon()

    def abandon(self) -> None:
        """End the run by cancelling it, whatever state it is in; what it raises then is of no interest."""
        self._life.cancel()
        while not self._over and self._waiting:
            self._waiting.popleft()()
        self._block.close()

    def _go_on(self, enough: Callable[[], bool]) -> None:
        """Let the run go on until it is enough. Raises what broke it, if it is over before."""
        while not self._over and not enough():
            self._waiting.popleft()()
        if self._broken is not None:
            broken, self._broken = self._broken, None
            raise first_error(broken) if isinstance(broken, BaseExceptionGroup) else broken

    def _is_over(self, result: Any) -> None:
        self._over, self._broken = True, getattr(result, "error", None)

    async def _main(
        self, opened: AbstractAsyncContextManager[W], asked: trio.MemoryReceiveChannel[Callable[[], Awaitable[None]]]
    ) -> None:
        with self._life:
            async with opened as standing:
                self._standing.append(standing)
                async for answer in asked:
                    await answer()
