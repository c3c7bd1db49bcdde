"""Opens runtimes with the whole interface run in them."""

from __future__ import annotations

import weakref
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from chatd.adapters.lua.files import Files
from chatd.adapters.lua.host_functions import Loop
from chatd.adapters.lua.runtime import Runtime
from chatd.adapters.lua.stall_budget import StallBudget
from chatd.adapters.lua.state import MAX_SECONDS, Bounds, LuaState
from chatd.adapters.lua.state_pool import StatePool
from chatd.adapters.lua.threaded import ThreadedScript
from chatd.errors import ScriptError
from chatd.ports import Call, Ended, HostFunction, Plain, Script, ScriptOutcome

INIT = "init"
"""The file that is run first, and requires the others."""


class InlineScript:
    """Implements ports.Script on the loop itself: no call awaits, so what it does is one step of its task."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self.close = runtime.close
        self.hears = runtime.hears

    @property
    def hears_often(self) -> bool:
        """See ports.Script."""
        return self._runtime.hears_often

    async def call(self, callback: str, *args: Plain) -> ScriptOutcome:
        """See ports.Script."""
        return self._runtime.call(callback, *args)

    async def call_each(self, calls: Sequence[Call], ended: Ended) -> int:
        """See ports.Script."""
        return self._runtime.call_each(calls, ended)

    async def resume(self, call_id: int, ok: bool, value: Plain) -> ScriptOutcome:
        """See ports.Script."""
        return self._runtime.resume(call_id, ok, value)

    async def stop(self) -> ScriptOutcome:
        """See ports.Script."""
        outcome = self._runtime.stop()
        self._runtime.unwind()
        return outcome


class LuaScripts:
    """Implements ports.Scripts.

    `instructions` bounds one callback, `memory` (bytes) the heap of one runtime while scripts run. `seconds` of
    processor time end a callback too: simulations set it so high that no machine is slow enough to change a world.
    With `patience`, a runtime has a thread while it is entered, for which the loop waits so long before others go on:
    what scripts do holds up nobody. That is for scripts one does not know; each call costs some changes of threads
    (0.1 ms), and the order of events is no longer the same each time.

    Where only shipped files are run, by the loop, runtimes are environments in states that they share (`state_pool`):
    a session begins in a fifth of the time then, and holds a quarter of the memory. Those files are read for the first
    state and after `stamp` has seen a change; with an overlay, they are read anew for every runtime.
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
        self._files = Files(shipped, overlay)
        self._shipped = Files(shipped, None)
        self._bounds = Bounds(instructions, memory, seconds)
        self._patience = patience
        self._pool = StatePool(self._shipped, self._bounds)
        # Lua refers to Python and Python to Lua, where no collector looks: what is kept for the next session is freed.
        weakref.finalize(self, self._pool.close).atexit = False

    async def open(
        self, functions: Mapping[str, HostFunction], *, seed: int, off_loop: frozenset[str] = frozenset(),
        shipped_only: bool = False,
    ) -> Script:  # fmt: skip
        """See ports.Scripts."""
        if shipped_only or (self._files.overlay is None and self._patience is None):
            return InlineScript(self.shared_runtime(functions, seed=seed))
        if self._patience is None:
            return InlineScript(self.runtime(functions, seed=seed))
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
    ) -> Runtime:
        """A runtime alone in its state, with the whole interface run in it. Raises ScriptError as `open` does."""
        files = self._files
        runtime = Runtime(
            functions, files, LuaState(self._bounds, seed=seed), seed=seed, loop=loop, off_loop=off_loop
        )  # fmt: skip
        with ExitStack() as undo:
            undo.callback(runtime.close)
            runtime.run_file(files.module(INIT))
            for source in files.additions():
                if loop is not None and loop.over:
                    raise ScriptError("cancelled")
                runtime.run_file(source)
            runtime.collect_garbage()
            undo.pop_all()
        return runtime

    def shared_runtime(self, functions: Mapping[str, HostFunction], *, seed: int) -> Runtime:
        """A runtime in a state that it shares, with the shipped interface run in it. Raises ScriptError as `open` does.

        The loop alone may call this, and what it returns.
        """
        runtime = Runtime(functions, self._shipped, self._pool.take(seed), seed=seed)
        with ExitStack() as undo:
            undo.callback(runtime.close)
            runtime.run_file(self._pool.module(INIT))
            undo.pop_all()
        return runtime

    def stamp(self) -> object:
        """See ports.Scripts."""
        found = self._files.stamp()
        self._pool.saw(found if self._files.overlay is None else self._shipped.stamp())
        return found

    def mention(self, word: str) -> bool:
        """See ports.Scripts."""
        return self._files.mention(word)

    def help(self, topic: str) -> str | None:
        """See ports.Scripts."""
        return self._files.page(topic)

    def help_topics(self) -> list[str]:
        """See ports.Scripts."""
        return self._files.pages()
