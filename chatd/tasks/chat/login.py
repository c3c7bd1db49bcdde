"""Who a session is at the moment, and what goes with the name: what was read, and what scripts keep."""

from __future__ import annotations

import logging

from chatd.core.room import Room
from chatd.core.visit import Kind, Visitor
from chatd.errors import ScriptError, StorageError
from chatd.ports import Plain
from chatd.tasks.chat.hub import Hub
from chatd.tasks.chat.value_store import StoredValues
from chatd.tasks.chat.values import Values

logger = logging.getLogger("chatd.session")

SESSION = "session."
"""How keys begin whose values live as long as the session: on disk there are none of them."""


class Login:
    """One session's identity. It can change: `prepare` another one, then `become` it."""

    def __init__(self, hub: Hub, visitor: Visitor) -> None:
        self._hub = hub
        self.visitor = visitor
        self.marks: dict[str, int] = {}
        """For each room id the seq up to which the person has seen it."""
        self._read: dict[str, int] = {}
        """The marks that are on disk."""
        self._shelf: StoredValues | None = None
        """None for guests: what their scripts keep is gone with the session."""
        self._own = Values(hub.stored.limits)

    async def load(self) -> str:
        """Read what goes with the name. Returns what the person should be told, or "". Never fails for a failing disk.

        Cancelled, nothing is left open; else whoever calls this calls `close`.
        """
        if self.visitor.kind is not Kind.MEMBER:
            return ""
        try:
            self._read = await self._hub.directory.marks(self.visitor.name)
            self.marks.update(self._read)
        except StorageError as error:
            logger.warning("what %s has read is not known: %s", self.visitor.name, error)
        self._shelf = await self._hub.stored.open(self.visitor.name)
        return "" if self._shelf.loaded else "your settings could not be read; they are kept, and will be there again"

    def unread(self, room: Room) -> int:
        """How many rows have come since the person left a room; 0 in one where they have never been."""
        return max(0, room.seq - self.marks.get(room.id, room.seq))

    async def save_marks(self) -> None:
        """Keep what the person has read. Raises StorageError."""
        if self.visitor.kind is Kind.MEMBER:
            for room_id, seq in list(self.marks.items()):
                if self._read.get(room_id) != seq:
                    await self._hub.directory.set_mark(self.visitor.name, room_id, seq)
                    self._read[room_id] = seq

    def become(self, other: Login) -> None:
        """Be somebody else: `other`, which has been loaded, is used up by this. What lives with the session stays; a
        name that is new has what the old one kept.
        """
        if other.visitor.newly_registered and self._shelf is not None and other._shelf is not None:
            other._shelf.inherit(self._shelf)
        self._hub.arrive(other.visitor)
        self._hub.depart(self.visitor)
        self.close()
        self.visitor, self.marks, self._read = other.visitor, other.marks, other._read
        self._shelf, other._shelf = other._shelf, None

    def close(self) -> None:
        """The session ends, or is somebody else."""
        if self._shelf is not None:
            self._hub.stored.close(self._shelf)
            self._shelf = None

    # --- what scripts keep

    def get(self, key: str) -> Plain:
        """tools.kv_get(key)"""
        return self._place(key).get(key)

    def set(self, key: str, value: Plain) -> None:
        """tools.kv_set(key, value)"""
        self._place(key).set(key, value)

    def _place(self, key: object) -> StoredValues | Values:
        if not isinstance(key, str):
            raise ScriptError("key must be a string")
        return self._own if self._shelf is None or key.startswith(SESSION) else self._shelf
