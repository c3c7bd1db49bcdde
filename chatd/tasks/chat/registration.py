"""Names and keys on their way to the disk: a new name holds at once, and is written as soon as the disk takes it.

Nobody who comes in waits for that. Whoever has a new name is told that it goes to their key, which stays true. Nobody
is told that it is registered before it is on disk; where that takes long they are told when it is, and why it is not.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace

import trio

from chatd.core.name_registry import NameRegistry
from chatd.core.visit import Visitor
from chatd.errors import StorageError
from chatd.ports import Clock, Directory
from chatd.tasks.chat.notices import Level, Notices
from chatd.tasks.chat.permission import check_choose_name
from chatd.tasks.log.backoff import Backoff
from chatd.tasks.log.write_behind import WriteBehind

logger = logging.getLogger("chatd.hub")

PAUSE_S = 0.05
"""Seconds that a name waits for others, and for its session to begin, which needs the processor more: a crowd makes few
transactions. What must not be on disk before the name does not wait for that."""

SLOW_S = 1.0
"""Seconds after which a name that is on disk at last is worth a word."""


class Registration(WriteBehind):
    """Writes new names. `backoff` is its patience with a failing disk."""

    def __init__(
        self, names: NameRegistry, directory: Directory, clock: Clock, notices: Notices, backoff: Backoff
    ) -> None:
        super().__init__(backoff, PAUSE_S)
        self._names = names
        self._directory = directory
        self._clock = clock
        self._notices = notices
        self._waiting: dict[str, str] = {}
        """Names that are not on disk, each with the fingerprint of its key."""
        self._done: set[str] = set()
        """Names that were new in this server's life and are on disk: their owners may come in as new ones again, by
        another channel of the same connection.
        """
        self._untold: dict[str, float] = {}
        """Names whose owners have begun without knowing what becomes of them, and from when on that is worth a word."""
        self._trouble: StorageError | None = None
        """Why the disk refused the names that wait, when it last was asked."""
        self._writing = trio.Lock()

    @property
    def debt(self) -> int:
        """How many names are not on disk."""
        return len(self._waiting)

    def owes(self, name: str) -> bool:
        """Whether this name is not on disk; then nothing that is its owner's is, either."""
        return name in self._waiting

    async def load(self) -> None:
        """Read every registered name. Raises StorageError."""
        self._names.load(await self._directory.keys())

    def file(self, visitor: Visitor) -> None:
        """The visitor comes in: a name that is new is on its way from now on."""
        if visitor.newly_registered and visitor.fingerprint is not None and visitor.name not in self._done:
            self._await(visitor.name, visitor.fingerprint)

    def word(self, visitor: Visitor) -> str:
        """What a person who begins should be told about their name, or "". What the disk says later is told in all of
        their sessions, when it is a refusal or comes late.
        """
        if not visitor.newly_registered:
            return visitor.notice
        if not self.owes(visitor.name):
            return visitor.notice or _registered(visitor.name)
        if self._trouble is not None:
            self._untold[visitor.name] = 0.0
            return _refused(self._trouble)
        self._untold.setdefault(visitor.name, trio.current_time() + SLOW_S)
        return visitor.notice or f"the name {visitor.name} goes to your key"

    async def register(self, visitor: Visitor) -> str:
        """Put a newly registered name on disk, for somebody who waits for it. Returns what `word` does."""
        self.file(visitor)
        with suppress(StorageError):  # which `word` tells
            await self.write()
        return self.word(visitor)

    async def write(self) -> None:
        """As WriteBehind: all names that wait."""
        async with self._writing:
            names = dict(self._waiting)
            try:
                if names:
                    await self._directory.register(names, self._clock.now_ms())
            except StorageError as error:
                self._failed(error)
                raise
            self._written(names)

    async def settle(self) -> None:
        """Before rows are committed: somebody's are on disk only when their name is, so that nobody else can have it
        after a `kill -9`. A disk that refuses the name keeps nobody from speaking.
        """
        if self._waiting:
            with suppress(StorageError):
                await self.write()

    def claim(self, visitor: Visitor, name: str) -> Visitor:
        """Another name for a member: one that is theirs already, or a free one, which is theirs from now on.

        Raises NotPermitted, UsageError, LimitReached.
        """
        fingerprint = check_choose_name(visitor)
        claimed = replace(self._names.claim(name, fingerprint), source=visitor.source)
        if claimed.newly_registered:
            self._await(claimed.name, fingerprint)
        return claimed

    def _await(self, name: str, fingerprint: str) -> None:
        self._waiting[name] = fingerprint
        self._owe()

    def _written(self, names: Iterable[str]) -> None:
        self._trouble = None
        now = trio.current_time()
        self._done.update(names)
        for name in names:
            del self._waiting[name]
            if now >= self._untold.pop(name, now + SLOW_S):
                self._notices.tell(name, _registered(name), Level.INFO)
        self._paid()

    def _failed(self, error: StorageError) -> None:
        if self._trouble is None:
            names = ", ".join(list(self._waiting)[:10])
            logger.error("%d names are not registered on disk yet: %s: %s", self.debt, names, error)
            for name in self._untold:
                self._untold[name] = 0.0
                self._notices.tell(name, _refused(error), Level.WARN)
        self._trouble = error


def _registered(name: str) -> str:
    return f"the name {name} is now registered for your key"


def _refused(error: StorageError) -> str:
    return f"your name is not registered on disk yet ({error}); it is yours while the server runs"
