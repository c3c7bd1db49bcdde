"""Who a session is at the moment, and what goes with the name: what was read, and what scripts keep."""

from __future__ import annotations

from chatd.core.visit import Kind, Visitor
from chatd.errors import ScriptError
from chatd.ports import Plain
from chatd.tasks.chat.hub import Hub
from chatd.tasks.chat.read_markers import ReadMarkers
from chatd.tasks.chat.value_store import StoredValues
from chatd.tasks.chat.values import Values

SESSION = "session."
"""How keys begin whose values live as long as the session: on disk there are none of them."""


class Login:
    """One session's identity. It can change: `prepare` another one, then `become` it."""

    def __init__(self, hub: Hub, visitor: Visitor) -> None:
        self._hub = hub
        self.visitor = visitor
        self._notice: str | None = None
        self._trouble = ""
        self._markers: ReadMarkers | None = None
        self._stored: StoredValues | None = None
        """None for guests: what their scripts keep is gone with the session."""
        self._own = Values(hub.stored.limits)

    @property
    def notice(self) -> str:
        """What the person should be told when they come in: about their name, and what could not be read. It is as it
        was when it was first asked for; what comes to be known later is told as a notice.
        """
        if self._notice is None:
            self._notice = "; ".join(filter(None, (self._hub.registration.word(self.visitor), self._trouble)))
        return self._notice

    @property
    def waits(self) -> bool:
        """Whether something of the person's has to be read: not of a guest, nor of somebody whose name is new."""
        return self.visitor.kind is Kind.MEMBER and not self._hub.registration.owes(self.visitor.name)

    @property
    def markers(self) -> ReadMarkers:
        """Up to where the person has read."""
        if self._markers is None:
            self._markers = self._hub.read_markers.open_now(self.visitor)
        return self._markers

    async def load(self) -> str:
        """Read what goes with the name. Returns what the person should be told, or "". Never fails for a failing disk.

        Cancelled or not, whoever calls this calls `close`.
        """
        hub, on_disk = self._hub, self.waits
        self._markers = await hub.read_markers.open(self.visitor, on_disk=on_disk)
        if self.visitor.kind is not Kind.MEMBER:
            return ""
        self._stored = await hub.stored.open(self.visitor.name, on_disk=on_disk)
        if not self._stored.loaded:
            self._trouble = "your settings could not be read; they are kept, and will be there again"
        return self._trouble

    async def save_markers(self) -> None:
        """Keep what the person has read. Raises StorageError."""
        if self.visitor.kind is Kind.MEMBER and self._markers is not None:
            await self._hub.read_markers.save(self._markers)

    def become(self, other: Login) -> None:
        """Be somebody else: `other`, which has been loaded, is used up by this. What lives with the session stays; a
        name that is new has what the old one kept.
        """
        if other.visitor.newly_registered and self._stored is not None and other._stored is not None:
            other._stored.inherit(self._stored)
        self._hub.arrive(other.visitor)
        self._hub.depart(self.visitor)
        self.close()
        self.visitor = other.visitor
        self._markers, other._markers = other._markers, None
        self._stored, other._stored = other._stored, None

    def close(self) -> None:
        """The session ends, or is somebody else."""
        if self._markers is not None:
            self._hub.read_markers.close(self._markers)
            self._markers = None
        if self._stored is not None:
            self._hub.stored.close(self._stored)
            self._stored = None

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
        return self._own if self._stored is None or key.startswith(SESSION) else self._stored
