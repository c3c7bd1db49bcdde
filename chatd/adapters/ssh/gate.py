"""Who may connect at all: counted before a handshake costs anything."""

from __future__ import annotations

import struct
from collections import Counter
from contextlib import suppress

import trio

from chatd.adapters.ssh.limits import SshLimits
from chatd.adapters.ssh.link import Link
from chatd.adapters.ssh.peer import Peer

_TOO_MANY_CONNECTIONS = 12
_MSG_DISCONNECT = 1
_BLOCK = 8
_LINGERING = 50
"""Connections told to go that may linger until the client has read why; in a flood the oldest of them are cut."""


class Gate:
    """The connections there are, counted by address and by whether they have logged in."""

    def __init__(self, limits: SshLimits) -> None:
        self._limits = limits
        self._links: dict[Link, None] = {}
        self._sources: Counter[str] = Counter()
        self._waiting: dict[Link, None] = {}
        self._dismissed: set[Link] = set()
        self._lingering: dict[Link, None] = {}
        self._empty = trio.Event()

    @property
    def links(self) -> tuple[Link, ...]:
        """Every connection, the oldest first."""
        return tuple(self._links)

    @property
    def waiting(self) -> int:
        """Connections that have not logged in."""
        return len(self._waiting)

    def refusal(self, peer: Peer) -> str | None:
        """Why one more from there is too many; None when it is not, or when one that has not logged in can go."""
        reason, oldest = self._crowd(peer)
        return reason if oldest is None else None

    def enter(self, link: Link) -> None:
        """Count a connection; where there are too many, the oldest that has not logged in goes."""
        reason, oldest = self._crowd(link.peer)
        if oldest is not None:
            self._dismiss(oldest, f"{reason}; who has not logged in goes first")
        if len(self._waiting) >= self._limits.waiting_logins:
            self._dismiss(next(iter(self._waiting)), f"{self._limits.waiting_logins} others wait to log in")
        self._links[link] = None
        self._sources[link.peer.source] += 1
        self._waiting[link] = None

    def logged_in(self, link: Link) -> None:
        """It waits no more."""
        self._waiting.pop(link, None)

    def leave(self, link: Link) -> None:
        """It has ended."""
        self._links.pop(link, None)
        self._waiting.pop(link, None)
        self._lingering.pop(link, None)
        if link in self._dismissed:
            self._dismissed.discard(link)
        else:
            self._uncount(link.peer)
        if not self._links:
            self._empty.set()

    async def wait_empty(self) -> None:
        """Wait until no connection is left."""
        while self._links:
            self._empty = trio.Event()
            await self._empty.wait()

    def _crowd(self, peer: Peer) -> tuple[str | None, Link | None]:
        """The limit that one more from there would break, and who can go instead of it."""
        limits = self._limits
        if self._sources[peer.source] >= limits.connections_per_address:
            # Somebody else's login must not pay for this address; room made here is room in the server too.
            oldest = next((link for link in self._waiting if link.peer.source == peer.source), None)
            return f"{limits.connections_per_address} connections from one address, the limit", oldest
        if len(self._links) - len(self._dismissed) >= limits.connections:
            return f"the server has {limits.connections} connections, the limit", next(iter(self._waiting), None)
        return None, None

    def _dismiss(self, link: Link, reason: str) -> None:
        """Tell it to go. It counts no more: while its last words are on the way its place is taken."""
        del self._waiting[link]
        self._uncount(link.peer)
        self._dismissed.add(link)
        self._lingering[link] = None
        link.disconnect(reason)
        if len(self._lingering) > _LINGERING:
            longest = next(iter(self._lingering))
            del self._lingering[longest]
            longest.cut()

    def _uncount(self, peer: Peer) -> None:
        self._sources[peer.source] -= 1
        if self._sources[peer.source] <= 0:
            del self._sources[peer.source]


def disconnect_message(reason: str) -> bytes:
    """A greeting and an unencrypted disconnect packet: clients show its reason."""
    text = reason.encode()
    payload = struct.pack(f">BII{len(text)}sI", _MSG_DISCONNECT, _TOO_MANY_CONNECTIONS, len(text), text, 0)
    padding = _BLOCK - (5 + len(payload)) % _BLOCK
    if padding < 4:
        padding += _BLOCK
    return b"SSH-2.0-chatd\r\n" + struct.pack(">IB", 1 + len(payload) + padding, padding) + payload + bytes(padding)


async def turn_away(stream: trio.abc.HalfCloseableStream, reason: str, linger: float) -> None:
    """Say why and hang up, within `linger` seconds."""
    try:
        with trio.move_on_after(linger), suppress(OSError, trio.BrokenResourceError, trio.ClosedResourceError):
            await stream.send_all(disconnect_message(reason))
            await stream.send_eof()
            while await stream.receive_some(1024):
                pass
    finally:
        await trio.aclose_forcefully(stream)
