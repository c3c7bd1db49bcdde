"""A connection in memory that holds little, and can be cut, broken or left unread."""

from __future__ import annotations

import trio

CAPACITY = 4 * 1024
"""Bytes on their way in one direction before the sender waits: little, so that a slow reader is soon felt. What is
sent is taken whole, and so may exceed it by one piece: a send that was cancelled has sent all or nothing."""


class _Way:
    """Bytes in one direction."""

    def __init__(self) -> None:
        self.ended = False
        """The sender has no more."""
        self.deaf = False
        """The receiver takes no more."""
        self.broken = False
        self.held = False
        self._data = bytearray()
        self._changed = trio.Event()

    async def send(self, data: bytes) -> None:
        await trio.lowlevel.checkpoint()
        while len(self._data) >= CAPACITY and not (self.deaf or self.broken or self.ended):
            await self._changed.wait()
        if self.ended and not self.broken:
            raise trio.ClosedResourceError("this end is closed")
        if self.deaf or self.broken:
            raise trio.BrokenResourceError("the connection was reset")
        self._data += data
        self.ring()

    async def receive(self, most: int) -> bytes:
        await trio.lowlevel.checkpoint()
        while not (self.deaf or self.broken or (not self.held and (self._data or self.ended))):
            await self._changed.wait()
        if self.deaf:
            raise trio.ClosedResourceError("this end is closed")
        if self.broken:
            raise trio.BrokenResourceError("the connection was reset")
        taken = bytes(self._data[:most])
        del self._data[:most]
        self.ring()
        return taken

    def ring(self) -> None:
        """Wake whoever waits for a change."""
        self._changed.set()
        self._changed = trio.Event()


class CableEnd(trio.abc.HalfCloseableStream):
    """One end of a cable."""

    def __init__(self, incoming: _Way, outgoing: _Way) -> None:
        self._in = incoming
        self._out = outgoing
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
        self._in.deaf = self._out.ended = True
        self._in.ring()
        self._out.ring()
        self.closed.set()

    async def aclose(self) -> None:
        """As `close`."""
        self.close()
        await trio.lowlevel.checkpoint()


class Cable:
    """Two ends, `ours` and `theirs`."""

    def __init__(self) -> None:
        there, back = _Way(), _Way()
        self._ways = (there, back)
        self._back = back
        self.ours = CableEnd(back, there)
        self.theirs = CableEnd(there, back)

    @property
    def ends(self) -> tuple[CableEnd, CableEnd]:
        """Ours, theirs."""
        return self.ours, self.theirs

    def breaks(self) -> None:
        """Reset: what is on its way is lost, and whoever reads or writes gets BrokenResourceError."""
        for way in self._ways:
            way.broken = True
            way.ring()

    def hold(self) -> None:
        """Our end reads nothing from now on."""
        self._back.held = True

    def release(self) -> None:
        """Undo `hold`."""
        self._back.held = False
        self._back.ring()
