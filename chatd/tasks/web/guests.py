"""Guests of the web who stay the same from request to request: their browsers show a secret, as those of members do.

Nothing of it is kept on disk: with the server's end, or an hour without a request, a guest is gone, and the name is
free again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

import trio

from chatd.core.credentials import SECRET_BYTES, code_text
from chatd.core.name_registry import NameRegistry
from chatd.core.visit import Visitor
from chatd.errors import LimitReached, NotPermitted
from chatd.ports import Secrets

IDLE_S = 3600.0
"""Seconds after which a guest without a request is gone: a browser that shows the page makes one all the time."""

MAX_FROM_SOURCE = 16
"""Guests from one address or IPv6 /64: a household or a classroom's first row."""

MAX_ALL = 1000
"""Guests of the web in all: each takes a name and a kilobyte."""


@dataclass(slots=True, eq=False)
class _Guest:
    visitor: Visitor
    seen: float
    """When the last request ended."""
    requests: int = 0
    """On their way at the moment."""
    gone: trio.Event = field(default_factory=trio.Event)


class GuestRooms(Protocol):
    """Who looks after the private rooms of guests, see `tasks/chat/rooms.py`."""

    def keep_guests(self, visitor: Visitor) -> None:
        """This guest stays the same over their sessions."""
        ...

    def end_guests(self, visitor: Visitor) -> None:
        """A guest is one no more."""
        ...


class WebGuests:
    """The guests there are, those who made the oldest last request first."""

    def __init__(self, names: NameRegistry, secrets: Secrets, rooms: GuestRooms) -> None:
        self._names = names
        self._rooms = rooms
        self._secrets = secrets
        self._guests: dict[str, _Guest] = {}
        """By their secrets, which are worth nothing to who can read the server's memory."""

    def __len__(self) -> int:
        return len(self._guests)

    def admit(self, wanted: str, source: str) -> str:
        """A new guest's secret; `wanted` is the name they would have. Raises NotPermitted, LimitReached."""
        self._forget_idle()
        of_source = [secret for secret, guest in self._guests.items() if guest.visitor.source == source]
        if len(of_source) >= MAX_FROM_SOURCE:
            self._make_room(of_source, f"there are {MAX_FROM_SOURCE} guests from your address, that is the limit")
        if len(self._guests) >= MAX_ALL:
            self._make_room(list(self._guests), f"there are {MAX_ALL:,} guests on the web, that is the limit")
        visitor = self._names.admit_guest(wanted, source)
        if visitor is None:
            raise NotPermitted("guests are not let in here")
        self._rooms.keep_guests(visitor)
        secret = code_text(self._secrets.new(SECRET_BYTES))
        self._guests[secret] = _Guest(visitor, trio.current_time())
        return secret

    @contextmanager
    def known(self, secret: str) -> Iterator[Visitor | None]:
        """Who shows this secret, while the block runs, in which they do not go; None for nobody."""
        self._forget_idle()
        guest = self._guests.get(secret)
        if guest is None:
            yield None
            return
        guest.requests += 1
        try:
            yield guest.visitor
        finally:
            guest.requests -= 1
            guest.seen = trio.current_time()
            if self._guests.pop(secret, None) is guest:
                self._guests[secret] = guest
            elif guest.requests == 0:  # they left meanwhile
                self._end(guest.visitor)

    def leave(self, secret: str) -> None:
        """This guest goes, when no request of theirs is on its way any more. What is nobody's secret is ignored."""
        guest = self._guests.pop(secret, None)
        if guest is None:
            return
        guest.gone.set()
        if guest.requests == 0:
            self._end(guest.visitor)

    async def ended(self, visitor: Visitor) -> None:
        """Return when this guest has left; of one who is none here, or of a single request, never."""
        guest = next((guest for guest in self._guests.values() if guest.visitor is visitor), None)
        await (trio.Event() if guest is None else guest.gone).wait()

    def _end(self, visitor: Visitor) -> None:
        self._rooms.end_guests(visitor)  # before anybody else can have the name
        self._names.leave(visitor)

    def _make_room(self, secrets: list[str], why: str) -> None:
        """Let the one go of these who has been silent for longest. Raises LimitReached when none is."""
        silent = next((secret for secret in secrets if not self._guests[secret].requests), None)
        if silent is None:
            raise LimitReached(why)
        self.leave(silent)

    def _forget_idle(self) -> None:
        now = trio.current_time()
        for secret, guest in list(self._guests.items()):
            if now - guest.seen < IDLE_S:
                break
            if not guest.requests:
                self.leave(secret)
