"""The ssh server: what the composition root opens, feeds with connections, and stops."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import asyncssh
import trio
import trio_asyncio  # type: ignore[import-untyped]

from chatd.adapters.acceptor import Acceptor
from chatd.adapters.listen import open_listeners, shown_address
from chatd.adapters.log_text import traceback_of
from chatd.adapters.peer import Peer, peer_of
from chatd.adapters.refusals import Refusals
from chatd.adapters.ssh.accept import caught_up
from chatd.adapters.ssh.admission import Admission, disconnect_message
from chatd.adapters.ssh.arrivals import Arrivals
from chatd.adapters.ssh.limits import SshLimits
from chatd.adapters.ssh.link import Link, Services
from chatd.adapters.ssh.options import server_options
from chatd.adapters.ssh.transport import Flusher
from chatd.ports import Door, SessionHandler


class SshServer:
    """Turns byte streams into visits: the port Gateway.

    Inside `open_engine`:

        async with server.open():
            ...                                      # connections come in, by `listen` or by `handle`
            with trio.move_on_after(grace):
                await server.goodbye("the server is stopping")

    `handler` serves each channel: it is called with a Terminal and returns the exit status. `listen` are addresses as
    `open_listeners` takes them; without any, connections come by `handle` alone.
    """

    def __init__(
        self,
        host_key: asyncssh.SSHKey,
        door: Door,
        handler: SessionHandler,
        limits: SshLimits,
        log: logging.Logger,
        *,
        listen: Sequence[str] = (),
    ) -> None:
        self.addresses: tuple[str, ...] = ()
        """Where it listens while it is open, as URLs."""
        self._listen = listen
        self._log = log
        self._gate = Admission(limits)
        self._acceptor = Acceptor(log)
        self._arrivals = Arrivals(limits)
        self._flusher = Flusher()
        options = server_options(host_key)
        self._services = Services(door, handler, limits, log, options, self._flusher)
        self._accepting = trio.CancelScope()
        self._farewell: str | None = None
        self._refusals = Refusals(limits.linger)
        self._connections: trio.Nursery | None = None

    @property
    def connections(self) -> trio.Nursery:
        """The nursery of the connections, while the server is open."""
        assert self._connections is not None, "the server is not open"
        return self._connections

    @property
    def counts(self) -> tuple[int, int]:
        """Connections there are, and how many of them have not logged in."""
        return len(self._gate.links), self._gate.waiting

    @asynccontextmanager
    async def open(self) -> AsyncIterator[trio.Nursery]:
        """Within the block connections are taken and can live; leaving it cancels those that are left, with their
        sessions. Raises CannotBind, and then nothing listens.
        """
        listeners = await open_listeners(self._listen)
        self.addresses = tuple(f"ssh://{shown_address(listener)}" for listener in listeners)
        async with trio.open_nursery() as connections:
            connections.start_soon(self._flusher.run)
            self._connections = connections
            if listeners:
                connections.start_soon(self.accept, listeners)
            try:
                yield connections
            finally:
                self._connections = None
                connections.cancel_scope.cancel()

    async def accept(self, listeners: Sequence[trio.abc.Listener[trio.SocketStream]]) -> None:
        """Take connections until `goodbye` or cancelled, then close the listeners."""
        with self._accepting:
            async with trio.open_nursery() as nursery:
                for listener in listeners:
                    nursery.start_soon(self._accept, listener)

    async def _accept(self, listener: trio.abc.Listener[trio.SocketStream]) -> None:
        async with listener:
            while True:
                stream = await self._acceptor.accept(listener)
                self.connections.start_soon(self.handle, stream)
                # In a flood the kernel has the connections wait, not asyncio's queue.
                await caught_up(trio_asyncio.current_loop.get())

    async def handle(self, stream: trio.abc.HalfCloseableStream, address: str | None = None) -> None:
        """Serve one connection to its end, in a task of the nursery that `open` gave, and close the stream.

        `address` stands for the peer's where the stream has none. Raises nothing that a client can cause.
        """
        peer = Peer(address) if address is not None else peer_of(stream)
        if peer is None:
            await trio.aclose_forcefully(stream)
            return
        refusal = await self._refusal(stream, peer)
        if refusal is not None:
            await self._refuse(stream, peer, refusal)
            return
        link = Link(self._services, stream, peer, trio_asyncio.current_loop.get(), self._gate.logged_in)
        self._gate.enter(link)
        try:
            await link.run()
        except* Exception as errors:  # noqa: BLE001 -- logged with its traceback
            self._log.error("the connection from %s failed", peer, exc_info=traceback_of(errors))
        finally:
            self._gate.leave(link)

    async def goodbye(self, reason: str) -> None:
        """Stop gracefully: close the listeners, refuse what is new, disconnect each connection when its last session
        has ended, and return when none is left. Sessions are not told; that is the handler's business. Cancel it to
        wait no longer.
        """
        self._farewell = reason
        self._accepting.cancel()
        for link in self._gate.links:
            link.finish(reason)
        await self._gate.wait_empty()

    async def _refusal(self, stream: trio.abc.HalfCloseableStream, peer: Peer) -> str | None:
        """Why a connection is not served, if so; it may be told to wait before. Cancelled, the stream is closed."""
        decided = False
        try:
            too_fast = await self._arrivals.turn(peer.source)
            decided = True
        finally:
            if not decided:
                await trio.aclose_forcefully(stream)
        return self._farewell or too_fast or self._gate.refusal(peer)

    async def _refuse(self, stream: trio.abc.HalfCloseableStream, peer: Peer, reason: str) -> None:
        self._log.info("refused %s: %s", peer, reason)
        await self._refusals.turn_away(stream, disconnect_message(reason))
