"""What one session has of Lua: an environment in a state, entered by plain calls, and host functions to call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from time import perf_counter, thread_time
from typing import Any

from chatd.adapters.lua.codec import Encoder, Token, from_lua_text, to_lua_scalar, to_lua_text
from chatd.adapters.lua.files import Files, ScriptFile
from chatd.adapters.lua.host_functions import HostFunctions, Loop
from chatd.adapters.lua.state import RAISED, LuaState
from chatd.errors import ScriptError
from chatd.ports import (
    HEARD,
    MAX_CALLS,
    MAX_SUSPENDED,
    OFTEN,
    Call,
    Ended,
    HostFunction,
    Plain,
    Raised,
    Returned,
    ScriptOutcome,
    Suspended,
)

FILE_SHARE = 4
"""Budgets that each file of the interface may take while it is run: it is parsed and builds its tables then."""
HOST_SHARE = 10
"""Times that as much as Lua, host functions may take in one entry: a room of long rows is laid out for the first time.
"""
BATCH_SHARE = 0.02
"""Of the seconds of one budget, what a batch may have taken when a further callback begins: 1 ms, some times what a
change of threads costs, and so little that quick ones never add up to one that takes long."""

_SUSPENDED = 2
_OFTEN = (1 << len(OFTEN)) - 1


class Runtime:
    """An environment, entered by plain calls: what ports.Script awaits. `close` must be called."""

    def __init__(
        self,
        functions: Mapping[str, HostFunction],
        files: Files,
        state: LuaState,
        *,
        seed: int,
        loop: Loop | None = None,
        off_loop: frozenset[str] = frozenset(),
    ) -> None:
        """With `loop`, the runtime is on a thread, and alone in its state; the loop runs its host functions, but for
        those of `off_loop`.
        """
        self._encoder = Encoder()
        self._host = HostFunctions(
            functions, files, self._encoder, max_waiting=MAX_SUSPENDED, max_seconds=state.bounds.seconds * HOST_SHARE,
            loop=loop, off_loop=off_loop,
        )  # fmt: skip
        self._waiting: set[int] = set()
        self._state: LuaState | None = state
        self._batch_s = state.bounds.seconds * BATCH_SHARE
        # By the loop, processor time: however busy the machine, a simulated world is the same. On a thread others wait.
        self._now = thread_time if loop is None else perf_counter
        self._id = state.open(self._host.names, seed)
        self._hears = 0
        """What scripts have anything for: bit i for the i-th of HEARD."""

    def collect_garbage(self) -> None:
        """Free what running the files has left over, of a runtime alone in its state: two fifths of it, in 0.2 ms."""
        self._open.collect_garbage()

    def run_file(self, source: ScriptFile) -> None:
        """Run one file of the interface, unless `require` has done so. Raises ScriptError with file and line."""
        self._host.refusal = "a file cannot wait while it is run; do it in on_start"
        outcome = self._enter(
            self._open.run_file,
            FILE_SHARE,
            to_lua_text(source.name),
            to_lua_text("@" + source.chunk),
            source.text,
            source.binary,
        )
        self._host.refusal = None
        if isinstance(outcome, Raised):
            named = ".lua" in outcome.message  # not where it is no Lua, or the error is no text
            raise ScriptError(outcome.message if named else f"{source.chunk}: {outcome.message}")

    @property
    def hears_often(self) -> bool:
        """See ports.Script. Any thread may ask."""
        return self._hears & _OFTEN != 0

    def hears(self, callback: str) -> bool:
        """See ports.Script. Any thread may ask."""
        return bool(self._hears >> HEARD.index(callback) & 1)

    def answers(self, callback: str) -> bool:
        """Whether it is entered for this callback: for one of HEARD that nobody has anything for it is not."""
        return callback not in HEARD or self.hears(callback)

    def call(self, callback: str, *args: Plain) -> ScriptOutcome:
        """See ports.Script."""
        if self._state is None or not self.answers(callback):
            return Returned()
        scalars: list[Token] = [to_lua_text(callback)]
        for argument in args:
            if argument is None or isinstance(argument, (str, int, float)):
                scalars.append(to_lua_scalar(argument))
            else:
                try:
                    tokens = self._encoder.tokens(args)
                except ScriptError as error:
                    return Raised(f"{callback}: {error}")
                return self._enter(self._state.call_nested, scalars[0], *tokens)
        return self._enter(self._state.call, *scalars)

    def call_each(self, calls: Sequence[Call], ended: Ended) -> int:
        """See ports.Script; `ended` is told here and now of each."""
        due = self._now() + self._batch_s
        made = 0
        for callback, *arguments in calls[:MAX_CALLS]:
            ended(callback, self.call(callback, *arguments))
            made += 1
            if self._host.is_over or self._now() > due:
                break
        return made

    def resume(self, call_id: int, ok: bool, value: Plain) -> ScriptOutcome:
        """See ports.Script. An id that does not wait (any more) is ignored."""
        if self._state is None or call_id not in self._waiting:
            return Returned()
        try:
            tokens = self._encoder.tokens((value,))
        except ScriptError as error:
            ok, tokens = False, self._encoder.tokens((str(error),))
        self._forget(call_id)
        return self._enter(self._state.resume, call_id, ok, *tokens)

    def stop(self) -> ScriptOutcome:
        """See ports.Script."""
        self._host.refusal = "on_stop cannot wait"
        outcome = self.call("on_stop")
        self._host.refusal = None
        return outcome

    def unwind(self) -> ScriptOutcome:
        """End every suspended callback, within one budget."""
        if self._state is None or not self._waiting:
            return Returned()
        self._waiting.clear()
        self._host.refusal = "cancelled"
        outcome = self._enter(self._state.cancel_all)
        self._host.refusal = None
        return outcome

    def close(self) -> None:
        """See ports.Script."""
        if self._state is None:
            return
        assert not self._state.is_entered, "a host function cannot close the runtime that calls it"
        try:
            self.unwind()
        finally:
            state, self._state = self._state, None
            state.end(self._id)

    @property
    def _open(self) -> LuaState:
        assert self._state is not None, "the runtime has been closed"
        return self._state

    def _forget(self, call_id: int) -> None:
        self._waiting.discard(call_id)
        self._host.waiting = len(self._waiting)

    def _enter(self, function: Callable[..., Any], *arguments: Token) -> ScriptOutcome:
        self._host.begin()
        outcome = self._outcome(self._open.enter(self._host, function, self._id, *arguments))
        self._hears = self._open.heard(self._id)
        if self._host.parked is not None:
            parked, self._host.parked = self._host.parked, None
            raise parked
        return outcome

    def _outcome(self, answer: Any) -> ScriptOutcome:
        match answer:
            case (int(tag), str(message)) if tag == RAISED:
                return Raised(from_lua_text(message))
            case (int(tag), int(call_id)) if tag == _SUSPENDED:
                later, self._host.later = self._host.later, None
                assert later is not None
                self._waiting.add(call_id)
                self._host.waiting = len(self._waiting)
                return Suspended(call_id, later)
        return Returned()
