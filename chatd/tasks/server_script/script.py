"""The server's own runtime: one task enters it, item by item; what scripts define there joins the tools and models.

When the interface's files change, a new runtime takes its place, with what it defines; what runs in the old one ends.
"""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial

import trio

from chatd.core.sanitize import sanitize_line
from chatd.errors import ChatdError, LimitReached, ScriptError
from chatd.ports import Later, Plain, Raised, Script, ScriptOutcome, Suspended, ToolContext
from chatd.tasks.facts import STOPPING
from chatd.tasks.hub import Hub
from chatd.tasks.server_script.following import Following
from chatd.tasks.server_script.functions import server_functions
from chatd.tasks.server_script.offers import Offers
from chatd.tasks.server_script.runs import Run
from chatd.tasks.session.api_functions import ASIDE
from chatd.tasks.session.row_calls import tell
from chatd.tasks.session.script_loop import LAST_PATIENCE_S
from chatd.tasks.timers import CALLBACK as TIMER
from chatd.tasks.timers import Timers

logger = logging.getLogger("chatd.script")

MAX_WAITING = 64
"""Runs that wait for the runtime: each takes some milliseconds of it at most."""


NOBODY = ToolContext("", "", "", "")
"""Whom `on_start` and timers run for."""


@dataclass(frozen=True, slots=True)
class _Resume:
    run: Run
    call_id: int
    ok: bool
    value: Plain
    runtime: _Runtime


@dataclass(frozen=True, slots=True)
class _Rang:
    number: int
    runtime: _Runtime


@dataclass(frozen=True, slots=True)
class _Woken:
    """Something is to be done that is no item."""


class _RowBell:
    """Wakes the script for new rows, once until it has read them."""

    def __init__(self, script: ServerScript) -> None:
        self._script = script

    def ring(self) -> None:
        """Something was committed."""
        self._script.wake()


_Item = Run | _Resume | _Rang | _Woken


@dataclass(slots=True, eq=False)
class _Runtime:
    """One runtime with what is only its own."""

    script: Script
    timers: Timers
    offers: Offers
    others: Run
    """Owns what `on_start` and timers wait for."""


