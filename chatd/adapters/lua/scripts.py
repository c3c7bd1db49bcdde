"""Opens runtimes with the whole interface run in them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from chatd.adapters.lua.files import Files
from chatd.adapters.lua.host_functions import Loop
from chatd.adapters.lua.runtime import MAX_SECONDS, Runtime
from chatd.adapters.lua.stall_budget import StallBudget
from chatd.adapters.lua.threaded import ThreadedScript
from chatd.errors import ScriptError
from chatd.ports import HostFunction, Plain, Script, ScriptOutcome


class InlineScript:
    """Implements ports.Script on the loop itself: no call awaits, so what it does is one step of its task."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self.close = runtime.close
        self.hears = runtime.hears

    async def call(self, callback: str, *args: Plain) -> ScriptOutcome:
        """See ports.Script."""
        return self._runtime.call(callback, *args)

    async def resume(self, call_id: int, ok: bool, value: Plain) -> ScriptOutcome:
        """See ports.Script."""
        return self._runtime.resume(call_id, ok, value)

    async def stop(self) -> ScriptOutcome:
        """See ports.Script."""
        outcome = self._runtime.stop()
        self._runtime.unwind()
        return outcome


class LuaScripts:
    """Implements ports.Scripts. Files are read anew for every runtime, so that a saved change is what the next one has.

    `instructions` bounds one callback, `memory` (bytes) the heap of one runtime while scripts run. `seconds` of
    processor time end a callback too: simulations set it so high that no machine is slow enough to change a world.
    With `patience`, a runtime has a thread while it is entered, for which the loop waits so long before others go on:
    what scripts do holds up nobody. That is for scripts one does not know; each call costs some changes of threads
    (0.1 ms), and the order of events is no longer the same each time.
    """

    def __init__(
        self,
        shipped: Path,
        overlay: Path | None,
        *,
        instructions: int,
        memory: int,
        seconds: float = MAX_SECONDS,
        patience: StallBudget | None = None,
    ) -> None:
        self._seconds = seconds
        self._files = Files(shipped, overlay)
        self._shipped = Files(shipped, None)
        self._instructions = instructions
        self._memory = memory
        self._patience = patience

    async def open(
        self, functions: Mapping[str, HostFunction], *, seed: int, off_loop: frozenset[str] = frozenset(),
        shipped_only: bool = False,
    ) -> Script:  # fmt: skip
        """See ports.Scripts."""
        if self._patience is None or shipped_only:
            return InlineScript(self.runtime(functions, seed=seed, files=self._shipped if shipped_only else None))
        script = ThreadedScript(self._patience)
        with ExitStack() as undo:
            undo.callback(script.close)
            await script.open(partial(self.runtime, functions, seed=seed, loop=script, off_loop=off_loop))
            undo.pop_all()
        return script

    def runtime(
        self,
        functions: Mapping[str, HostFunction],
        *,
        seed: int,
        loop: Loop | None = None,
        off_loop: frozenset[str] = frozenset(),
        files: Files | None = None,
    ) -> Runtime:
        """A runtime with the whole interface run in it. Raises ScriptError as `open` does."""
        files = files or self._files
        runtime = Runtime(
            functions, files, instructions=self._instructions, memory=self._memory, seed=seed,
            seconds=self._seconds, loop=loop, off_loop=off_loop,
        )  # fmt: skip
        with ExitStack() as undo:
            undo.callback(runtime.close)
            runtime.run_file(files.module("init"))
            for source in files.additions():
                if loop is not None and loop.over:
                    raise ScriptError("cancelled")
                runtime.run_file(source)
            runtime.collect_garbage()
            undo.pop_all()
        return runtime

    def stamp(self) -> object:
        """See ports.Scripts."""
        return self._files.stamp()

    def help(self, topic: str) -> str | None:
        """See ports.Scripts."""
        return self._files.page(topic)

    def help_topics(self) -> list[str]:
        """See ports.Scripts."""
        return self._files.pages()
