"""What scripts can call and what calls them, described once: the functions given to Lua are checked against this, and
`lua/_meta/tools.lua` (for lua-language-server) and `lua/help/scripting.md` are written from it.

    python -m chatd.tasks.scripts.api_files lua
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Where(StrEnum):
    """In which runtimes a function works; in the server's own one there is no person and no screen."""

    BOTH = "everywhere"
    SESSION = "in sessions"
    SCREEN = "in sessions; does nothing in the server's runtime"
    SERVER = "in the server's runtime; does nothing in sessions"


class MadeBy(StrEnum):
    """Who makes a function: the host, the sandbox in Lua (boot/), or the shipped interface (lua/)."""

    HOST = "host"
    SANDBOX = "sandbox"
    INTERFACE = "interface"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter; `type` is Lua's, as lua-language-server writes it."""

    name: str
    type: str
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Function:
    """One function of `tools`. `result` is "" where there is none; one that `waits` suspends its callback.

    One that works `off_loop` touches nothing but what it is given, or what only its own script uses: no other task
    notices on which thread it runs.
    """

    name: str
    parameters: tuple[Parameter, ...]
    result: str
    text: str
    where: Where = Where.SESSION
    waits: bool = False
    owner: MadeBy = MadeBy.HOST
    off_loop: bool = False


@dataclass(frozen=True, slots=True)
class Callback:
    """A global function of scripts that the host calls; `tools.NAME(f)` registers more than one."""

    name: str
    parameters: tuple[Parameter, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a table; `type` ends in `?` where it may be nil."""

    name: str
    type: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Shape:
    """A table that crosses the border."""

    name: str
    text: str
    fields: tuple[Field, ...]


def given(*parameters: str) -> tuple[Parameter, ...]:
    """Parameters out of `name: type`; `name?: type` is optional, `...: type` takes any number."""
    made = []
    for text in parameters:
        name, _, kind = text.partition(": ")
        made.append(Parameter(name.removesuffix("?"), kind, name.endswith("?")))
    return tuple(made)


def names(functions: Iterable[Function], *where: Where) -> frozenset[str]:
    """Of the functions, those the host makes and that work there (anywhere, if nothing is said)."""
    return frozenset(f.name for f in functions if f.owner is MadeBy.HOST and (not where or f.where in where))
