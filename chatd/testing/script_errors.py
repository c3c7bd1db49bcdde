"""What scripts raised in a world, heard at the port Scripts: every runtime is opened, called and resumed there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import trio

from chatd.errors import ScriptError
from chatd.ports import Call, Ended, HostFunction, Later, Plain, Raised, Script, ScriptOutcome, Scripts

MAX_ERRORS = 1000
"""Different errors that are kept: a script whose messages never repeat must not fill the memory."""

_OF_A_HOOK = "script error in "

_SERVER = "the server's script"


class ScriptErrors:
    """The errors of every runtime of a world, each different one once, in their order.

    Attributes:
        found: `alice: on_key: vote.lua:3: attempt to …`.
        looked_at: whether the test has read them.
    """

    def __init__(self) -> None:
        self.found: list[str] = []
        self.looked_at = False

    def hear(self, where: str, message: str) -> None:
        """A script has raised this, in what is named by `where`, in the runtime of the present task."""
        error = f"{_whose()}: {where}: {message}"
        if error not in self.found and len(self.found) < MAX_ERRORS:
            self.found.append(error)

    def look(self) -> list[str]:
        """All of them; from now on they are looked at."""
        self.looked_at = True
        return list(self.found)

    def unseen(self) -> str:
        """What a test that looked at none of them is told; "" when there is nothing to tell."""
        if self.looked_at or not self.found:
            return ""
        told = "".join(f"\n  {error}" for error in self.found)
        return f"scripts raised errors, and the test did not look at world.script_errors:{told}"


class HeardScripts:
    """Implements ports.Scripts by others, and hears what goes wrong in them."""

    def __init__(self, scripts: Scripts, errors: ScriptErrors) -> None:
        self._scripts = scripts
        self._errors = errors
        self.stamp = scripts.stamp
        self.mention = scripts.mention
        self.help = scripts.help
        self.help_topics = scripts.help_topics

    async def open(
        self, functions: Mapping[str, HostFunction], *, seed: int, off_loop: frozenset[str] = frozenset(),
        shipped_only: bool = False,
    ) -> Script:  # fmt: skip
        """See ports.Scripts."""
        if (done := functions.get("run_done")) is not None:
            functions = {**functions, "run_done": self._heard_done(done)}
        if (log := functions.get("log")) is not None:
            functions = {**functions, "log": self._heard_log(log)}
        try:
            script = await self._scripts.open(functions, seed=seed, off_loop=off_loop, shipped_only=shipped_only)
        except ScriptError as error:
            self._errors.hear("loading", str(error))
            raise
        return _HeardScript(script, self._errors)

    def _heard_done(self, done: HostFunction) -> HostFunction:
        """What a script defined has ended: Lua itself caught its error, which the model is told."""

        def heard(run_id: Plain, ok: Plain, result: Plain = None) -> Plain | Later:
            if not ok:
                self._errors.hear("a tool or actor", str(result))
            return done(run_id, ok, result)

        return heard

    def _heard_log(self, log: HostFunction) -> HostFunction:
        """The shipped interface catches what a hook raises, and logs it in these words."""

        def heard(level: Plain, text: Plain) -> Plain | Later:
            if isinstance(text, str) and text.startswith(_OF_A_HOOK):
                where, _, message = text.removeprefix(_OF_A_HOOK).partition(": ")
                self._errors.hear(where, message)
            return log(level, text)

        return heard


class _HeardScript:
    """Implements ports.Script."""

    def __init__(self, script: Script, errors: ScriptErrors) -> None:
        self._script = script
        self._errors = errors
        self.close: Callable[[], None] = script.close
        self.hears = script.hears

    @property
    def hears_often(self) -> bool:
        return self._script.hears_often

    async def call(self, callback: str, *args: Plain) -> ScriptOutcome:
        return self._hear(callback, await self._script.call(callback, *args))

    async def call_each(self, calls: Sequence[Call], ended: Ended) -> int:
        def heard(callback: str, outcome: ScriptOutcome) -> None:
            ended(callback, self._hear(callback, outcome))

        return await self._script.call_each(calls, heard)

    async def resume(self, call_id: int, ok: bool, value: Plain) -> ScriptOutcome:
        return self._hear("a suspended callback", await self._script.resume(call_id, ok, value))

    async def stop(self) -> ScriptOutcome:
        return self._hear("on_stop", await self._script.stop())

    def _hear(self, callback: str, outcome: ScriptOutcome) -> ScriptOutcome:
        if isinstance(outcome, Raised):
            self._errors.hear(callback, outcome.message)
        return outcome


def _whose() -> str:
    """The person whose session the present task is of."""
    task: trio.lowlevel.Task | None = trio.lowlevel.current_task()
    while task is not None:
        if task.name.startswith("session "):
            return task.name.removeprefix("session ")
        task = task.parent_nursery.parent_task if task.parent_nursery is not None else None
    return _SERVER