class ServerScript:
    """Runs what scripts define. `serve` is one task that outlives every session."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._send, self._receive = trio.open_memory_channel[_Item](MAX_WAITING)
        self._runs: dict[int, Run] = {}
        self._number = 0
        self._context = NOBODY
        """On whose behalf Lua is being run."""
        self._runtime: _Runtime | None = None
        """None while the interface cannot be loaded: then there are no tools from it."""
        self._following: Following
        self._woken = False
        """Whether a `_Woken` is on its way."""
        self._told = ""
        """The newest error of a callback about rows."""
        self._stale = False
        """Whether the files have changed since the runtime was opened."""
        self._nursery: trio.Nursery

    async def serve(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Open the runtime and run what is asked for, until cancelled. Started when what scripts define is there.

        An interface that cannot be loaded is logged: sessions say the same, and it is tried again when it has changed.
        """
        self._hub.reload.bells.hang(self)
        self._following = Following(self._hub)
        rows = _RowBell(self)
        self._hub.recorder.anywhere.hang(rows)
        try:
            async with trio.open_nursery() as self._nursery:
                await self._load()
                task_status.started()
                async for item in self._receive:
                    if self._stale:
                        self._stale = False
                        await self._load()
                    await self._take(item)
                    await self._tell_rows()
        finally:
            self._hub.reload.bells.unhang(self)
            self._hub.recorder.anywhere.unhang(rows)
            await self._unload(STOPPING)

    def ring(self) -> None:
        """The files are others now."""
        self._stale = True
        self.wake()

    def wake(self) -> None:
        """There is something to do that is no item."""
        if not self._woken:
            with suppress(trio.WouldBlock):  # so full that the next item is taken anyway
                self._send.send_nowait(_Woken())
                self._woken = True

    async def _tell_rows(self) -> None:
        """Tell the runtime of the rows that have come, grown and ended, in whatever room."""
        await self._following.prepare()
        calls = self._following.calls()
        if (runtime := self._runtime) is not None:
            await tell(calls, partial(self._tell_row, runtime))

    async def _tell_row(self, runtime: _Runtime, callback: str, *arguments: Plain) -> None:
        self._context = NOBODY
        outcome = await runtime.script.call(callback, *arguments)
        if isinstance(outcome, Raised):
            if outcome.message != self._told:
                logger.warning("%s: %s", callback, sanitize_line(outcome.message))
            self._told = outcome.message
        else:
            self._enter(runtime, runtime.others, outcome)

    # --- runtimes

    async def _load(self) -> None:
        """Open a runtime and put it in the place of the one there is; that one stays when the files are broken."""
        hub, offers = self._hub, Offers(self._hub, self)
        runtime: _Runtime

        async def rang(number: int) -> None:
            await self._send.send(_Rang(number, runtime))

        timers = Timers(rang)
        functions = server_functions(
            hub, lambda: self._context, offer=offers.add, say=self._say, done=self._done,
            reloaded=self._runtime is not None,
        )  # fmt: skip
        try:
            script = await hub.scripts.open({**functions, **timers.functions()}, seed=hub.seed, aside=ASIDE)
        except ScriptError as error:
            kept = "the old tools and actors stay" if self._runtime else "no tools or actors from scripts"
            logger.error("%s: %s", kept, sanitize_line(str(error)))
            return
        runtime = _Runtime(script, timers, offers, Run(0, "", "on_start", None, {}, NOBODY))
        await self._unload("the scripts were reloaded")
        self._runtime = runtime
        offers.publish()
        timers.begin(self._nursery)
        self._context = NOBODY
        self._enter(runtime, runtime.others, await script.call("on_start"))

    async def _unload(self, why: str) -> None:
        """End the runtime and everything that runs in it."""
        runtime, self._runtime = self._runtime, None
        if runtime is None:
            return
        runtime.offers.withdraw()
        for run in (runtime.others, *self._runs.values()):
            run.end(why)  # before what they wait for is ended, which would be their reason
        try:
            with trio.move_on_after(LAST_PATIENCE_S, shield=True):
                outcome = await runtime.script.stop()
                if isinstance(outcome, Raised):
                    logger.warning("on_stop: %s", sanitize_line(outcome.message))
        finally:
            runtime.timers.close()
            for run in (runtime.others, *self._runs.values()):
                run.abandon()
            runtime.script.close()

    @asynccontextmanager
    async def run(
        self, kind: str, name: str, input: Plain, call: dict[str, Plain], context: ToolContext,  # noqa: A002
    ) -> AsyncIterator[Run]:  # fmt: skip
        """Run a function that a script defined; iterate the block's value for what it says. Leaving stops it.

        Raises LimitReached when too many wait.
        """
        self._number += 1
        run = Run(self._number, kind, name, input, call, context)
        self._runs[run.id] = run
        try:
            try:
                self._send.send_nowait(run)
            except trio.WouldBlock:
                raise LimitReached(f"{MAX_WAITING} calls of scripts wait already") from None
            yield run
        finally:
            del self._runs[run.id]
            run.abandon()

    async def _take(self, item: _Item) -> None:
        runtime = self._runtime
        match item:
            case _Woken():
                self._woken = False
            case _ if runtime is None:
                if isinstance(item, Run):
                    item.end("the scripts are broken")
            case _Resume():
                if item.runtime is runtime:
                    self._context = item.run.context
                    self._enter(runtime, item.run, await runtime.script.resume(item.call_id, item.ok, item.value))
            case _Rang():
                if item.runtime is runtime and runtime.timers.take(item.number):
                    self._context = NOBODY
                    self._enter(runtime, runtime.others, await runtime.script.call(TIMER, item.number))
            case Run():
                if not item.over:
                    self._context = item.context
                    outcome = await runtime.script.call("on_run", item.id, item.kind, item.name, item.input, item.call)
                    self._enter(runtime, item, outcome)

    def _enter(self, runtime: _Runtime, run: Run, outcome: ScriptOutcome) -> None:
        """Lua has returned."""
        match outcome:
            case Suspended(call_id=call_id, later=later):
                self._nursery.start_soon(self._wait_for, runtime, run, call_id, later)
            case Raised(message=message):
                logger.warning("%s: %s", run.name if run is not runtime.others else "a script", sanitize_line(message))
                if run is not runtime.others:
                    run.end(message)
            case _:
                if run is not runtime.others:
                    run.end()

    async def _wait_for(self, runtime: _Runtime, run: Run, call_id: int, later: Later) -> None:
        ok, value = False, "cancelled"
        with trio.CancelScope() as scope:
            run.scopes.add(scope)
            if run.over:
                scope.cancel()
            try:
                value, ok = await later.job(), True  # type: ignore[assignment]
            except ChatdError as error:
                value = str(error)
            except Exception:
                logger.exception("what a script waited for failed")
                value = "internal error"
        run.scopes.discard(scope)
        await self._send.send(_Resume(run, call_id, ok, value, runtime))

    # --- what boot/defined.lua calls

    def _say(self, run_id: int, text: str) -> None:
        run = self._runs.get(run_id)
        if run is not None:
            run.say(text)

    def _done(self, run_id: int, ok: bool, result: Plain = None) -> None:
        run = self._runs.get(run_id)
        if run is None:
            return
        if ok and result is not None:
            run.say(result if isinstance(result, str) else json.dumps(result, ensure_ascii=False))
        run.end(None if ok else str(result))
