"""How good a connection is, and what carries bytes over one that takes its time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from math import inf

import trio

STEP_S = 0.05
"""Seconds of a slow connection's rate that it takes at once: shorter than a person notices."""

KEEPALIVE_S = 30.0
"""Seconds after which a server drops a peer that is dead: two rounds of its keepalive, as the ssh gateway has it."""


@dataclass(frozen=True, slots=True)
class Quality:
    """What a connection is like from now on."""

    name: str
    delay: float = 0.0
    """Seconds that a byte is on its way, in either direction."""
    rate: float = 0.0
    """Bytes a second towards the person; 0 for any number."""
    dead: bool = False
    """The peer is gone and no FIN comes: nothing arrives in either direction, and the server must find out."""
    linger: float = 0.0
    """Seconds between a person's hanging up and the server's learning of it."""


GOOD = Quality("good")
QUALITIES = {
    one.name: one
    for one in (
        GOOD, Quality("slow", rate=4_000.0), Quality("far", delay=0.4), Quality("half-open", dead=True),
        Quality("closes slowly", linger=3.0),
    )
}  # fmt: skip
"""Those that acts name. A slow one is a modem of 32 kbit/s: a full repaint takes a second; a far one is a satellite."""


class Carrier:
    """Bytes to a person and acts of theirs, on a connection that takes its time. One task, `run`, carries both.

    Args:
        show: is given bytes when they arrive at the person.
        dead: is called when the server's keepalive has found the peer dead.
    """

    def __init__(self, show: Callable[[bytes], None], dead: Callable[[], None]) -> None:
        self.quality = GOOD
        self.may_take = True
        """Whether the person reads at all."""
        self.gone = False
        self.unsent = bytearray()
        """What the connection has not taken yet."""
        self._show = show
        self._dead = dead
        self._dead_since = inf
        self._free_at = 0.0
        self._coming: deque[tuple[float, bytes]] = deque()
        self._acting: deque[tuple[float, Callable[[], None]]] = deque()
        self._changed = trio.Event()

    @property
    def idle(self) -> bool:
        """Whether nothing is on its way."""
        return not (self.unsent or self._coming or self._acting)

    @property
    def direct(self) -> bool:
        """Whether what is written now arrives now."""
        return self.quality is GOOD and self.may_take and not self.unsent and not self._coming

    def becomes(self, quality: Quality) -> None:
        """The connection is so from now on; what is on its way stays in its order."""
        if quality.dead and not self.quality.dead:
            self._dead_since = trio.current_time()
        elif not quality.dead:
            self._dead_since = inf
        self.quality = quality
        self.ring()

    def act(self, act: Callable[[], None], late: float = 0.0) -> None:
        """The person does something that the server learns of when it arrives, `late` seconds later than others."""
        if self.quality.delay == late == 0.0 and not self.quality.dead and not self._acting:
            act()
            return
        self._acting.append((trio.current_time() + self.quality.delay + late, act))
        self.ring()

    def ring(self) -> None:
        """Something has changed."""
        self._changed.set()
        self._changed = trio.Event()

    def drop(self) -> None:
        """The connection is gone, with all that is on its way."""
        self.gone = True
        self.unsent.clear()
        self._coming.clear()
        self._acting.clear()
        self.ring()

    async def run(self, ended: Callable[[], bool]) -> None:
        """Carry until `ended`, which is looked at whenever `ring` is called."""
        while not ended():
            changed = self._changed
            self._carry(trio.current_time())
            with trio.move_on_at(self._next()):
                await changed.wait()

    async def sent(self) -> None:
        """Wait until the connection has taken everything from a session, or is gone."""
        while not self.gone and (self.unsent or not self.may_take):
            await self._changed.wait()

    async def drained(self) -> None:
        """Wait until everything has arrived that the person takes."""
        while self._coming or (self.unsent and self.may_take):
            await self._changed.wait()

    def _carry(self, now: float) -> None:
        """Do what is due."""
        if now >= self._dead_since + KEEPALIVE_S:
            self._dead_since = inf
            self._dead()
        if self.quality.dead:
            return
        if self.unsent and self.may_take and now >= self._free_at:
            self._take(now)
        while self._coming and self._coming[0][0] <= now:
            self._show(self._coming.popleft()[1])
            if not self._coming:
                self.ring()
        while self._acting and self._acting[0][0] <= now:
            self._acting.popleft()[1]()

    def _take(self, now: float) -> None:
        rate = self.quality.rate
        most = max(1, round(rate * STEP_S)) if rate else len(self.unsent)
        piece = bytes(self.unsent[:most])
        del self.unsent[:most]
        self._free_at = now + (len(piece) / rate if rate else 0.0)
        self._coming.append((now + self.quality.delay, piece))
        if not self.unsent:
            self.ring()

    def _next(self) -> float:
        """When something is due again."""
        if self.quality.dead:
            return self._dead_since + KEEPALIVE_S
        times = [queue[0][0] for queue in (self._coming, self._acting) if queue]
        if self.unsent and self.may_take:
            times.append(self._free_at)
        return min(times, default=inf)
