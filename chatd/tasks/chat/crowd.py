"""How many sessions there are, of everybody and in all, and whether there may be one more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from chatd.core.text import human_size
from chatd.core.visit import Account, Visitor
from chatd.errors import LimitReached
from chatd.ports import Machine


@dataclass(frozen=True, slots=True)
class CrowdLimits:
    """How many sessions may be at once, and what all of the server may take."""

    sessions: int
    per_user: int
    """Of one key; guests have what their address has."""
    per_address: int
    memory: int
    """Bytes of the whole process; 0: as many as there are."""


class Crowd:
    """Places for sessions. Everything is synchronous, so that none leaks."""

    def __init__(self, machine: Machine, limits: CrowdLimits) -> None:
        self.machine = machine
        self._limits = limits
        self._users: Counter[Account] = Counter()
        self._addresses: Counter[str] = Counter()
        self.sessions = 0
        """How many there are."""

    def check(self, visitor: Visitor) -> None:
        """Raise LimitReached when this person can have no session more."""
        limits, account = self._limits, visitor.account
        if not account.guest and self._users[account] >= limits.per_user:
            raise LimitReached(f"you have {self._users[account]} sessions, the limit is {limits.per_user} at once")
        here = self._addresses[visitor.source]
        if visitor.source and here >= limits.per_address:
            raise LimitReached(f"there are {here} sessions from your address, the limit is {limits.per_address}")
        if self.sessions >= limits.sessions:
            raise LimitReached(f"the server has {self.sessions} sessions, that is the limit; try again later")
        if limits.memory and (used := self.machine.memory()) >= limits.memory:
            have, most = human_size(used), human_size(limits.memory)
            raise LimitReached(f"the server uses {have} of memory, the limit is {most}; try again later")

    @contextmanager
    def place(self, visitor: Visitor) -> Iterator[None]:
        """A place for a session, while the block runs."""
        account, source = visitor.account, visitor.source
        self.sessions += 1
        self._users[account] += 1
        self._addresses[source] += 1
        try:
            yield
        finally:
            self.sessions -= 1
            self._users[account] -= 1
            self._addresses[source] -= 1
            if not self._users[account]:
                del self._users[account]
            if not self._addresses[source]:
                del self._addresses[source]
