"""The server's own runtime: one task enters it, item by item; what scripts define there joins the tools and models."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import trio

from chatd.core.sanitize import sanitize_line
from chatd.errors import ChatdError, LimitReached, ScriptError
from chatd.ports import Later, Plain, Raised, Script, ScriptOutcome, Suspended, ToolContext
from chatd.tasks.hub import Hub
from chatd.tasks.server_script.defined import ScriptActor, ScriptTool
from chatd.tasks.server_script.functions import server_functions
from chatd.tasks.server_script.runs import Run

logger = logging.getLogger("chatd.script")

MAX_WAITING = 64
"""Runs that wait for the runtime: each takes some milliseconds of it at most."""


NOBODY = ToolContext("", "", "", "")
"""Whom `on_start` runs for."""


@dataclass(frozen=True, slots=True)
class _Resume:
    run: Run
    call_id: int
    ok: bool
    value: Plain


class ServerScript:
    """Runs what scripts define. `serve` is one task that outlives every session."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._send, self._receive = trio.open_memory_channel[Run | _Resume](MAX_WAITING)
        self._runs: dict[int, Run] = {}
        self._number = 0
        self._offered: dict[tuple[str, str], None] = {}
        """Kind and name of what scripts have defined."""
        self._context = NOBODY
        """On whose behalf Lua is being run."""
        self._script: Script
        self._nursery: trio.Nursery

    async def serve(self) -> None:
        """Open the runtime and run what is asked for, until cancelled.

        An interface that cannot be loaded is logged: sessions say the same, and there are no tools from it.
        """
        functions = server_functions(
            self._hub, lambda: self._context, offer=self._offer, say=self._say, done=self._done
        )
        try:
            self._script = self._hub.scripts.open(functions, seed=self._hub.seed)
        except ScriptError as error:
            self._withdraw()  # files before the broken one may have defined something
            logger.error("no tools or actors from scripts: %s", sanitize_line(str(error)))
            return
        try:
            async with trio.open_nursery() as self._nursery:
                self._enter(None, self._script.call("on_start"))
                async for item in self._receive:
                    self._take(item)
        finally:
            self._withdraw()
            for run in self._runs.values():
                run.end("the server is stopping")
            self._script.close()

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

    def _take(self, item: Run | _Resume) -> None:
        if isinstance(item, _Resume):
            self._context = item.run.context
            self._enter(item.run, self._script.resume(item.call_id, item.ok, item.value))
        elif not item.over:
            self._context = item.context
            outcome = self._script.call("on_run", item.id, item.kind, item.name, item.input, item.call)
            self._enter(item, outcome)

    def _enter(self, run: Run | None, outcome: ScriptOutcome) -> None:
        """Lua has returned."""
        match outcome:
            case Suspended(call_id=call_id, later=later):
                self._nursery.start_soon(self._wait_for, run, call_id, later)
            case Raised(message=message):
                logger.warning("%s: %s", run.name if run else "on_start", sanitize_line(message))
                if run is not None:
                    run.end(message)
            case _:
                if run is not None:
                    run.end()

    async def _wait_for(self, run: Run | None, call_id: int, later: Later) -> None:
        ok, value = False, "cancelled"
        owner = run or Run(0, "", "on_start", None, {}, NOBODY)
        with trio.CancelScope() as scope:
            owner.scopes.add(scope)
            if owner.over:
                scope.cancel()
            try:
                value, ok = await later.job(), True  # type: ignore[assignment]
            except ChatdError as error:
                value = str(error)
            except Exception:
                logger.exception("what a script waited for failed")
                value = "internal error"
        owner.scopes.discard(scope)
        await self._send.send(_Resume(owner, call_id, ok, value))

    def _withdraw(self) -> None:
        """Nobody would run it: what scripts have defined is there no more."""
        for kind, name in self._offered:
            if kind == "actor":
                self._hub.models.remove(name)
            else:
                self._hub.answers.router.tools.remove(name)

    # --- what boot/defined.lua calls

    def _offer(self, kind: str, name: str, description: Plain = None, parameters: Plain = None) -> None:
        if kind == "actor":
            self._add_actor(name, description)
            return
        tool = ScriptTool(self, name, description, parameters)
        try:
            self._hub.answers.router.tools.add(tool, replace=True)
        except ValueError as error:
            raise ScriptError(str(error)) from None
        self._offered[kind, name] = None

    def _add_actor(self, name: str, description: Plain) -> None:
        actor = ScriptActor(self, name, description)
        known = self._hub.models.get(actor.info.name)
        if (known is not None and not isinstance(known, ScriptActor)) or self._hub.is_member(actor.info.name):
            raise ScriptError(f"the name {name[:40]!r} is taken")
        self._hub.models.add(actor.info.name, actor)
        self._offered["actor", actor.info.name] = None

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
