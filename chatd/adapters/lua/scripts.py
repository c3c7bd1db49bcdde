"""Opens runtimes with the whole interface run in them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from chatd.adapters.lua.files import Files
from chatd.adapters.lua.runtime import MAX_SECONDS, Runtime
from chatd.ports import HostFunction, Script


class LuaScripts:
    """Implements ports.Scripts. Files are read anew for every runtime, so that a saved change is what the next one has.

    `instructions` bounds one callback, `memory` (bytes) the heap of one runtime while scripts run. `seconds` of
    processor time end a callback too: simulations set it so high that no machine is slow enough to change a world.
    """

    def __init__(
        self, shipped: Path, overlay: Path | None, *, instructions: int, memory: int, seconds: float = MAX_SECONDS
    ) -> None:
        self._seconds = seconds
        self._files = Files(shipped, overlay)
        self._instructions = instructions
        self._memory = memory

    def open(self, functions: Mapping[str, HostFunction], *, seed: int) -> Script:
        """See ports.Scripts."""
        runtime = Runtime(
            functions, self._files, instructions=self._instructions, memory=self._memory, seed=seed,
            seconds=self._seconds,
        )  # fmt: skip
        with ExitStack() as undo:
            undo.callback(runtime.close)
            runtime.run_file(self._files.module("init"))
            for source in self._files.additions():
                runtime.run_file(source)
            runtime.settle()
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
