"""One script runtime in use: opened, called, suspended and resumed, with its timers, until it is stopped and closed.

Sessions and the server's own script drive their runtimes with this. One task alone enters a runner; what suspended
callbacks wait for, and timers, are small tasks in the owner's nursery that post an item to the owner, who hands it back
in its turn. Items carry their runner: one of a runner that was closed is nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

import trio

from chatd.errors import ChatdError
from chatd.ports import (
    ON_TIMER,
    Call,
    Ended,
    HostFunction,
    Later,
    Plain,
    Raised,
    Script,
    ScriptOutcome,
    Scripts,
    Suspended,
)
from chatd.tasks.scripts.api_functions import OFF_LOOP
from chatd.tasks.scripts.row_calls import ROW_CALLBACKS
from chatd.tasks.scripts.timers import Timers

logger = logging.getLogger("chatd.script")

STOP_S = 1.0
"""Seconds that `on_stop` may take at the end of a runtime: some times its budget, as others have their turns too."""


@dataclass(slots=True, eq=False)
class Caller:
    """On whose behalf a callback runs: cancelling what it waits for is `cancel`'s, once it is wanted no longer."""

    scopes: set[trio.CancelScope] = field(default_factory=set)
    cancelled: bool = False

    def cancel(self) -> None:
        """End everything that its suspended callbacks wait for, now and later. Synchronous."""
        self.cancelled = True
        for scope in self.scopes:
            scope.cancel()


@dataclass(frozen=True, slots=True)
class CallEnded:
    """What a suspended callback waited for: its result, or the error's message when not `ok`."""

    call_id: int
    ok: bool
    value: Plain
    runner: Runner
    caller: Caller


@dataclass(frozen=True, slots=True)
class TimerRang:
    """It is time for a timer."""

    number: int
    runner: Runner


Post = Callable[[CallEnded | TimerRang], Awaitable[None]]
"""Takes an item for the task that enters the runner."""


class Runner:
    """One runtime. `open` makes it, `begin` sets its timers running, `stop` and `close` end it."""

    def __init__(self, script: Script, timers: Timers, post: Post) -> None:
        self._script = script
        self._timers = timers
        self._post = post
        self._suspended = 0
        self._stopped = False
        self._closed = False
        self._waiting: set[trio.CancelScope] = set()
        self._nursery: trio.Nursery
        self.caller = Caller()
        """On whose behalf callbacks run for which nobody in particular asked."""

    @classmethod
    async def open(
        cls, scripts: Scripts, functions: Mapping[str, HostFunction], post: Post, *, seed: int,
        shipped_only: bool = False,
    ) -> Runner:  # fmt: skip
        """A runner whose interface files have been run. Raises ScriptError when one is broken or missing."""

        async def rang(number: int) -> None:
            await post(TimerRang(number, runner))

        timers = Timers(rang)
        functions = {**functions, **timers.functions()}
        script = await scripts.open(functions, seed=seed, off_loop=OFF_LOOP, shipped_only=shipped_only)
        runner = cls(script, timers, post)
        return runner

    def begin(self, nursery: trio.Nursery) -> None:
        """It is the one in use: its timers run, and what its callbacks wait for runs in `nursery`."""
        self._nursery = nursery
        self._timers.begin(nursery)

    @property
    def hears_often(self) -> bool:
        """Whether it has anything for any of them."""
        return self._script.hears_often

    def hears(self, callback: str) -> bool:
        """Whether the script has anything for one of ports.HEARD, as of when it was last left."""
        return self._script.hears(callback)

    @property
    def hears_rows(self) -> bool:
        """Whether it has anything for rows that come, grow and end."""
        return self._script.hears_often and any(map(self._script.hears, ROW_CALLBACKS))

    @property
    def waits(self) -> bool:
        """Whether a callback is suspended."""
        return self._suspended > 0

    async def call(self, callback: str, *arguments: Plain, caller: Caller | None = None) -> ScriptOutcome:
        """Run a callback, and begin what it waits for. Cancelling it leaves only `stop` and `close`."""
        outcome = await self._script.call(callback, *arguments)
        logger.debug("%s: %s", callback, type(outcome).__name__)
        return self._left(outcome, caller or self.caller)

    async def call_each(self, calls: Sequence[Call], ended: Ended) -> int:
        """Run some of these callbacks, the first at least, and begin what they wait for; returns how many. See
        ports.Script.
        """

        def left(callback: str, outcome: ScriptOutcome) -> None:
            logger.debug("%s: %s", callback, type(outcome).__name__)
            ended(callback, self._left(outcome, self.caller))

        return await self._script.call_each(calls, left)

    async def resume(self, ended: CallEnded) -> ScriptOutcome | None:
        """Go on with a suspended callback; None, and nothing is done, when it was another runner's."""
        if ended.runner is not self:
            return None
        self._suspended -= 1
        return self._left(await self._script.resume(ended.call_id, ended.ok, ended.value), ended.caller)

    async def ring(self, rang: TimerRang) -> ScriptOutcome | None:
        """Run a timer's function; None, and nothing is done, when it was another runner's or has been cancelled."""
        if rang.runner is not self or not self._timers.take(rang.number):
            return None
        return await self.call(ON_TIMER, rang.number)

    async def stop(self) -> str:
        """Let the script put its things in order, once, within STOP_S; nothing in `on_stop` can wait. Returns what went
        wrong, or "". It is shielded; `close` follows.
        """
        if self._stopped:
            return ""
        self._stopped = True
        outcome: ScriptOutcome = Raised(f"on_stop took longer than {STOP_S:g} s")
        with trio.move_on_after(STOP_S, shield=True):
            outcome = await self._script.stop()
        return outcome.message if isinstance(outcome, Raised) else ""

    def goes_on(self) -> None:
        """After `stop`: there is none to take its place, so it is used further."""
        self._stopped = False

    def close(self) -> None:
        """End everything this runtime has begun, and free it. Synchronous, and safe at any time."""
        self._closed = True
        self._timers.close()
        for scope in self._waiting:
            scope.cancel()
        self._script.close()

    def _left(self, outcome: ScriptOutcome, caller: Caller) -> ScriptOutcome:
        """Lua has returned: a suspended callback gets a task that waits for it."""
        if isinstance(outcome, Suspended):
            self._suspended += 1
            self._nursery.start_soon(self._wait_for, outcome.call_id, outcome.later, caller)
        return outcome

    async def _wait_for(self, call_id: int, later: Later, caller: Caller) -> None:
        ok, value = False, "cancelled"
        with trio.CancelScope() as scope:
            self._waiting.add(scope)
            caller.scopes.add(scope)
            if self._closed or caller.cancelled:
                scope.cancel()
            try:
                value, ok = await later.job(), True  # type: ignore[assignment]
            except ChatdError as error:
                value = str(error)
            except Exception:
                logger.exception("what a script waited for failed")
                value = "internal error"
            finally:
                self._waiting.discard(scope)
                caller.scopes.discard(scope)
        if not self._closed:
            await self._post(CallEnded(call_id, ok, value, self, caller))
