"""Scripts: runtimes with the user interface in them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

Plain = None | bool | int | float | str | Sequence["Plain"] | Mapping[str, "Plain"]
"""What may cross the script border: values of JSON."""


@dataclass(frozen=True, slots=True)
class Later:
    """A host function's answer that must be waited for: the callback that called is suspended until `job` ends."""

    job: Callable[[], Awaitable[Plain]]


HostFunction = Callable[..., "Plain | Later"]
"""Called synchronously from inside Lua with plain values. Raises ScriptError for a wrong call."""


@dataclass(frozen=True, slots=True)
class Returned:
    """The callback ran to its end (or the script does not define it)."""


@dataclass(frozen=True, slots=True)
class Raised:
    """The callback failed or was stopped within its budget; `message` names file and line where known."""

    message: str


@dataclass(frozen=True, slots=True)
class Suspended:
    """The callback waits for `later`; answer with `Script.resume(call_id, …)`."""

    call_id: int
    later: Later


CALLBACKS = (
    "on_start", "on_key", "on_line", "on_row_added", "on_row_changed", "on_row_done",
    "on_resize", "on_tick", "on_frame", "on_room", "on_people", "on_notice", "on_stop",
    "on_alert", "on_answered", "on_failed", "on_look", "on_draw", "on_prompt",
)  # fmt: skip
"""What `tools.on_X(f)` can register for."""

ON_PROMPT = "on_prompt"
"""Reviews what goes to models. It is run by `on_run`, which hands over what it returns."""

OFTEN = ("on_row_added", "on_row_changed", "on_row_done", "on_people", "on_tick")
"""Those that happen often: who has nothing for them is not entered."""

HEARD = (*OFTEN, ON_PROMPT)
"""Those of which it is known whether scripts have anything for them."""

ON_RUN = "on_run"
"""Runs what a script has defined as a tool or an actor."""

ON_TIMER = "on_timer"
"""Runs a timer's function, given the timer's number."""

MAX_CALLS = 64
"""Callbacks of one batch: those that do little take a millisecond together, and entering the runtime is nothing beside.
Others have their turns then, also where no time is kept."""

MAX_SUSPENDED = 16
"""Suspended callbacks of one runtime: each is a Lua stack of about 1 KiB and a task that waits."""

ScriptOutcome = Returned | Raised | Suspended

Call = tuple[str, *tuple[Plain, ...]]
"""A callback's name, then its arguments."""

Ended = Callable[[str, ScriptOutcome], None]
"""Told by the loop how a callback of this name has ended. It must not fail, nor enter the runtime."""


class Script(Protocol):
    """One runtime: an environment with the user interface loaded. Not re-entrant: one task alone calls it, one call
    after the other, and no host function of one calls another, as they may share what runs them.

    A call that takes long may await, so that others go on. Cancelling it ends what runs: `stop` and `close` are all
    that may follow.
    """

    async def call(self, callback: str, *args: Plain) -> ScriptOutcome:
        """Run a global callback such as `on_key`."""
        ...

    async def call_each(self, calls: Sequence[Call], ended: Ended) -> int:
        """Run callbacks, one after the other, in one entry, each as `call` runs it: with a budget and an outcome of its
        own, and one that fails or is suspended keeps no other from running. Returns how many were run: the first at
        least, and fewer than there are when they have taken a while or are more than MAX_CALLS.

        `ended` is told of each, in order, before a later one gets anything from a function of the host, so that they
        find what they would if each had been called alone. (A function of `off_loop` asks for nothing that `ended`
        could change.) Of a call that is cancelled, those that `ended` was not told of are lost.
        """
        ...

    @property
    def hears_often(self) -> bool:
        """Whether it has anything for any of OFTEN, as of the end of the last call."""
        ...

    def hears(self, callback: str) -> bool:
        """Whether a script has anything for one of HEARD, as of the end of the last call."""
        ...

    async def resume(self, call_id: int, ok: bool, value: Plain) -> ScriptOutcome:
        """Go on with a suspended callback: `value` is the result, or the error's message when not `ok`."""
        ...

    async def stop(self) -> ScriptOutcome:
        """Run `on_stop`, in which nothing can wait, and end every suspended callback; `close` follows."""
        ...

    def close(self) -> None:
        """Free the runtime, at once or soon; what is suspended still ends first. No further call may be made."""
        ...


class Scripts(Protocol):
    """Opens runtimes with the interface run in them."""

    async def open(
        self, functions: Mapping[str, HostFunction], *, seed: int, off_loop: frozenset[str] = frozenset(),
        shipped_only: bool = False,
    ) -> Script:  # fmt: skip
        """A fresh runtime whose `tools.NAME` call `functions[NAME]`, with all interface files run. What it is like
        depends on `seed` and on the files alone, whoever else has one.

        The functions named in `off_loop` touch nothing but what they are given, or what only this runtime uses: another
        thread may run them. `shipped_only` leaves out the operator's files. Raises ScriptError (file and line)
        when one of the files is broken or missing.
        """
        ...

    def stamp(self) -> object:
        """Something that is another one when the files have changed. Blocks: it looks at each of them."""
        ...

    def mention(self, word: str) -> bool:
        """Whether one of the operator's files has this word in it, or cannot be read. Blocks: it reads each of them."""
        ...

    def help(self, topic: str) -> str | None:
        """The page on a topic, as Markdown; None when there is none."""
        ...

    def help_topics(self) -> list[str]:
        """The topics there are pages on."""
        ...
