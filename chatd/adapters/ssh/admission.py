"""Who may connect at all: counted before a handshake costs anything."""

from __future__ import annotations

import struct
from collections import Counter

import trio

from chatd.adapters.peer import Peer
from chatd.adapters.ssh.limits import SshLimits
from chatd.adapters.ssh.link import Link

_TOO_MANY_CONNECTIONS = 12
_MSG_DISCONNECT = 1
_BLOCK = 8
_LINGERING = 50
"""Connections told to go that may linger until the client has read why; in a flood the oldest of them are cut."""


class Admission:
    """The connections there are, counted by source and by whether they have logged in.

    Where there is one too many, the one goes that has not logged in and waits longest, of the source that has most of
    them: a flood is its own victim, and nobody else's login pays for it.
    """

    def __init__(self, limits: SshLimits) -> None:
        self._limits = limits
        self._links: dict[Link, None] = {}
        self._sources: Counter[str] = Counter()
        self._waiting: dict[Link, None] = {}
        self._waiting_sources: Counter[str] = Counter()
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
        reason, victim = self._crowd(peer.source)
        return reason if victim is None else None

    def enter(self, link: Link) -> None:
        """Count a connection; where there are too many, one that has not logged in goes."""
        source = link.peer.source
        reason, victim = self._crowd(source)
        if victim is not None:
            self._dismiss(victim, f"{reason}; who has not logged in goes first")
        if self._waiting_sources[source] >= self._limits.waiting_logins_per_address:
            self._dismiss(self._oldest(source), f"{self._waiting_sources[source]} others from there wait to log in")
        if len(self._waiting) >= self._limits.waiting_logins:
            self._dismiss(self._oldest_of_most(source), f"{len(self._waiting)} others wait to log in")
        self._links[link] = None
        self._sources[source] += 1
        self._waiting[link] = None
        self._waiting_sources[source] += 1

    def logged_in(self, link: Link) -> None:
        """It waits no more."""
        self._wait_no_more(link)

    def leave(self, link: Link) -> None:
        """The connection has ended and gives its place back."""
        self._links.pop(link, None)
        self._lingering.pop(link, None)
        self._wait_no_more(link)
        if link in self._dismissed:
            self._dismissed.discard(link)
        else:
            _uncount(self._sources, link.peer.source)
        if not self._links:
            self._empty.set()

    async def wait_empty(self) -> None:
        """Wait until no connection is left."""
        while self._links:
            self._empty = trio.Event()
            await self._empty.wait()

    def _crowd(self, source: str) -> tuple[str | None, Link | None]:
        """The limit that one more from there would break, and who can go instead of it."""
        limits = self._limits
        if self._sources[source] >= limits.connections_per_address:
            # Somebody else's login must not pay for this address; room made here is room in the server too.
            victim = self._oldest(source) if self._waiting_sources[source] else None
            return f"{limits.connections_per_address} connections from one address, the limit", victim
        if len(self._links) - len(self._dismissed) >= limits.connections:
            victim = self._oldest_of_most(source) if self._waiting else None
            return f"the server has {limits.connections} connections, the limit", victim
        return None, None

    def _oldest(self, source: str) -> Link:
        return next(link for link in self._waiting if link.peer.source == source)

    def _oldest_of_most(self, newcomer: str) -> Link:
        """Who has waited longest, of the sources that have most waiting once one more has come from `newcomer`."""
        counts = {**self._waiting_sources, newcomer: self._waiting_sources[newcomer] + 1}
        most = max(counts[source] for source in self._waiting_sources)
        if counts[newcomer] >= most and self._waiting_sources[newcomer]:
            return self._oldest(newcomer)
        return next(link for link in self._waiting if counts[link.peer.source] == most)

    def _dismiss(self, link: Link, reason: str) -> None:
        """Tell it to go. It counts no more: while its last words are on the way its place is taken."""
        self._wait_no_more(link)
        _uncount(self._sources, link.peer.source)
        self._dismissed.add(link)
        self._lingering[link] = None
        link.disconnect(reason)
        if len(self._lingering) > _LINGERING:
            longest = next(iter(self._lingering))
            del self._lingering[longest]
            longest.abort()

    def _wait_no_more(self, link: Link) -> None:
        if link in self._waiting:
            del self._waiting[link]
            _uncount(self._waiting_sources, link.peer.source)


def _uncount(sources: Counter[str], source: str) -> None:
    sources[source] -= 1
    if sources[source] <= 0:
        del sources[source]


def disconnect_message(reason: str) -> bytes:
    """The reason as a line, for who is no ssh client; a greeting, and a packet in the clear whose reason clients show.

    RFC 4253 section 4.2 allows such lines. They tell programs that count greetings that there was no login to be had.
    """
    text = reason.encode()
    payload = struct.pack(f">BII{len(text)}sI", _MSG_DISCONNECT, _TOO_MANY_CONNECTIONS, len(text), text, 0)
    padding = _BLOCK - (5 + len(payload)) % _BLOCK
    if padding < 4:
        padding += _BLOCK
    return (
        text
        + b"\r\nSSH-2.0-chatd\r\n"
        + struct.pack(">IB", 1 + len(payload) + padding, padding)
        + payload
        + bytes(padding)
    )
