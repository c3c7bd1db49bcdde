"""Encrypted bytes on their way out: what asyncssh writes, sent by trio."""

from __future__ import annotations

import asyncio
import os
import select
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import trio

from chatd.adapters.ssh.limits import SshLimits

_CHUNK = 64 * 1024
_LOW_WATER = 16 * 1024
"""Bytes in the kernel that have not gone over the wire; above it the socket does not count as writable."""

_WATCH_OPTIONS = ("TCP_KEEPCNT", "TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_USER_TIMEOUT")
"""What a kernel has that watches a peer by itself: Linux. The last one is for a peer that dies while bytes are under
way to it: there are no keepalives then (RFC 1122 4.2.3.6, RFC 5482)."""

_GONE = (OSError, trio.BrokenResourceError, trio.ClosedResourceError)


class Flusher:
    """Sends for all connections, once in each turn of the scheduler: many small writes become one system call."""

    def __init__(self) -> None:
        self._dirty: list[TrioTransport] = []
        self._wake = trio.Event()

    def mark(self, transport: TrioTransport) -> None:
        """The transport has something to send. A transport marks itself once until it is flushed."""
        self._dirty.append(transport)
        self._wake.set()

    async def run(self) -> None:
        """Flush until cancelled; has to outlive the transports."""
        while True:
            await self._wake.wait()
            dirty, self._dirty, self._wake = self._dirty, [], trio.Event()
            for transport in dirty:
                transport.flush()


