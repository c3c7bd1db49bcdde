"""The web server: what the composition root opens, feeds with connections, and stops."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence

import trio

from chatd.adapters.log_text import traceback_of
from chatd.adapters.peer import Peer, peer_of
from chatd.adapters.refusals import Refusals
from chatd.adapters.stream_server import StreamServer
from chatd.adapters.web.application import Application
from chatd.adapters.web.connection import Connection
from chatd.adapters.web.exchange import WebServices
from chatd.adapters.web.forwarded import Proxies
from chatd.adapters.web.limits import WebLimits
from chatd.adapters.web.short_answers import short_answer
from chatd.ports import Clock, Site

_SOON = (("retry-after", "1"),)
"""Who is refused may come again: requests take milliseconds."""


class WebServer(StreamServer):
    """Turns byte streams into requests: the port Gateway.

        async with server.open():
            ...                                      # connections come in, by `listen` or by `serve_stream`
            with trio.move_on_after(grace):
                await server.goodbye("the server is stopping")

    `site` answers.
    """

    def __init__(
        self, site: Site, limits: WebLimits, log: logging.Logger, clock: Clock, *, listen: Sequence[str] = (),
        proxies: Proxies | None = None,
    ) -> None:  # fmt: skip
        super().__init__("http", listen, log)
        self._limits = limits
        self._log = log
        self._proxies = proxies or Proxies()
        self._services = WebServices(Application(site), limits, self._proxies, log, clock)
        self._refusals = Refusals(limits.linger)
        self._open: dict[Connection, None] = {}
        self._sources: Counter[str] = Counter()
        self._empty = trio.Event()

    @property
    def count(self) -> int:
        """How many connections there are."""
        return len(self._open)

    async def serve_stream(self, stream: trio.abc.HalfCloseableStream, address: str | None = None) -> None:
        """As StreamServer."""
        peer = Peer(address) if address is not None else peer_of(stream)
        if peer is None:
            await trio.aclose_forcefully(stream)
            return
        if refusal := self._refusal(peer):
            self._log.info("refused %s: %s", peer, refusal)
            await self._refusals.turn_away(stream, short_answer(self._services.clock, 503, refusal, _SOON))
            return
        connection = Connection(self._services, stream, peer)
        self._enter(connection)
        try:
            await connection.run()
        except* Exception as errors:  # noqa: BLE001 -- logged with its traceback
            self._log.error("the connection from %s failed", peer, exc_info=traceback_of(errors))
        finally:
            self._leave(connection)

    async def goodbye(self, text: str) -> None:
        """Stop gracefully: close the listeners, refuse what is new, have each connection end with the answer that is on
        its way, and return when none is left. Handlers are not told. Cancel it to wait no longer.
        """
        self._stop_accepting(text)
        for connection in self._open:
            connection.finish()
        while self._open:
            self._empty = trio.Event()
            await self._empty.wait()

    def _refusal(self, peer: Peer) -> str | None:
        """Why one more connection from there is too many; None when it is not, or when one without a request can go."""
        if self._farewell is not None:
            return self._farewell
        limits, source = self._limits, peer.source
        if not self._proxies.trusts(peer.address) and self._sources[source] >= limits.connections_per_address:
            idle = self._longest_idle(source)
            if idle is None:
                return f"the limit of connections from one address is {limits.connections_per_address}"
            idle.finish()
        elif len(self._open) >= limits.connections:
            idle = self._longest_idle()
            if idle is None:
                return f"the limit of connections is {limits.connections}"
            idle.finish()
        return None

    def _longest_idle(self, source: str | None = None) -> Connection | None:
        """The oldest connection that has no request on its way, of that source if one is given."""
        of_it = (one for one in self._open if one.idle and source in (None, one.peer.source))
        return next(of_it, None)

    def _enter(self, connection: Connection) -> None:
        self._open[connection] = None
        self._sources[connection.peer.source] += 1

    def _leave(self, connection: Connection) -> None:
        del self._open[connection]
        source = connection.peer.source
        self._sources[source] -= 1
        if not self._sources[source]:
            del self._sources[source]
        if not self._open:
            self._empty.set()
