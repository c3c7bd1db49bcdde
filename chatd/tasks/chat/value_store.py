"""What scripts keep for members over their logins: in memory while somebody uses it, and written by one task.

A person's values are shared by all of their sessions; the last write wins. Setting one is synchronous and never waits
for the disk: what has changed is written together, about once a second, and again until the disk takes it.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import trio

from chatd.errors import StorageError
from chatd.ports import Directory, Plain
from chatd.tasks.chat.values import ValueLimits, Values, readable
from chatd.tasks.log.backoff import Backoff
from chatd.tasks.log.write_behind import WriteBehind

logger = logging.getLogger("chatd.kept")

PATIENCE_S = 2.0
"""How long a session's begin waits for what is kept; then it begins without."""

BATCH = 256
"""Values in one transaction: 4 MiB at most."""

MAX_ABANDONED = 1000
"""People who have left and whose values are not on disk yet. On a disk that is dead the oldest are given up: each may
take 64 KiB of memory."""


@dataclass(frozen=True, slots=True)
class ValueStoreLimits:
    """Bounds of what is kept, and of the patience with a failing disk; durations in seconds."""

    values: ValueLimits
    pause: float
    """Between two writes."""
    first_retry: float
    last_retry: float


class StoredValues:
    """One member's values, for all of their sessions."""

    def __init__(self, name: str, limits: ValueLimits, changed: Callable[[StoredValues], None]) -> None:
        self.name = name
        self.values = Values(limits)
        self.users = 0
        """Sessions that have it open."""
        self.loaded = False
        """Whether what is on disk has been read."""
        self.dirty: dict[str, None] = {}
        """Keys whose values are not on disk."""
        self.writing = 0
        """Values that are being written."""
        self._touched: set[str] = set()
        """Keys that were set before what is on disk was known: it is older."""
        self._changed = changed

    @property
    def idle(self) -> bool:
        """Whether nobody needs it in memory."""
        return not (self.users or self.dirty or self.writing)

    def get(self, key: str) -> Plain:
        """A value, or None."""
        return self.values.get(key)

    def set(self, key: str, value: Plain) -> None:
        """Keep a value, None for no longer. Raises UsageError, LimitReached, ScriptError."""
        if self.values.set(key, value) or not self.loaded:
            self._touch(key)

    def inherit(self, other: StoredValues) -> None:
        """Take over what somebody else keeps: the same person, by another name."""
        self.values.fill(other.values.items())
        for key in other.values.items():
            self._touch(key)

    def found(self, texts: dict[str, str]) -> None:
        """This is on disk. What is no value is as if it were not there, until it is set."""
        if not self.loaded:
            known = {key: text for key, text in texts.items() if key not in self._touched and readable(text)}
            self.values.fill(known)
            if damaged := texts.keys() - known.keys() - self._touched:
                logger.warning(
                    "of what %s keeps %s cannot be read", self.name, ", ".join(map(repr, sorted(damaged)))[:500]
                )
            self._touched.clear()
            self.loaded = True

    def _touch(self, key: str) -> None:
        if not self.loaded:
            self._touched.add(key)
        self.dirty[key] = None
        self._changed(self)


class ValueStore(WriteBehind):
    """The stored values of everybody who is here."""

    def __init__(self, directory: Directory, limits: ValueStoreLimits, *, ready: Callable[[], Awaitable[None]]) -> None:
        """`ready` is awaited before each write: names must be on disk before what is theirs. It raises StorageError
        when they cannot be.
        """
        super().__init__(Backoff(limits.first_retry, limits.last_retry), limits.pause)
        self._directory = directory
        self._ready = ready
        self._limits = limits
        self._people: dict[str, StoredValues] = {}
        self._waiting: dict[StoredValues, None] = {}
        """Those with something to be written."""
        self._told = False

    @property
    def debt(self) -> int:
        """How many values are not on disk."""
        return sum(len(stored.dirty) + stored.writing for stored in self._people.values())

    @property
    def limits(self) -> ValueLimits:
        """The bounds of what is kept for one person."""
        return self._limits.values

    async def open(self, name: str, *, on_disk: bool = True) -> StoredValues:
        """A member's values, with what is on disk if that can be read in time (`loaded` tells); `on_disk` tells whether
        anything is. Who opens it closes it. Cancelled, it is closed.
        """
        stored = self._people.setdefault(name, StoredValues(name, self._limits.values, self._changed))
        stored.users += 1
        opened = False
        try:
            if not on_disk:
                stored.found({})
            elif not stored.loaded:
                with trio.move_on_after(PATIENCE_S):
                    stored.found(await self._directory.kept(name))
            opened = True
        except StorageError as error:
            opened = True
            logger.warning("what %s keeps is not known: %s", name, error)
        finally:
            if not opened:
                self.close(stored)
        return stored

    def close(self, stored: StoredValues) -> None:
        """One session does not need it any more."""
        stored.users -= 1
        self._let_go(stored)
        if stored.users == 0 and stored.dirty:
            self._bound()

    async def write(self) -> None:
        """As WriteBehind: as much as a transaction holds."""
        batch, written = self._take(), False
        try:
            await self._ready()
            await self._keep(batch)
            written = True
        except StorageError as error:
            self._failed(error)
            raise
        finally:
            self._wrote(batch, written=written)

    async def _keep(self, batch: list[tuple[StoredValues, str]]) -> None:
        """Write the batch; when that is no good, what can be of it. Raises StorageError when the disk refuses."""
        try:
            await self._directory.keep([(stored.name, key, stored.values.text(key)) for stored, key in batch])
        except StorageError:
            raise
        except Exception:
            if len(batch) > 1:
                for one in batch:
                    await self._keep([one])
                return
            # Tried again it would fail again.
            ((stored, key),) = batch
            logger.exception("the value %r of %s could not be kept", key[:40], stored.name)

    def _take(self) -> list[tuple[StoredValues, str]]:
        batch: list[tuple[StoredValues, str]] = []
        for stored in list(self._waiting):
            for key in list(stored.dirty)[: BATCH - len(batch)]:
                del stored.dirty[key]
                stored.writing += 1
                batch.append((stored, key))
            if not stored.dirty:
                del self._waiting[stored]
            if len(batch) >= BATCH:
                break
        return batch

    def _wrote(self, batch: list[tuple[StoredValues, str]], *, written: bool) -> None:
        for stored, key in batch:
            stored.writing -= 1
            if not written:
                stored.dirty[key] = None
                self._waiting[stored] = None
            self._let_go(stored)
        if written:
            if self._told:
                logger.warning("what people keep is on disk again")
            self._told = False
            self._paid()

    def _changed(self, stored: StoredValues) -> None:
        self._waiting[stored] = None
        self._owe()

    def _let_go(self, stored: StoredValues) -> None:
        if stored.idle and self._people.get(stored.name) is stored:
            del self._people[stored.name]

    def _bound(self) -> None:
        left = [stored for stored in self._people.values() if not stored.users and not stored.writing]
        for stored in left[: max(0, len(left) - MAX_ABANDONED)]:
            logger.error("what %s kept is lost: too much waits for the disk", stored.name)
            stored.dirty.clear()
            self._waiting.pop(stored, None)
            self._let_go(stored)

    def _failed(self, error: StorageError) -> None:
        if not self._told:
            logger.error("what people keep is not on disk yet: %s; trying again", error)
        self._told = True
