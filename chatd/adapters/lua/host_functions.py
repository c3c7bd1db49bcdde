"""The Python half of a call from Lua: arguments in, host function called, answer out. Never raises into Lua."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from functools import partial
from inspect import CO_VARARGS
from typing import Protocol

from chatd.adapters.lua.codec import Encoder, from_lua_json, to_lua_scalar, to_lua_text
from chatd.adapters.lua.files import Files
from chatd.adapters.lua.state import Answer
from chatd.errors import ScriptError
from chatd.ports import HostFunction, Later, Plain

logger = logging.getLogger("chatd.lua")
_DONE, _NESTED, _LATER, _FAILED = range(4)
_FORGET, _MODULE = -2, 0  # function numbers that are not in `tools`
_NOTHING: Answer = (_DONE, None)
_WAIT: Answer = (_LATER,)
_MAX_MESSAGE = 1000
LATE = 1e9
"""A time that is beyond every budget."""
_ANY = 1_000


def arity(function: HostFunction) -> tuple[int, int]:
    """How many positional arguments a host function takes: at least, at most. What has no code of its own takes any."""
    target = getattr(function, "__func__", function)
    code = getattr(target, "__code__", None)
    if code is None:
        return 0, _ANY
    most = code.co_argcount - (target is not function)
    least = most - len(target.__defaults__ or ())
    return least, _ANY if code.co_flags & CO_VARARGS else most


class Loop(Protocol):
    """The way from a runtime on a thread of its own to the loop, where host functions are run."""

    over: bool
    """Nobody waits for the runtime any more: what it still does is to end soon, and to touch nothing."""

    def call_loop(self, function: Callable[[], Plain | Later]) -> Plain | Later:
        """Run a function on the loop; its result or its error. Raises ScriptError when all is over."""
        ...


class HostFunctions:
    """The functions of one runtime. What they raise is answered, kept or logged here.

    ScriptError: its message, at the line of the call. Another Exception is a bug: logged, and Lua reads "internal
    error". A BaseException is kept in `parked`, because nothing may pass through Lua, and raised when Lua has returned.
    """

    def __init__(
        self,
        functions: Mapping[str, HostFunction],
        files: Files,
        encoder: Encoder,
        *,
        max_waiting: int,
        max_seconds: float,
        loop: Loop | None,
        off_loop: frozenset[str],
    ) -> None:
        self.names = list(functions)
        self.parked: BaseException | None = None
        self.later: Later | None = None
        """The last answer that must be waited for; valid when the entry into Lua ends suspended."""
        self.waiting = 0
        """How many callbacks are suspended now."""
        self.refusal: str | None = None
        """Why nothing may wait at the moment."""
        self._functions = list(functions.values())
        self._arities = [arity(function) for function in self._functions]
        self._files = files
        self._encoder = encoder
        self._max_waiting = max_waiting
        self._max_seconds = max_seconds
        self._loop = loop
        self._off_loop = [name in off_loop for name in functions]
        self._spent = 0.0
        """Seconds that host functions have taken in this entry into Lua."""
        self._spent_here = 0.0
        """Those of them that Lua's thread has worked."""
        self._ends = False

    @property
    def is_over(self) -> bool:
        """Whether nobody waits for the runtime any more."""
        return self._loop is not None and self._loop.over

    def begin(self) -> None:
        """Lua is entered anew; what is entered when all is over already has its budget to come to an end."""
        self._spent = self._spent_here = 0.0
        self._ends = self.is_over

    def clock(self) -> float:
        """See state.Host: processor time that this thread has worked, host functions not counted. A script runs no
        longer than its runtime is wanted.
        """
        if self.is_over and not self._ends:
            return LATE
        return time.thread_time() - self._spent_here

    def answer_json(self, op: int, text: str) -> Answer:
        """See state.Host."""
        try:
            arguments = from_lua_json(text)
        except (ValueError, RecursionError):  # our own encoder wrote it
            logger.exception("arguments from Lua cannot be read")
            return _FAILED, b"internal error"
        assert isinstance(arguments, list)
        return self.answer(op, arguments)

    def answer(self, op: int, arguments: list[Plain]) -> Answer:
        """See state.Host."""
        try:
            if op == _FORGET:
                self._encoder.forget()
                return _NOTHING
            if op == _MODULE:
                return self._source(str(arguments[0]))
            least, most = self._arities[op - 1]
            if not least <= len(arguments) <= most:
                raise ScriptError(_wrong_count(least, most, len(arguments)))
            if self.is_over:
                raise ScriptError("cancelled")
            if self._spent > self._max_seconds:
                raise ScriptError(f"the host has worked {self._max_seconds:g} s for this callback, that is the limit")
            if self._loop is None or self._off_loop[op - 1]:
                return self._called_here(op, arguments)
            return self._encoded(self._loop.call_loop(partial(self._called_there, op, arguments)))
        except ScriptError as error:
            return _FAILED, to_lua_text(f"{self.names[op - 1]}: {error}"[:_MAX_MESSAGE])
        except Exception:
            logger.exception("tools.%s failed", self.names[op - 1])
            return _FAILED, b"internal error"
        except BaseException as error:  # noqa: BLE001 - raised again by Runtime once Lua has returned
            self.parked = error
            return _FAILED, b"interrupted"

    def _called_here(self, op: int, arguments: list[Plain]) -> Answer:
        start = time.perf_counter()
        try:
            return self._encoded(self._functions[op - 1](*arguments))
        finally:
            took = time.perf_counter() - start
            self._spent += took
            self._spent_here += took

    def _called_there(self, op: int, arguments: list[Plain]) -> Plain | Later:
        start = time.perf_counter()
        try:
            return self._functions[op - 1](*arguments)
        finally:
            self._spent += time.perf_counter() - start

    def _source(self, name: str) -> Answer:
        """For `require`: (chunk name, text, binary), or (nil, why not)."""
        try:
            source = self._files.module(name)
        except ScriptError as error:
            return _DONE, None, to_lua_text(str(error))
        return _DONE, to_lua_text("@" + source.chunk), source.text, source.binary

    def _encoded(self, result: Plain | Later) -> Answer:
        if result is None:
            return _NOTHING
        if isinstance(result, (str, int, float)):
            return _DONE, to_lua_scalar(result)
        if not isinstance(result, Later):
            return _NESTED, *self._encoder.tokens((result,))
        if self.refusal is not None:
            raise ScriptError(self.refusal)
        if self.waiting >= self._max_waiting:
            raise ScriptError(f"{self.waiting} callbacks are waiting already, the limit is {self._max_waiting}")
        self.later = result
        return _WAIT


def _wrong_count(least: int, most: int, found: int) -> str:
    expected = f"{least}" if least == most else f"{least} to {most}"
    return f"{expected} argument{'' if expected == '1' else 's'} expected, got {found}"
