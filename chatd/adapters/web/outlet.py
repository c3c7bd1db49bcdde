"""What a client is sent: it may take its time, but not stand still."""

from __future__ import annotations

import trio

_PIECE = 16 * 1024
"""Bytes after each of which the clock starts anew: a client that takes so much in `stall` seconds takes something."""


class ClientGone(OSError):
    """The client has left, or takes nothing: an OSError, as ASGI 2.4 has it for `send`."""


class Outlet:
    """Writes to a stream. `stall`: seconds in which the client has to take something."""

    def __init__(self, stream: trio.abc.HalfCloseableStream, stall: float) -> None:
        self.broken = False
        """Whether nothing can be sent any more."""
        self._stream = stream
        self._stall = stall

    async def write(self, data: bytes) -> None:
        """Send; returns when the client's machine, or the kernel for it, has taken all of it. Raises ClientGone.

        Cancelled, or too slow, part of the data may have left, and the outlet is broken.
        """
        if self.broken:
            raise ClientGone("the client has left")
        whole = False
        try:
            for start in range(0, len(data), _PIECE):
                await self._write(data[start : start + _PIECE])
            whole = True
        finally:
            self.broken = not whole

    async def end(self) -> None:
        """Say that nothing follows."""
        try:
            await self._stream.send_eof()
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            self.broken = True

    async def _write(self, piece: bytes) -> None:
        with trio.move_on_after(self._stall) as patience:
            try:
                await self._stream.send_all(piece)
            except (trio.BrokenResourceError, trio.ClosedResourceError):
                raise ClientGone("the client has left") from None
        if patience.cancelled_caught:
            raise ClientGone("the client takes nothing")
