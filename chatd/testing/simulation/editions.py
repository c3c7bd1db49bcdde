"""The server's scripts as somebody saves them while worlds are lived: editions, one of them broken."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from chatd.adapters.lua.files import Files
from chatd.config import Config, shipped_lua
from chatd.testing.simulation.slow_scripts import DawdlingScripts
from chatd.testing.sources import SCRIPT_SECONDS

FIRST = "lua"
BROKEN = "lua_broken"
SECOND = "lua_second"
THIRD = "lua_third"
EDITIONS = (FIRST, SECOND, THIRD, BROKEN)
"""Directories beside this file; each is an overlay of its own."""


@cache
def _files(path: Path) -> Files:
    """What has been read of an overlay: kept for all worlds of a process, as the files do not change."""
    return Files(shipped_lua(), path)


class EditedScripts(DawdlingScripts):
    """The scripts of one world; of somebody's `own`, and of the shipped ones alone, there is one edition, and that is
    saved again and again.
    """

    def __init__(self, settings: Config, *, own: bool = False) -> None:
        lua = settings.lua
        super().__init__(
            shipped_lua(), lua.path, instructions=lua.instructions, memory=lua.memory, seconds=SCRIPT_SECONDS
        )
        self._saved = 0
        self._edition = FIRST
        self._own = own or lua.path is None
        if lua.path is not None:
            self._files = _files(lua.path)

    def save(self, edition: str) -> None:
        """Have this edition from now on."""
        if not self._own:
            self._files = _files(Path(__file__).parent / edition)
        self._edition = edition
        self._saved += 1

    @property
    def are_broken(self) -> bool:
        """Whether the edition there is now cannot be loaded."""
        return self._edition == BROKEN

    def stamp(self) -> object:
        """Another one after each `save`: the files on disk are not looked at, so what is changed there meanwhile
        disturbs no trace.
        """
        return self._saved
