"""The ssh server: what the composition root opens, feeds with connections, and stops."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence

import asyncssh
import trio
import trio_asyncio  # type: ignore[import-untyped]

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
from chatd.adapters.stream_server import StreamServer
from chatd.ports import Door, SessionHandler


class SshServer(StreamServer):
    """Turns byte streams into visits: the port Gateway.

    Inside `open_engine`:

        async with server.open():
            ...                                      # connections come in, by `listen` or by `serve_stream`
            with trio.move_on_after(grace):
                await server.goodbye("the server is stopping")

    `handler` serves each channel: it is called with a Terminal and returns the exit status.
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
        super().__init__("ssh", listen, log)
        self._log = log
        self._gate = Admission(limits)
        self._arrivals = Arrivals(limits)
        self._flusher = Flusher()
        options = server_options(host_key)
        self._services = Services(door, handler, limits, log, options, self._flusher)
        self._refusals = Refusals(limits.linger)

    @property
    def counts(self) -> tuple[int, int]:
        """Connections there are, and how many of them have not logged in."""
        return len(self._gate.links), self._gate.waiting

    def _beside(self) -> Sequence[Callable[[], Awaitable[None]]]:
        return (self._flusher.run,)

    async def _caught_up(self) -> None:
        await caught_up(trio_asyncio.current_loop.get())  # the kernel has connections wait, not asyncio's queue

    async def serve_stream(self, stream: trio.abc.HalfCloseableStream, address: str | None = None) -> None:
        """As StreamServer."""
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
        self._stop_accepting(reason)
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
