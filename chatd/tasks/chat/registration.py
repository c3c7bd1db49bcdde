"""Names and keys on their way to the disk: a new name holds at once, and is written as soon as the disk takes it."""

from __future__ import annotations

import logging
from dataclasses import replace

from chatd.core.name_registry import NameRegistry
from chatd.core.visit import Visitor
from chatd.errors import StorageError
from chatd.ports import Clock, Directory
from chatd.tasks.chat.permission import check_choose_name

logger = logging.getLogger("chatd.hub")


class Registration:
    """Writes new names. What the disk has refused is tried again at the begin and end of each session."""

    def __init__(self, names: NameRegistry, directory: Directory, clock: Clock) -> None:
        self._names = names
        self._directory = directory
        self._clock = clock
        self._waiting: dict[tuple[str, str], None] = {}
        """(name, fingerprint) of what is not on disk."""

    async def load(self) -> None:
        """Read every registered name. Raises StorageError."""
        self._names.load(await self._directory.keys())

    async def register(self, visitor: Visitor) -> str:
        """Put a newly registered name on disk. Returns what the person should be told about their name, or ""."""
        if visitor.newly_registered and visitor.fingerprint is not None:
            self._waiting[visitor.name, visitor.fingerprint] = None
        try:
            await self.write()
        except StorageError as error:
            logger.error("name %s is not registered on disk yet: %s", visitor.name, error)
            if visitor.newly_registered:
                return f"your name is not registered on disk yet ({error}); it is yours while the server runs"
        if not visitor.newly_registered:
            return visitor.notice
        return visitor.notice or f"the name {visitor.name} is now registered for your key"

    async def write(self) -> None:
        """Put on disk the names that could not be put there before. Raises StorageError when they still cannot."""
        for name, fingerprint in list(self._waiting):
            await self._directory.register(name, fingerprint, self._clock.now_ms())
            self._waiting.pop((name, fingerprint), None)

    def claim(self, visitor: Visitor, name: str) -> Visitor:
        """Another name for a member: one that is theirs already, or a free one, which is theirs from now on.

        Raises NotPermitted, UsageError, LimitReached.
        """
        fingerprint = check_choose_name(visitor)
        claimed = replace(self._names.claim(name, fingerprint), source=visitor.source)
        if claimed.newly_registered:
            self._waiting[claimed.name, fingerprint] = None
        return claimed
