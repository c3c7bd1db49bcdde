"""One connection: its requests, one after the other, and its end."""

from __future__ import annotations

import h11
import trio

from chatd.adapters.peer import Peer
from chatd.adapters.web.exchange import HttpExchange, WebServices
from chatd.adapters.web.head import BadHead, read_head
from chatd.adapters.web.outlet import ClientGone
from chatd.adapters.web.short_answers import short_answer
from chatd.adapters.web.wire import HttpWire

_TOO_LONG = 431


class Connection:
    """One connection and what it owns: `run` is its task, and a second one reads for as long as it lives.

    A handler never outlives it: when the client has left, or the server closes, the handler is cancelled first. One of
    HTTP/1.0 ends with its first answer, also where the client asks to keep it: h11 has it so.
    """

    def __init__(self, services: WebServices, stream: trio.abc.HalfCloseableStream, peer: Peer) -> None:
        self.peer = peer
        self._services = services
        self._limits = services.limits
        self._stream = stream
        self._wire = HttpWire(stream, services.limits, self._client_left)
        self._exchange: HttpExchange | None = None
        self._waiting = trio.CancelScope()

    @property
    def idle(self) -> bool:
        """Whether no request is on its way, in either direction."""
        return self._exchange is None and self._wire.idle and not self._wire.last

    def finish(self) -> None:
        """Serve no further request; while it waits for one, the connection ends at once."""
        self._wire.finish()
        self._waiting.cancel()

    async def run(self) -> None:
        """Serve requests until either side has had enough, then close the stream. Raises nothing a client can cause."""
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._wire.inlet.run)
                if not await self._serve():
                    await self._linger()
                nursery.cancel_scope.cancel()
        finally:
            await trio.aclose_forcefully(self._stream)

    async def _serve(self) -> bool:
        """Whether the connection ended between two requests, when nothing is left to be read on either side."""
        try:
            patience = self._limits.head_time
            while (request := await self._request(patience)) is not None:
                self._exchange = HttpExchange(self._services, self._wire, read_head(request), self.peer)
                await self._exchange.run()
                self._exchange = None
                if not self._wire.goes_on:
                    return False
                self._wire.http.start_next_cycle()
                patience = self._limits.idle
        except BadHead as fault:
            await self._refuse(fault.status, str(fault))
            return False
        except h11.RemoteProtocolError as fault:
            too_long = fault.error_status_hint == _TOO_LONG
            await self._refuse(fault.error_status_hint, "the head is too long" if too_long else "this is no HTTP/1.1")
            return False
        return True

    async def _request(self, patience: float) -> h11.Request | None:
        """The next request; None when there is none. Raises BadHead, h11.RemoteProtocolError."""
        wire = self._wire
        if wire.idle:
            self._waiting = trio.CancelScope()
            with self._waiting:
                with trio.move_on_after(patience):
                    await wire.inlet.wait()
        if wire.last or wire.inlet.ended or wire.idle:
            return None
        with trio.move_on_after(self._limits.head_time):
            while (event := wire.http.next_event()) is h11.NEED_DATA:
                if not await wire.feed():
                    return None
            assert isinstance(event, h11.Request), "h11 begins each cycle with a request"
            return event
        raise BadHead(408, "the head took too long")

    async def _refuse(self, status: int, reason: str) -> None:
        self._services.log.info("refused a request from %s with %d: %s", self.peer.address, status, reason)
        try:
            await self._wire.outlet.write(short_answer(self._services.clock, status, reason))
        except ClientGone:
            return

    async def _linger(self) -> None:
        """Let the client read our last words: a socket that is closed with something unread takes them back."""
        wire = self._wire
        if wire.outlet.broken or wire.inlet.ended:
            return
        with trio.move_on_after(self._limits.linger):
            wire.inlet.watch(True)
            await wire.outlet.end()
            await wire.inlet.wait_ended()

    def _client_left(self) -> None:
        if self._exchange is not None:
            self._exchange.client_left()