class TrioTransport(asyncio.Transport):
    """The transport asyncssh sees, over any trio stream.

    `write` only gathers. A flush sends without waiting; when the kernel is full, a task waits for it, and drops the
    connection when it takes nothing for `limits.write_stall`. Sockets are written to directly, other streams (in
    memory) always by the task.

    `on_room` is called before a flush and when the peer took something: what waits upstairs may be written then.
    `on_dead` is called with a reason when nothing can be sent any more.
    """

    def __init__(
        self,
        stream: trio.abc.HalfCloseableStream,
        flusher: Flusher,
        limits: SshLimits,
        *,
        on_room: Callable[[], None],
        on_dead: Callable[[str], None],
    ) -> None:
        super().__init__()
        self._stream = stream
        self._flusher = flusher
        self._limits = limits
        self._on_room = on_room
        self._on_dead = on_dead
        self._socket = stream.socket if isinstance(stream, trio.SocketStream) else None
        self._buffer = bytearray()
        self._marked = False
        self._draining = False
        self._closing = False
        self._dead = False
        self._idle = trio.Event()
        self._nursery: trio.Nursery | None = None
        self._poll: select.poll | None = None
        self.watched = False
        """Whether the kernel looks after a peer that is silent: one whose machine is gone is found by it."""
        if self._socket is not None:
            _prepare(self._socket)
            self.watched = _watch(self._socket, limits)

    def attach(self, nursery: trio.Nursery) -> None:
        """Waiting sends run in `nursery`, which is cancelled when the connection is to end."""
        self._nursery = nursery

    def detach(self) -> None:
        """The nursery is ending and takes no new task: what is written until `abort` only gathers.

        The peer has hung up, but the sessions do not know yet; the flusher, which serves everybody, must not fall over
        what they write.
        """
        self._nursery = None

    # --- asyncio.Transport: what asyncssh calls ---

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Nothing: asyncssh would set socket options of its own, and addresses are known upstairs."""
        return default

    def is_closing(self) -> bool:
        """Whether further writes are ignored."""
        return self._closing

    def get_write_buffer_size(self) -> int:
        """Bytes that the kernel has not taken yet."""
        return len(self._buffer)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Gather. Beyond `limits.transport_hard` the connection is dropped."""
        if self._closing:
            return
        self._buffer += data
        if len(self._buffer) > self._limits.transport_hard:
            self.kill(f"more than {self._limits.transport_hard} bytes wait for it")
        else:
            self.mark()

    def close(self) -> None:
        """As `abort`: asyncssh only calls the latter."""
        self.abort()

    def abort(self) -> None:
        """End the connection; what is gathered still leaves, see `finish`."""
        if self._closing:
            return
        if not self._draining:
            self._send_now()
        self._end()

    # --- ours ---

    def mark(self) -> None:
        """Have it flushed in this turn of the scheduler; while a task sends, that flushes."""
        if not (self._marked or self._draining or self._closing):
            self._marked = True
            self._flusher.mark(self)

    def kill(self, reason: str) -> None:
        """End the connection at once, without what is gathered. The first reason is passed on."""
        if self._dead:
            return
        self._dead = True
        self._buffer.clear()
        self._end()
        self._on_dead(reason)

    def flush(self) -> None:
        """Send what the kernel takes without waiting, and see that the rest follows."""
        if self._marked and not self._closing:
            self._on_room()
        self._marked = False
        if self._draining or self._closing or not self._buffer:
            return
        self._send_now()
        if self._buffer:
            self._drain_later()
        elif not self._dead:
            self._on_room()

    def takes_more(self) -> bool:
        """Whether the buffer is empty and the kernel takes more."""
        return not (self._closing or self._buffer or self._draining) and self._is_writable()

    async def wait_sent(self) -> bool:
        """Wait until the buffer is empty and the kernel takes more. False when the connection ends before."""
        await trio.lowlevel.checkpoint()
        while not self._closing:
            self.flush()
            if self.takes_more():
                return True
            self._drain_later()
            await self._idle.wait()
        return False

    async def finish(self) -> None:
        """After `abort`: let the last words leave and wait until the peer has hung up too, for `limits.linger`.

        Closing a socket with unread input resets the connection, and the peer might never see why. Streams that are no
        sockets have to be in one piece after a cancelled send, as those in memory are.
        """
        if self._dead:
            return
        with trio.move_on_after(self._limits.linger), suppress(*_GONE):
            rest, self._buffer = bytes(self._buffer), bytearray()
            await self._stream.send_all(rest)
            await self._stream.send_eof()
            while await self._stream.receive_some(_CHUNK):
                pass

    def _end(self) -> None:
        self._closing = True
        if self._nursery is not None:
            self._nursery.cancel_scope.cancel()
        self._idle.set()

    def _send_now(self) -> None:
        """Hand the kernel what it takes; nothing when the stream is not a socket."""
        if self._socket is None:
            return
        try:
            # The trio socket has no call that does not wait; its descriptor is -1 once it is closed.
            sent = os.write(self._socket.fileno(), self._buffer)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self.kill(f"connection lost: {error.strerror}")
            return
        del self._buffer[:sent]

    def _is_writable(self) -> bool:
        if self._socket is None:
            return True
        if self._poll is None:
            self._poll = select.poll()
            self._poll.register(self._socket.fileno(), select.POLLOUT)
        return bool(self._poll.poll(0))

    def _drain_later(self) -> None:
        if not self._draining and not self._closing and self._nursery is not None:
            self._draining = True
            self._nursery.start_soon(self._drain)

    async def _drain(self) -> None:
        """Send as fast as the peer takes; ends when nothing is left and the peer would take more."""
        try:
            while True:
                with trio.move_on_after(self._limits.write_stall) as patience:
                    await self._send_some()
                if patience.cancelled_caught:
                    self.kill(f"it took nothing for {self._limits.write_stall:g} s")
                    return
                if not self._buffer:
                    break
                self._on_room()
        except _GONE as error:
            self.kill(f"connection lost: {error}")
        finally:
            self._draining = False
            idle, self._idle = self._idle, trio.Event()
            idle.set()
        if not self._closing:
            self._on_room()

    async def _send_some(self) -> None:
        """Wait for the peer and send a piece."""
        if self._socket is not None:
            await trio.lowlevel.wait_writable(self._socket)
            if self._buffer:
                self._send_now()
        elif self._buffer:
            piece = bytes(self._buffer[:_CHUNK])
            await self._stream.send_all(piece)
            del self._buffer[: len(piece)]


def _prepare(sock: trio.socket.SocketType) -> None:
    """Keystrokes leave at once, and a frame is made when the one before is on the wire, not only in the kernel."""
    options = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1), (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    if hasattr(socket, "TCP_NOTSENT_LOWAT"):
        options.append((socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, _LOW_WATER))
    for level, option, value in options:
        with suppress(OSError):  # not every stream socket is TCP
            sock.setsockopt(level, option, value)


def _watch(sock: trio.socket.SocketType, limits: SshLimits) -> bool:
    """Have the kernel find a dead peer, as soon as questions of ours would; returns whether it does."""
    if not all(hasattr(socket, name) for name in _WATCH_OPTIONS):
        return False
    every, times = max(1, round(limits.keepalive)), max(1, limits.keepalive_misses)
    found_ms = round(1000 * limits.keepalive * (limits.keepalive_misses + 1))
    try:
        # The first one is what a kernel may refuse: no more than 127 times. Then nothing is set.
        for name, value in zip(_WATCH_OPTIONS, (times, every, every, found_ms), strict=True):
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    except OSError:
        return False
    return True
