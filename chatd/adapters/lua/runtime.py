"""One Lua runtime: made, entered, left, closed. The only file that touches lupa.

Why it is as it is (each of these was seen): a Python object in Lua, an exception included, is a way out of the sandbox
whatever filter is set; Lua objects kept by Python outlive their thread and crash; a table that Python indexes can abort
the process. So nothing but scalars crosses, and Python holds only a few functions of the main thread.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NoReturn

from lupa.lua55 import LuaError, LuaRuntime

from chatd.adapters.lua.bytecode import compiled
from chatd.adapters.lua.codec import Encoder, Token, from_lua_text, to_lua_scalar, to_lua_text
from chatd.adapters.lua.files import Files, ScriptFile
from chatd.adapters.lua.host_functions import HostFunctions, Loop
from chatd.errors import ScriptError
from chatd.ports import (
    CALLBACKS,
    HEARD,
    MAX_SUSPENDED,
    ON_RUN,
    ON_TIMER,
    HostFunction,
    Plain,
    Raised,
    Returned,
    ScriptOutcome,
    Suspended,
)

INTERNAL = (ON_RUN, ON_TIMER)
"""boot/defined.lua and boot/timers.lua take these before any script can."""
FILE_SHARE = 4
"""Budgets that each file of the interface may take while it is run: it is parsed and builds its tables then."""
MAX_SECONDS = 0.05
"""Processor time of one entry, host functions not counted: others hardly notice. It is some times what the instructions
take, except where one of them copies megabytes."""
HOST_SHARE = 10
"""Times that as much as Lua, host functions may take in one entry: a room of long rows is laid out for the first time.
"""

logger = logging.getLogger("chatd.lua")
_BOOT = Path(__file__).parent / "boot"
_RETURNED, _RAISED, _SUSPENDED, _ABSENT = range(4)


@lru_cache(maxsize=1)
def _boot_files() -> dict[str, bytes]:
    texts = {path.stem: path.read_bytes() for path in sorted(_BOOT.glob("*.lua"))}
    return {name: text if name == "start" else compiled(text, "=chatd") or text for name, text in texts.items()}


def _deny(_object: object, _name: object, _setting: bool) -> NoReturn:
    raise AttributeError("denied")


class Runtime:
    """A runtime, entered by plain calls: what ports.Script awaits. `close` must be called; Lua's heap is freed then."""

    def __init__(
        self,
        functions: Mapping[str, HostFunction],
        files: Files,
        *,
        instructions: int,
        memory: int,
        seed: int,
        seconds: float = MAX_SECONDS,
        loop: Loop | None = None,
        off_loop: frozenset[str] = frozenset(),
    ) -> None:
        """With `loop`, the runtime is on a thread; the loop runs its host functions, but for those of `off_loop`."""
        self._encoder = Encoder()
        self._host = HostFunctions(
            functions, files, _boot_files(), self._encoder, max_waiting=MAX_SUSPENDED, max_seconds=seconds * HOST_SHARE,
            loop=loop, off_loop=off_loop,
        )  # fmt: skip
        self._waiting: set[int] = set()
        self._inside = False
        self._memory = memory
        self._lua: Any = LuaRuntime(
            encoding="latin-1",
            source_encoding="utf-8",
            register_eval=False,
            register_builtins=False,
            unpack_returned_tuples=True,
            attribute_filter=_deny,
            max_memory=0,
            string_hash_seed=seed & 0xFFFF_FFFF,
        )
        names, callbacks = ([to_lua_text(name) for name in names] for names in (functions, (*CALLBACKS, *INTERNAL)))
        heard = [to_lua_text(name) for name in HEARD]
        entries = self._lua.execute(
            _boot_files()["start"],
            *self._host.entry_points(),
            self._lua.set_max_memory,
            self._host.clock,
            *(instructions, memory, seconds, seed & 0x7FFF_FFFF_FFFF_FFFF),
            *(len(names), *names),
            *(len(callbacks), *callbacks),
            *(len(heard), *heard),
            name="=chatd",
        )
        self._call, self._call_nested, self._resume, self._run_file, self._cancel_all, self._close, self._heard = (
            entries
        )
        self._hears = 0
        """What scripts have anything for: bit i for the i-th of HEARD."""

    def collect_garbage(self) -> None:
        """Free what loading the files has left over: two fifths of the heap, in 0.2 ms."""
        self._lua.gccollect()

    def run_file(self, source: ScriptFile) -> None:
        """Run one file of the interface, unless `require` has done so. Raises ScriptError with file and line."""
        self._host.refusal = "a file cannot wait while it is run; do it in on_start"
        outcome = self._enter(
            self._run_file,
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

    def hears(self, callback: str) -> bool:
        """See ports.Script. Any thread may ask."""
        return bool(self._hears >> HEARD.index(callback) & 1)

    def call(self, callback: str, *args: Plain) -> ScriptOutcome:
        """See ports.Script."""
        if self._lua is None:
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
                return self._enter(self._call_nested, scalars[0], *tokens)
        return self._enter(self._call, *scalars)

    def resume(self, call_id: int, ok: bool, value: Plain) -> ScriptOutcome:
        """See ports.Script. An id that does not wait (any more) is ignored."""
        if self._lua is None or call_id not in self._waiting:
            return Returned()
        try:
            tokens = self._encoder.tokens((value,))
        except ScriptError as error:
            ok, tokens = False, self._encoder.tokens((str(error),))
        self._forget(call_id)
        return self._enter(self._resume, call_id, ok, *tokens)

    def stop(self) -> ScriptOutcome:
        """See ports.Script."""
        self._host.refusal = "on_stop cannot wait"
        outcome = self.call("on_stop")
        self._host.refusal = None
        return outcome

    def unwind(self) -> ScriptOutcome:
        """End every suspended callback, within one budget."""
        if self._lua is None or not self._waiting:
            return Returned()
        self._waiting.clear()
        self._host.refusal = "cancelled"
        outcome = self._enter(self._cancel_all)
        self._host.refusal = None
        return outcome

    def close(self) -> None:
        """See ports.Script."""
        if self._lua is None:
            return
        assert not self._inside, "a host function cannot close the runtime that calls it"
        try:
            self.unwind()
        finally:
            self._close()
            self._call = self._call_nested = self._resume = self._run_file = None
            self._cancel_all = self._close = self._heard = None
            # Lua's references to Python make a cycle; collecting on its side breaks it now, not some time later.
            self._lua.gccollect()
            self._lua = None

    def _forget(self, call_id: int) -> None:
        self._waiting.discard(call_id)
        self._host.waiting = len(self._waiting)

    def _enter(self, function: Callable[..., Any], *arguments: Token) -> ScriptOutcome:
        assert not self._inside, "Lua is not re-entrant: a host function called back into its own runtime"
        self._inside = True
        self._host.begin()
        try:
            answer = function(*arguments)
            self._hears = self._heard()
        except MemoryError:  # entering or leaving a coroutine takes a little too, when all is full
            answer = (_RAISED, f"not enough memory, the limit is {self._memory} bytes")
        except LuaError as error:  # the main thread runs only code of ours
            logger.exception("the Lua sandbox failed")
            answer = (_RAISED, str(error))
        finally:
            self._inside = False
            self._lua.set_max_memory(0)
        outcome = self._outcome(answer)
        # What a callback has left over counts against the next one: a heap that is nearly full makes allocating dear.
        if self._lua.get_memory_used() > self._memory * (0.5 if isinstance(outcome, Raised) else 0.9):
            self._lua.gccollect()
        if self._host.parked is not None:
            parked, self._host.parked = self._host.parked, None
            raise parked
        return outcome

    def _outcome(self, answer: Any) -> ScriptOutcome:
        match answer:
            case (int(tag), str(message)) if tag == _RAISED:
                return Raised(from_lua_text(message))
            case (int(tag), int(call_id)) if tag == _SUSPENDED:
                later, self._host.later = self._host.later, None
                assert later is not None
                self._waiting.add(call_id)
                self._host.waiting = len(self._waiting)
                return Suspended(call_id, later)
        return Returned()
