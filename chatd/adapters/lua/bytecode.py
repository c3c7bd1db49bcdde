"""Lua compiled once: parsing the interface anew took half of a session's start.

Scripts cannot load binaries; what is loaded as one was compiled here, from text, in a runtime where nothing ever runs.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from lupa.lua55 import LuaError, LuaRuntime

MAX_KNOWN = 128
"""Files whose bytecode is kept, of all servers in a process together; the interface has some fifty."""

_COMPILE = b"""
local load, dump = load, string.dump
return function(source, chunk, as_function)
  local f, problem = load(source, chunk, "t")
  if f and as_function then f, problem = load("return function(_ENV, ...) " .. source .. "\\nend", chunk, "t") end
  return f and dump(f), problem
end
"""


@lru_cache(maxsize=1)
def _compiler() -> Any:
    runtime = LuaRuntime(encoding=None, register_eval=False, register_builtins=False)
    return runtime.execute(_COMPILE)


@lru_cache(maxsize=MAX_KNOWN)
def compiled(source: bytes, chunk: str) -> bytes | None:
    """A file's bytecode, lines and names included; None when it cannot be parsed: whoever runs its text hears why."""
    found, _ = _compile(source, chunk)
    return found


@lru_cache(maxsize=MAX_KNOWN)
def compiled_as_function(source: bytes, chunk: str) -> bytes | None:
    """The bytecode of a chunk that returns the file as a function of its environment; else as `compiled`.

    Lua shares what a function is compiled to between all that are made of it, but not between chunks.
    """
    found, _ = _compile(source, chunk, as_function=True)
    return found


def problem(source: bytes, chunk: str) -> str | None:
    """Why a file is no Lua, with its line; None when it is."""
    _, why = _compile(source, chunk)
    return None if why is None else why.decode("utf-8", "replace")


def _compile(source: bytes, chunk: str, *, as_function: bool = False) -> tuple[bytes | None, bytes | None]:
    try:
        found: tuple[bytes | None, bytes | None] = _compiler()(source, chunk.encode("utf-8", "replace"), as_function)
    except (LuaError, MemoryError) as error:
        return None, str(error).encode()
    return found
