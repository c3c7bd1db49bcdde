"""The states that sessions of the shipped interface share: which one a new session gets, and when one is freed."""

from __future__ import annotations

from chatd.adapters.lua.files import Files, ScriptFile
from chatd.adapters.lua.state import Bounds, LuaState

SESSIONS = 32
"""Sessions of one state. What they share, the compiled interface and the sandbox, is 0.65 MB and takes 3 ms to make, of
which each bears little. A whole collection, which Lua makes when an entry comes to its limit, looks at all of them: 4
to 8 ms of the 50 that nothing may take. Memory that one of them should waste is missed by no more."""

MOST_HELD = 16 * 1024 * 1024
"""Bytes of a state's heap from which on it takes nobody in: its sessions show much, and a collection takes long enough.
"""


class StatePool:
    """States by the seed of their sessions: the order in which `pairs` goes belongs to the state, so it may depend on
    one's own seed and on nothing else. The loop alone uses it, but for `saw`.

    A new session gets the fullest state that has room, so that the others empty. The last one that has emptied is kept
    for whoever comes next, until the files have changed. Files are read when the first state is made, and when they
    have changed, so that nobody who comes waits for the disk.
    """

    def __init__(self, files: Files, bounds: Bounds) -> None:
        self._files = files
        self._bounds = bounds
        self._states: dict[int, list[LuaState]] = {}
        self._idle: LuaState | None = None
        self._modules: dict[str, ScriptFile] = {}
        self._seen: object = None
        self._outdated = False

    def saw(self, stamp: object) -> None:
        """The files have this stamp now. Any thread may say so."""
        if self._seen not in (None, stamp):
            self._outdated = True
        self._seen = stamp

    def take(self, seed: int) -> LuaState:
        """A state in which a session may be opened now."""
        if self._outdated:
            self._outdated = False
            self._retire()
        states = self._states.setdefault(seed, [])
        found = max(
            (state for state in states if state.has_room and state.memory_used < MOST_HELD),
            key=lambda state: state.sessions, default=None,
        )  # fmt: skip
        if found is None:
            found = LuaState(self._bounds, seed=seed, most=SESSIONS, modules=self._read(), ended=self._ended)
            states.append(found)
        if found is self._idle:
            self._idle = None
        return found

    def module(self, name: str) -> ScriptFile:
        """A file as the newest states have it. Raises ScriptError when there is none, or it cannot be read."""
        return self._modules.get(name) or self._files.module(name)

    def close(self) -> None:
        """Nobody comes any more: what is kept is freed, and what is in use when its last session ends."""
        self._retire()

    def _read(self) -> list[ScriptFile]:
        if not self._modules:
            if self._seen is None:
                self._seen = self._files.stamp()
            self._modules = {file.name: file for file in self._files.modules()}
        return list(self._modules.values())

    def _retire(self) -> None:
        self._states.clear()
        self._modules.clear()
        if self._idle is not None:
            self._idle.close()
            self._idle = None

    def _ended(self, state: LuaState) -> None:
        if state.sessions:
            return
        if self._outdated or not any(state in states for states in self._states.values()):
            self._drop(state)
            return
        if self._idle is not None:
            self._drop(self._idle)
        state.collect_garbage()
        self._idle = state

    def _drop(self, state: LuaState) -> None:
        for seed, states in list(self._states.items()):
            if state in states:
                states.remove(state)
            if not states:
                del self._states[seed]
        state.close()
