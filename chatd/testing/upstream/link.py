"""One connection to a fake server, on a socket or in memory."""

from __future__ import annotations

import socket
import struct
from contextlib import suppress
from typing import Protocol

import anyio
from anyio.abc import SocketAttribute, SocketStream
from anyio.lowlevel import checkpoint

PIPE_SIZE = 64 * 1024
"""Bytes on their way in memory before the sender waits: as much as one read of the client takes."""


class ServerEnd(Protocol):
    """A server's end of a connection."""

    async def receive(self) -> bytes:
        """Bytes; none when the client has gone, in whatever way."""
        ...

    async def send(self, data: bytes) -> None:
        """Send it all. Raises anyio.BrokenResourceError when the client has gone."""
        ...

    async def aclose(self) -> None:
        """Close in an orderly way: what was sent arrives."""
        ...

    async def reset(self) -> None:
        """Break it: the client meets an error."""
        ...


class SocketLink:
    """A connection on a real socket."""

    def __init__(self, stream: SocketStream) -> None:
        self._stream = stream

    async def receive(self) -> bytes:
        """Bytes; none when the client has gone."""
        try:
            return await self._stream.receive()
        except (anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError):
            return b""

    async def send(self, data: bytes) -> None:
        """Send it all."""
        await self._stream.send(data)

    async def aclose(self) -> None:
        """Close."""
        with suppress(anyio.BrokenResourceError):
            await self._stream.aclose()

    async def reset(self) -> None:
        """Close without lingering, which sends a reset."""
        raw = self._stream.extra(SocketAttribute.raw_socket)  # noqa: S610 -- no Django
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        await self.aclose()


class Pipe:
    """Bytes in one direction, in memory."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._changed = anyio.Event()
        self._ended = False
        self.broken = False
        """Whether the connection was reset: reading gives what had arrived, then an error."""

    @property
    def readable(self) -> bool:
        """Whether reading would not wait, as `select` says it of a socket."""
        return bool(self._data) or self._ended or self.broken

    def end(self, *, broken: bool = False) -> None:
        """Nothing more is sent."""
        self._ended = True
        self.broken = self.broken or broken
        self._ring()

    async def send(self, data: bytes) -> None:
        """Put bytes in, waiting for room. Raises anyio.BrokenResourceError when nobody will take them."""
        await checkpoint()
        while data:
            if self._ended:
                raise anyio.BrokenResourceError
            room = PIPE_SIZE - len(self._data)
            if room <= 0:
                await self._changed.wait()
                continue
            self._data += data[:room]
            data = data[room:]
            self._ring()

    async def receive(self, limit: int = PIPE_SIZE) -> bytes:
        """Take bytes out, waiting for some; none at the end. Raises anyio.BrokenResourceError after a reset."""
        await checkpoint()
        while not self.readable:
            await self._changed.wait()
        taken = bytes(self._data[:limit])
        del self._data[:limit]
        self._ring()
        if not taken and self.broken:
            raise anyio.BrokenResourceError
        return taken

    def _ring(self) -> None:
        self._changed.set()
        self._changed = anyio.Event()


class MemoryLink:
    """A connection in memory: a pipe each way."""

    def __init__(self, from_client: Pipe, to_client: Pipe) -> None:
        self._in = from_client
        self._out = to_client

    async def receive(self) -> bytes:
        """Bytes; none when the client has gone."""
        try:
            return await self._in.receive()
        except anyio.BrokenResourceError:
            return b""

    async def send(self, data: bytes) -> None:
        """Send it all."""
        await self._out.send(data)

    async def aclose(self) -> None:
        """Close both ways."""
        self._out.end()
        self._in.end()
        await checkpoint()

    async def reset(self) -> None:
        """Break both ways."""
        self._out.end(broken=True)
        self._in.end(broken=True)
        await checkpoint()
