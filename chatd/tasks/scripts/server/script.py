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
from chatd.errors import LimitReached, ScriptError
from chatd.ports import ON_PROMPT, ON_RUN, Plain, Raised, Returned, RunSync, ScriptOutcome, ToolContext
from chatd.tasks.chat.facts import STOPPING
from chatd.tasks.chat.hub import Hub
from chatd.tasks.scripts.row_calls import tell
from chatd.tasks.scripts.runner import CallEnded, Caller, Runner, TimerRang
from chatd.tasks.scripts.server.annotations import Annotations
from chatd.tasks.scripts.server.definitions import Definitions
from chatd.tasks.scripts.server.following import Following
from chatd.tasks.scripts.server.functions import server_functions
from chatd.tasks.scripts.server.runs import ScriptRun

logger = logging.getLogger("chatd.script")

MAX_WAITING = 64
"""Runs that wait for the runtime: each takes some milliseconds of it at most."""


NOBODY = ToolContext("", "", "", "")
"""Whom `on_start` and timers run for."""


@dataclass(frozen=True, slots=True)
class _Woken:
    """Something is to be done that is no item."""


class _RowBell:
    """Wakes the script for new rows, once until it has read them."""

    def __init__(self, script: ServerScript) -> None:
        self._script = script

    def ring(self) -> None:
        """Wake the script: the recorder has committed something."""
        self._script.wake()


_Item = ScriptRun | CallEnded | TimerRang | _Woken


@dataclass(slots=True, eq=False)
class _Runtime:
    """One runtime with what is only its own."""

    runner: Runner
    definitions: Definitions


