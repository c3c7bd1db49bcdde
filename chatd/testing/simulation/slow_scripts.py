"""Scripts that take their time: each call may wait before and after, as one does whose runtime has a thread of its own;
or it takes the time of everybody, as one does that computes: what is due meanwhile is late.

What the server does between a call and its end is tried by this, an end of the session among it, and yet each world is
the same every time: Lua itself is run by the loop.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

import trio
from trio.testing import MockClock

from chatd.adapters.lua.scripts import LuaScripts
from chatd.ports import Call, Ended, HostFunction, Plain, Script, ScriptOutcome

OFTEN = 0.1
"""The chance of a wait at each place."""

COMPUTES = 0.5
"""The chance that it takes everybody's time."""

WAITS_S = (0.0, 0.0, 0.001, 0.01)
"""Virtual seconds: a step of the others, or some."""


class DawdlingScripts(LuaScripts):
    """Runtimes that dawdle in every third world."""

    async def open(
        self, functions: Mapping[str, HostFunction], *, seed: int, off_loop: frozenset[str] = frozenset(),
        shipped_only: bool = False,
    ) -> Script:  # fmt: skip
        """See ports.Scripts."""
        script = await super().open(functions, seed=seed, off_loop=off_loop, shipped_only=shipped_only)
        if seed % 3 != 2:
            return script
        dawdling = _Dawdling(script, Random(seed))
        opened = False
        try:
            await dawdling.dawdle()
            opened = True
        finally:
            if not opened:
                script.close()
        return dawdling


class _Dawdling:
    def __init__(self, script: Script, random: Random) -> None:
        self._script = script
        self._random = random
        self.close = script.close
        self.hears = script.hears

    @property
    def hears_often(self) -> bool:
        return self._script.hears_often

    async def call(self, callback: str, *args: Plain) -> ScriptOutcome:
        await self.dawdle()
        outcome = await self._script.call(callback, *args)
        await self.dawdle()
        return outcome

    async def call_each(self, calls: Sequence[Call], ended: Ended) -> int:
        """It may wait between any two, too, and be content with fewer than there are."""
        made = 0
        for call in calls[: self._random.randint(1, len(calls))]:
            await self.dawdle()
            made += await self._script.call_each([call], ended)
        await self.dawdle()
        return made

    async def resume(self, call_id: int, ok: bool, value: Plain) -> ScriptOutcome:
        await self.dawdle()
        outcome = await self._script.resume(call_id, ok, value)
        await self.dawdle()
        return outcome

    async def stop(self) -> ScriptOutcome:
        await self.dawdle()
        outcome = await self._script.stop()
        await self.dawdle()
        return outcome

    async def dawdle(self) -> None:
        if self._random.random() < OFTEN:
            seconds = self._random.choice(WAITS_S)
            if self._random.random() < COMPUTES and isinstance(clock := trio.lowlevel.current_clock(), MockClock):
                clock.jump(seconds)
            else:
                await trio.sleep(seconds)
