"""Timers of scripts: each a small task that says when it is time. The functions they run stay in Lua."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

import trio

from chatd.errors import ScriptError
from chatd.ports import HostFunction

MAX_TIMERS = 16
"""Of one runtime: each is a task, and has a place in its channel."""

SHORTEST_S = 0.05
"""Nothing on a screen moves faster than twenty times a second, and a session does other things too."""

LONGEST_S = 7 * 86_400.0
"""A week: no session is meant to wait longer."""


@dataclass(slots=True, eq=False)
class _Timer:
    number: int
    seconds: float
    repeats: bool
    scope: trio.CancelScope = field(default_factory=trio.CancelScope)
    said: bool = False
    """It is time, and the runtime has not been told yet."""
    cancelled: bool = False
    told: trio.Event = field(default_factory=trio.Event)


class Timers:
    """The timers of one runtime. `say` is awaited with a timer's number when it is time."""

    def __init__(self, say: Callable[[int], Awaitable[None]]) -> None:
        self._say = say
        self._timers: dict[int, _Timer] = {}
        self._last = 0
        self._nursery: trio.Nursery | None = None

    def functions(self) -> Mapping[str, HostFunction]:
        """What boot/timers.lua calls."""
        return {"timer_start": self._start, "timer_stop": self._stop}

    def begin(self, nursery: trio.Nursery) -> None:
        """The runtime is in use: time runs from now on, also for timers that were started while its files were run."""
        self._nursery = nursery
        for timer in self._timers.values():
            nursery.start_soon(self._run, timer)

    def take(self, number: int) -> bool:
        """What `say` said has arrived; returns whether the timer's function is to be run."""
        timer = self._timers.get(number)
        if timer is None:
            return False
        timer.said = False
        timer.told.set()
        timer.told = trio.Event()
        if timer.cancelled or not timer.repeats:
            del self._timers[number]
        return not timer.cancelled

    def close(self) -> None:
        """No timer will say anything any more."""
        for timer in self._timers.values():
            timer.cancelled = True
            timer.scope.cancel()

    def _start(self, seconds: object, repeats: bool) -> int:
        """A timer more; returns its number."""
        what = "every" if repeats else "after"
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= LONGEST_S:
            raise ScriptError(f"{what} takes seconds from 0 to {LONGEST_S:.0f}")
        if repeats and seconds < SHORTEST_S:
            raise ScriptError(f"{seconds:g} s is too often, the shortest time is {SHORTEST_S:g} s")
        if len(self._timers) >= MAX_TIMERS:
            raise ScriptError(f"there are {MAX_TIMERS} timers already, that is the limit")
        self._last += 1
        timer = self._timers[self._last] = _Timer(self._last, max(seconds, SHORTEST_S), repeats)
        if self._nursery is not None:
            with suppress(RuntimeError):  # its owner has ended, and `on_stop` still runs: no time passes any more
                self._nursery.start_soon(self._run, timer)
        return self._last

    def _stop(self, number: object) -> bool:
        """Returns whether there was such a timer."""
        timer = self._timers.get(number) if isinstance(number, int) else None
        if timer is None or timer.cancelled:
            return False
        timer.cancelled = True
        timer.scope.cancel()
        if not timer.said:  # else it keeps its place until what it said has arrived
            del self._timers[timer.number]
        return True

    async def _run(self, timer: _Timer) -> None:
        with timer.scope:
            while True:
                await trio.sleep(timer.seconds)
                timer.said = True
                told = timer.told
                if not await self._tell(timer):
                    return
                await told.wait()  # who is late is not told twice

    async def _tell(self, timer: _Timer) -> bool:
        """Say that it is time; returns whether the timer goes on."""
        said = False
        try:
            await self._say(timer.number)
            said = True
        finally:
            if not said:  # cancelled on the way: nothing will arrive
                self._timers.pop(timer.number, None)
        return timer.repeats