class ServerScript:
    """Runs what scripts define. `serve` is one task that outlives every session."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._send, self._receive = trio.open_memory_channel[_Item](MAX_WAITING)
        self._runs: dict[int, ScriptRun] = {}
        self._number = 0
        self._context = NOBODY
        """On whose behalf Lua is being run."""
        self._runtime: _Runtime | None = None
        """None while the interface cannot be loaded: then there are no tools from it."""
        self._following: Following
        self._annotations = Annotations(hub)
        self._woken = False
        """Whether a `_Woken` is on its way."""
        self._told = ""
        """The newest error of a callback about rows."""
        self._reviews = False
        """While there is no runtime: whether there was an on_prompt when there was one last, or, as there was none yet,
        whether the operator's files have one. Then prompts wait for it, or are refused.
        """
        self._stale = False
        """Whether the files have changed since the runtime was opened."""
        self._nursery: trio.Nursery
        self._run_sync: RunSync

    async def serve(self, run_sync: RunSync, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Open the runtime and run what is asked for, until cancelled. Started when what scripts define is there.

        An interface that cannot be loaded is logged: sessions say the same, and it is tried again when it has changed.
        Files that block are read by `run_sync`.
        """
        self._run_sync = run_sync
        self._hub.script_watch.bells.hang(self)
        self._hub.answers.router.prompt_hook.put(self._review, self._has_review)
        self._following = Following(self._hub)
        rows = _RowBell(self)
        self._hub.recorder.anywhere.hang(rows)
        try:
            async with trio.open_nursery() as self._nursery:
                self._nursery.start_soon(self._annotations.run)
                await self._load()
                task_status.started()
                async for item in self._receive:
                    if self._stale:
                        self._stale = False
                        await self._load()
                    await self._take(item)
                    await self._tell_rows()
        finally:
            self._hub.script_watch.bells.unhang(self)
            self._hub.recorder.anywhere.unhang(rows)
            try:
                await self._unload(STOPPING)
            finally:
                self._annotations.flush()

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
        runtime = self._runtime
        if runtime is None or not runtime.runner.hears_rows:
            self._following.skip()
            return
        await self._following.prepare()
        self._context = NOBODY
        await tell(self._following.calls(), partial(runtime.runner.call_each, ended=self._row_told))

    def _row_told(self, callback: str, outcome: ScriptOutcome) -> None:
        if isinstance(outcome, Raised):
            if outcome.message != self._told:
                logger.warning("%s: %s", callback, sanitize_line(outcome.message))
            self._told = outcome.message

    # --- runtimes

    async def _load(self) -> None:
        """Open a runtime and put it in the place of the one there is; that one stays when the files are broken."""
        hub, definitions = self._hub, Definitions(self._hub, self.run)
        functions = server_functions(
            hub, lambda: self._context, offer=definitions.add, set_meta=self._annotations.set, say=self._say,
            done=self._done, reloaded=self._runtime is not None,
        )  # fmt: skip
        try:
            runner = await Runner.open(hub.scripts, functions, self._send.send, seed=hub.seed)
        except ScriptError as error:
            await self._go_on_without(error)
            return
        await self._unload("the scripts were reloaded")
        self._runtime = _Runtime(runner, definitions)
        definitions.publish()
        runner.begin(self._nursery)
        self._context = NOBODY
        _log_failure(await runner.call("on_start"))

    async def _go_on_without(self, error: ScriptError) -> None:
        """Say what is left while the files are broken. A hook that is among them was put there to be relied on: without
        it nothing goes to a model.
        """
        kept = "the old tools and actors stay"
        if self._runtime is None:
            self._reviews = await self._run_sync(self._hub.scripts.mention, ON_PROMPT)
            kept = "no tools or actors from scripts"
        if self._runtime is None and self._reviews:
            kept += ", and no questions to models, for there is an on_prompt in them"
        logger.error("%s: %s", kept, sanitize_line(str(error)))

    async def _unload(self, why: str) -> None:
        """End the runtime and everything that runs in it."""
        self._reviews = self._has_review()
        runtime, self._runtime = self._runtime, None
        if runtime is None:
            return
        runtime.definitions.withdraw()
        for run in self._runs.values():
            run.end(why)  # before what they wait for is ended, which would be their reason
        try:
            if problem := await runtime.runner.stop():
                logger.warning("on_stop: %s", sanitize_line(problem))
        finally:
            for run in self._runs.values():
                run.cancel()
            runtime.runner.close()

    @asynccontextmanager
    async def run(
        self, kind: str, name: str, input: Plain, call: dict[str, Plain], context: ToolContext,  # noqa: A002
    ) -> AsyncIterator[ScriptRun]:  # fmt: skip
        """Run a function that a script defined; iterate the block's value for what it says. Leaving stops it.

        Raises LimitReached when too many wait.
        """
        self._number += 1
        run = ScriptRun(id=self._number, kind=kind, name=name, input=input, call=call, context=context)
        self._runs[run.id] = run
        try:
            try:
                self._send.send_nowait(run)
            except trio.WouldBlock:
                raise LimitReached(f"{MAX_WAITING} calls of scripts wait already") from None
            yield run
        finally:
            del self._runs[run.id]
            run.cancel()

    # --- what goes to models

    def _has_review(self) -> bool:
        return self._reviews if self._runtime is None else self._runtime.runner.hears(ON_PROMPT)

    async def _review(self, messages: Plain, call: dict[str, Plain], context: ToolContext) -> Plain:
        """What the scripts' on_prompt returns. Raises RunFailed, and LimitReached when too many wait."""
        async with self.run("prompt", ON_PROMPT, messages, call, context) as run:
            async for _ in run:
                pass  # it says nothing
            return run.result

    async def _take(self, item: _Item) -> None:
        runtime = self._runtime
        match item:
            case _Woken():
                self._woken = False
            case _ if runtime is None:
                if isinstance(item, ScriptRun):
                    item.end("the scripts are broken")
            case CallEnded(caller=caller):
                self._context = caller.context if isinstance(caller, ScriptRun) else NOBODY
                self._left(caller, await runtime.runner.resume(item))
            case TimerRang():
                self._context = NOBODY
                _log_failure(await runtime.runner.ring(item))
            case ScriptRun():
                if not item.over:
                    self._context = item.context
                    arguments = (item.id, item.kind, item.name, item.input, item.call)
                    self._left(item, await runtime.runner.call(ON_RUN, *arguments, caller=item))

    def _left(self, caller: Caller, outcome: ScriptOutcome | None) -> None:
        """Lua has returned from what it does for this caller."""
        if not isinstance(caller, ScriptRun):
            _log_failure(outcome)
        elif isinstance(outcome, Raised):
            logger.warning("%s: %s", caller.name, sanitize_line(outcome.message))
            caller.end(outcome.message)
        elif isinstance(outcome, Returned):
            caller.end()

    # --- what boot/defined.lua calls

    def _say(self, run_id: int, text: str) -> None:
        run = self._runs.get(run_id)
        if run is not None:
            run.say(text)

    def _done(self, run_id: int, ok: bool, result: Plain = None) -> None:
        run = self._runs.get(run_id)
        if run is None:
            return
        if not ok and run.kind == "prompt":  # it refuses by that: the operator is to know
            logger.warning("%s: %s", run.name, sanitize_line(str(result)))
        if run.kind == "prompt":
            run.result = result
        elif ok and result is not None:
            run.say(result if isinstance(result, str) else json.dumps(result, ensure_ascii=False))
        run.end(None if ok else str(result))


def _log_failure(outcome: ScriptOutcome | None) -> None:
    """Of what runs for nobody in particular."""
    if isinstance(outcome, Raised):
        logger.warning("a script: %s", sanitize_line(outcome.message))
