"""One lua_State with one session's environment or several: made, entered, left, closed. The only file that runs lupa.

Why it is as it is (each of these was seen): a Python object in Lua, an exception included, is a way out of the sandbox
whatever filter is set; Lua objects kept by Python outlive their thread and crash; a table that Python indexes can abort
the process. So nothing but scalars crosses, and Python holds only a few functions of the main thread.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NoReturn, Protocol

from lupa.lua55 import LuaError, LuaRuntime

from chatd.adapters.lua.bytecode import compiled
from chatd.adapters.lua.codec import Token, from_lua_text, to_lua_text
from chatd.adapters.lua.files import ScriptFile
from chatd.ports import CALLBACKS, HEARD, ON_RUN, ON_TIMER, Plain

INTERNAL = (ON_RUN, ON_TIMER)
"""Callbacks of boot/defined.lua and boot/timers.lua: no script can register for them."""
MAX_SECONDS = 0.05
"""Processor time of one entry, host functions not counted: others hardly notice. It is some times what the instructions
take, except where one of them copies megabytes."""

Answer = tuple[Token, ...]
"""A tag and what follows it, see `boot/border.lua`."""

logger = logging.getLogger("chatd.lua")
_BOOT = Path(__file__).parent / "boot"
RAISED = 1
"""The tag of an answer that is an error's message."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one entry may take: `instructions`, bytes of `memory`, `seconds` of processor time."""

    instructions: int
    memory: int
    seconds: float = MAX_SECONDS


class Host(Protocol):
    """What Lua calls while it is entered for one session."""

    def clock(self) -> float:
        """Seconds that count against the entry's bound."""
        ...

    def answer(self, op: int, arguments: list[Plain]) -> Answer:
        """Call the host function of this number. Never raises."""
        ...

    def answer_json(self, op: int, text: str) -> Answer:
        """The same, with the arguments as one JSON text."""
        ...


class _Turn:
    """Whose host functions are called now. It knows nothing of the state: Lua refers to it, and nobody sees that."""

    def __init__(self) -> None:
        self.host: Host

    def entry_points(self) -> tuple[Callable[..., Any], ...]:
        """The functions Lua calls: with scalars, with JSON, for the time, for the sandbox's own files.

        Closures, as lupa treats bound methods specially when their first argument happens to be `self`.
        """

        def raw(op: int, *arguments: str | float | None) -> Answer:
            # Most text is ASCII, which needs no second look; drawing makes this the hottest line of a session.
            values: list[Plain] = [
                a if type(a) is not str or a.isascii() else from_lua_text(a) for a in arguments
            ]  # fmt: skip
            return self.host.answer(op, values)

        def raw_json(op: int, text: str) -> Answer:
            return self.host.answer_json(op, text)

        def clock() -> float:
            return self.host.clock()

        def read_boot(name: str) -> bytes:
            return _boot_files()[name]

        return raw, raw_json, clock, read_boot


