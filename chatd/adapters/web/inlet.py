"""What a client has sent: read by one task for as long as the connection lives, so that its end is noticed at once."""

from __future__ import annotations

from collections.abc import Callable

import trio

from chatd.adapters.web.limits import WebLimits


class Inlet:
    """Bytes that were received and not taken yet, `read_ahead` of them at most.

    Beyond that the client has to wait. While an answer is on its way (`watch`) it waits for `patience` only, then what
    comes is thrown away, as a connection that is not read looks the same whether or not its client is there. Such a
    connection ends with that answer, and whoever pipelined more asks again.

    A client that closes its sending side is gone, whether or not it would still read: clients that do so are those that
    have left, but for a few of HTTP/1.0.
    """

    def __init__(self, stream: trio.abc.ReceiveStream, limits: WebLimits, on_end: Callable[[], None]) -> None:
        self._end = trio.Event()
        self._stream = stream
        self._limits = limits
        self._on_end = on_end
        self._bytes = bytearray()
        self._dropped = 0
        self._watching = False
        self._news = trio.Event()
        self._room = trio.Event()

    @property
    def ended(self) -> bool:
        """Whether the client has left, or has sent too much."""
        return self._end.is_set()

    @property
    def empty(self) -> bool:
        """Whether nothing waits to be taken."""
        return not self._bytes

    @property
    def overflown(self) -> bool:
        """Whether something was thrown away, so that nothing behind what waits makes sense."""
        return self._dropped > 0

    def watch(self, on: bool) -> None:
        """Whether an answer is on its way and the rest of what the client sends can wait, or go."""
        self._watching = on
        self._room.set()

    async def run(self) -> None:
        """Read until the client leaves."""
        while data := await self._receive():
            self._keep(data)
            if self._dropped > self._limits.dropped:
                break
        self._end.set()
        self._news.set()
        self._on_end()

    async def wait(self) -> bool:
        """Wait for bytes to take; False when none will come."""
        while not self._bytes and not self.ended and not self.overflown:
            self._news = trio.Event()
            await self._news.wait()
        return bool(self._bytes) and not self.ended

    async def wait_ended(self) -> None:
        """Wait until the client has left."""
        await self._end.wait()

    def take(self, most: int) -> bytes:
        """Take up to so many bytes."""
        taken = bytes(self._bytes[:most])
        del self._bytes[:most]
        self._room.set()
        return taken

    async def _receive(self) -> bytes:
        while not self._free() and not self.overflown:
            self._room = trio.Event()
            with trio.CancelScope() as waiting:
                if self._watching:
                    waiting.deadline = trio.current_time() + self._limits.patience
                await self._room.wait()
            if waiting.cancelled_caught:
                break
        try:
            return bytes(await self._stream.receive_some(self._free() or self._limits.read_ahead))
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            return b""

    def _keep(self, data: bytes) -> None:
        free = self._free()
        self._bytes += data[:free]
        self._dropped += len(data) - min(len(data), free)
        self._news.set()

    def _free(self) -> int:
        return self._limits.read_ahead - len(self._bytes)
