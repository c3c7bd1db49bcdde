"""A connection in memory that holds little, takes its time, and can be cut, broken, dead or left unread."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from math import inf

import trio

from chatd.testing.connection import GOOD, Quality

CAPACITY = 4 * 1024
"""Bytes on their way in one direction before the sender waits: little, so that a slow reader is soon felt. What is
sent is taken whole, and so may exceed it by one piece: a send that was cancelled has sent all or nothing."""


class _Way:
    """Bytes in one direction. What has a rate is the way to a person; the way from them is as fast as they type."""

    def __init__(self, *, has_rate: bool) -> None:
        self.ended = False
        """The sender has no more."""
        self.deaf = False
        """The receiver takes no more."""
        self.broken = False
        self.held = False
        self.quality = GOOD
        self.end_due = 0.0
        """When the receiver can learn that the sender has no more."""
        self._has_rate = has_rate
        self._on_the_way: deque[tuple[float, bytes]] = deque()
        """What was sent, each piece with the time at which it arrives."""
        self._size = 0
        self._free_at = 0.0
        self._changed = trio.Event()

    async def send(self, data: bytes) -> None:
        await trio.lowlevel.checkpoint()
        while self._size >= CAPACITY and not (self.deaf or self.broken or self.ended):
            await self._changed.wait()
        if self.ended and not self.broken:
            raise trio.ClosedResourceError("this end is closed")
        if self.deaf or self.broken:
            raise trio.BrokenResourceError("the connection was reset")
        now, rate = trio.current_time(), self.quality.rate if self._has_rate else 0.0
        self._free_at = max(now, self._free_at) + (len(data) / rate if rate else 0.0)
        self._on_the_way.append((self._free_at + self.quality.delay, data))
        self._size += len(data)
        self.ring()

    async def receive(self, most: int) -> bytes:
        await trio.lowlevel.checkpoint()
        while not (self.deaf or self.broken or self._arrived(now := trio.current_time())):
            with trio.move_on_at(self._next(now)):
                await self._changed.wait()
        if self.deaf:
            raise trio.ClosedResourceError("this end is closed")
        if self.broken:
            raise trio.BrokenResourceError("the connection was reset")
        taken = self._take(most, trio.current_time())
        self.ring()
        return taken

    def becomes(self, quality: Quality) -> None:
        """It is so from now on; what is on its way arrives when it would have."""
        self.quality = quality
        self.ring()

    def _arrived(self, now: float) -> bool:
        """Whether there is something for the receiver: bytes, or the end of them."""
        if self.held or self.quality.dead:
            return False
        if self._on_the_way:
            return self._on_the_way[0][0] <= now
        return self.ended and self.end_due <= now

    def _next(self, now: float) -> float:
        """When something may arrive without anything being changed."""
        if self.held or self.quality.dead:
            return inf
        due = self._on_the_way[0][0] if self._on_the_way else self.end_due
        return due if due > now else inf

    def _take(self, most: int, now: float) -> bytes:
        taken = bytearray()
        while self._on_the_way and self._on_the_way[0][0] <= now and len(taken) < most:
            due, data = self._on_the_way.popleft()
            room = most - len(taken)
            taken += data[:room]
            if data[room:]:
                self._on_the_way.appendleft((due, data[room:]))
        self._size -= len(taken)
        return bytes(taken)

    def ring(self) -> None:
        """Wake whoever waits for a change."""
        self._changed.set()
        self._changed = trio.Event()


class CableEnd(trio.abc.HalfCloseableStream):
    """One end of a cable."""

    def __init__(self, incoming: _Way, outgoing: _Way, cut: Callable[[], None] | None = None) -> None:
        """`cut` is called when this end is closed while the other one is dead."""
        self._in = incoming
        self._out = outgoing
        self._cut = cut
        self.closed = trio.Event()

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        """As trio's; cancelled, it has sent nothing."""
        await self._out.send(bytes(data))

    async def wait_send_all_might_not_block(self) -> None:
        """As trio's: `send_all` may wait all the same."""
        await trio.lowlevel.checkpoint()

    async def send_eof(self) -> None:
        """As trio's."""
        self._out.ended = True
        self._out.ring()
        await trio.lowlevel.checkpoint()

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        """As trio's."""
        return await self._in.receive(CAPACITY if max_bytes is None else max_bytes)

    def close(self) -> None:
        """Close at once: the other end reads what is on its way, and then the end."""
        if not self._out.ended:
            self._out.end_due = trio.current_time() + self._out.quality.delay + self._out.quality.linger
        self._in.deaf = self._out.ended = True
        self._in.ring()
        self._out.ring()
        self.closed.set()
        if self._cut is not None and self._out.quality.dead:
            self._cut()  # nobody is there to be told: the person's client ends with its machine

    async def aclose(self) -> None:
        """As `close`."""
        self.close()
        await trio.lowlevel.checkpoint()


class Cable:
    """Two ends, `ours` and `theirs`."""

    def __init__(self) -> None:
        there, back = _Way(has_rate=False), _Way(has_rate=True)
        self._ways = (there, back)
        self._back = back
        self.ours = CableEnd(back, there)
        self.theirs = CableEnd(there, back, self.breaks)

    @property
    def ends(self) -> tuple[CableEnd, CableEnd]:
        """Ours, theirs."""
        return self.ours, self.theirs

    def breaks(self) -> None:
        """Reset: what is on its way is lost, and whoever reads or writes gets BrokenResourceError."""
        for way in self._ways:
            way.broken = True
            way.ring()

    @property
    def quality(self) -> Quality:
        """What it is like."""
        return self._back.quality

    def becomes(self, quality: Quality) -> None:
        """It is so from now on."""
        for way in self._ways:
            way.becomes(quality)

    def hold(self) -> None:
        """Our end reads nothing from now on."""
        self._back.held = True

    def release(self) -> None:
        """Undo `hold`."""
        self._back.held = False
        self._back.ring()