class LuaState:
    """A heap with a sandbox in it, in which sessions are opened and entered, one at a time, by their numbers.

    Shared, its memory is bounded for each entry by what was there before, and for all by `most` times as much.
    `ended` is called when a session has been closed, and has to `close` the state some time; without it, the last
    session does. Lua's heap is freed then.
    """

    def __init__(
        self,
        bounds: Bounds,
        *,
        seed: int,
        most: int = 1,
        modules: Iterable[ScriptFile] = (),
        ended: Callable[[LuaState], None] | None = None,
    ) -> None:
        """`modules` are compiled now and not when they are first required, so that no session pays for another."""
        self.bounds = bounds
        self.sessions = 0
        """How many are open."""
        self._most = most
        self._ended = ended or _close_when_empty
        self._last_id = 0
        self._catalogues: dict[tuple[str, ...], int] = {}
        self._inside = False
        self._turn = _Turn()
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
        raw, raw_json, clock, read_boot = self._turn.entry_points()
        callbacks, often, internal = [[to_lua_text(name) for name in names] for names in (CALLBACKS, HEARD, INTERNAL)]
        (
            self.call, self.call_nested, self.resume, self.run_file, self.cancel_all,
            self._open, self._forget, self._add_catalogue, self._add_file, self._step, self._heard,
        ) = self._lua.execute(
            _boot_files()["start"],
            *(raw, raw_json, self._lua.set_max_memory, clock, read_boot),
            *(bounds.instructions, bounds.memory, bounds.memory * most, bounds.seconds, most > 1),
            *(len(callbacks), *callbacks),
            *(len(often), *often),
            *(len(internal), *internal),
            name="=chatd",
        )  # fmt: skip
        for file in modules:
            if file.binary is not None:
                self._add_file(to_lua_text(file.name), to_lua_text("@" + file.chunk), file.text, file.binary)

    @property
    def is_shared(self) -> bool:
        """Whether others may be in it."""
        return self._most > 1

    @property
    def is_entered(self) -> bool:
        """Whether one of its sessions runs at this moment."""
        return self._inside

    @property
    def is_closed(self) -> bool:
        """Whether its heap has been freed."""
        return self._lua is None

    @property
    def has_room(self) -> bool:
        """Whether a session more may be opened."""
        return self.sessions < self._most

    def open(self, names: Sequence[str], seed: int) -> int:
        """A new session whose host has functions of these names; the number that it is entered by."""
        assert not self._inside, "Lua is not re-entrant: a host function opened a session where one runs"
        assert self.has_room
        key = tuple(names)
        catalogue = self._catalogues.get(key)
        if catalogue is None:
            catalogue = self._catalogues[key] = len(self._catalogues) + 1
            self._add_catalogue(catalogue, *map(to_lua_text, key))
        self.sessions += 1
        self._last_id += 1
        self._open(self._last_id, catalogue, seed & 0x7FFF_FFFF_FFFF_FFFF)
        return self._last_id

    def enter(self, host: Host, function: Callable[..., Any], session: int, *arguments: Token) -> Any:
        """Call one of the functions of this state for a session, with `host` for what it calls; its answer."""
        assert not self._inside, "Lua is not re-entrant: a host function called back into its own runtime"
        self._inside = True
        self._turn.host = host
        floor = self.memory_used if self.is_shared else 0
        answer: Any = None
        try:
            answer = function(session, floor, *arguments)
        except MemoryError:  # entering or leaving a coroutine takes a little too, when all is full
            answer = RAISED, f"not enough memory, the limit is {self.bounds.memory} bytes"
        except LuaError as error:  # the main thread runs only code of ours
            logger.exception("the Lua sandbox failed")
            answer = RAISED, str(error)
        finally:
            self._inside = False
            del self._turn.host  # else a session that has ended would be kept until another is entered
            self._lua.set_max_memory(0)
        self._tidy(floor, after_error=isinstance(answer, tuple) and answer[0] == RAISED)
        return answer

    def heard(self, session: int) -> int:
        """What a session's scripts have anything for: bit i for the i-th of HEARD."""
        bits: int = self._heard(session)
        return bits

    @property
    def memory_used(self) -> int:
        """Bytes of the heap, garbage included."""
        used: int = self._lua.get_memory_used()
        return used

    def collect_garbage(self) -> None:
        """Free what nobody refers to. Not for a state with many sessions: all of them are looked through at once."""
        self._lua.gccollect()

    def end(self, session: int) -> None:
        """Forget a session."""
        assert not self._inside
        self.sessions -= 1
        self._forget(session)
        if self.sessions:
            self._step()
        self._ended(self)

    def close(self) -> None:
        """Free the heap. No session may be open."""
        assert not self.sessions
        if self._lua is None:
            return
        self.call = self.call_nested = self.resume = self.run_file = self.cancel_all = None
        self._open = self._forget = self._add_catalogue = self._add_file = self._step = self._heard = None
        # Lua's references to Python make a cycle; collecting on its side breaks it now, not some time later.
        self._lua.gccollect()
        self._lua = None

    def _tidy(self, floor: int, *, after_error: bool) -> None:
        """Collect what an entry has left over where it burdens the next one: a heap that is nearly full makes
        allocating dear, and in a shared state garbage would count as what was there before.
        """
        if self.memory_used - floor > self.bounds.memory * (0.5 if after_error or self.is_shared else 0.9):
            self._lua.gccollect()


def _close_when_empty(state: LuaState) -> None:
    if not state.sessions:
        state.close()


@lru_cache(maxsize=1)
def _boot_files() -> dict[str, bytes]:
    texts = {path.stem: path.read_bytes() for path in sorted(_BOOT.glob("*.lua"))}
    return {name: text if name == "start" else compiled(text, "=chatd") or text for name, text in texts.items()}


def _deny(_object: object, _name: object, _setting: bool) -> NoReturn:
    raise AttributeError("denied")
