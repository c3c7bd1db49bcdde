"""Who is at the door and what for: values that cross from the ssh adapter to the tasks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

DEFAULT_SIZE = (80, 24)
"""Columns and rows of a terminal that says 0x0 (normal for `ssh -tt` from a pipe)."""


class Kind(StrEnum):
    """What a name in a room stands for."""

    MEMBER = "member"
    GUEST = "guest"
    MODEL = "model"


@dataclass(frozen=True, slots=True)
class Account:
    """On whose account limits and budgets go: all names of a key are one, and so are all guests of one address."""

    id: str
    """The key's fingerprint, or the guests' address."""
    guest: bool = False


@dataclass(frozen=True, slots=True)
class Visitor:
    """A person who has been let in. Only a member has a fingerprint: that of the key whose signature was verified."""

    name: str
    kind: Kind
    fingerprint: str | None = None
    notice: str = ""
    """Why the person has this name and not the one asked for; empty when nothing needs saying."""
    newly_registered: bool = False
    """The key was bound to the name by this login and is not on disk yet."""
    source: str = ""
    """Where the person comes from: an IPv4 address, or the /64 of an IPv6 one."""

    @property
    def account(self) -> Account:
        """On whose account this goes."""
        if self.fingerprint is not None:
            return Account(self.fingerprint)
        return Account(self.source or self.name, guest=True)


@dataclass(frozen=True, slots=True)
class Visit:
    """One channel: a full-screen chat (`pty`, no command), a command, or line mode (neither)."""

    visitor: Visitor
    command: str | None = None
    pty: bool = False
    term: str = ""
    size: tuple[int, int] = DEFAULT_SIZE
    env: Mapping[str, str] | None = None
    address: str = ""


@dataclass(frozen=True, slots=True)
class Input:
    """Bytes the person sent."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Resized:
    """The terminal has a new size, in columns and rows, already made sensible."""

    columns: int
    rows: int


@dataclass(frozen=True, slots=True)
class EndOfInput:
    """The person's side sends nothing more; ours may go on."""


@dataclass(frozen=True, slots=True)
class Interrupt:
    """A break or an INT signal sent as an ssh request rather than as a byte."""


TerminalEvent = Input | Resized | EndOfInput | Interrupt

MAX_SIDE = 1000
"""Columns or rows beyond this are a client's mistake; a frame of 65535x65535 cells is never laid out."""


def sensible_size(columns: int, rows: int) -> tuple[int, int]:
    """The size to lay out for: 0 in either place counts as the default there, and no side exceeds MAX_SIDE."""
    return min(columns or DEFAULT_SIZE[0], MAX_SIDE), min(rows or DEFAULT_SIZE[1], MAX_SIDE)
