"""A web server in memory for the tests of the adapter: a site of small handlers, a log, a virtual clock."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import trio
import trio.testing

from chatd.adapters.web.forwarded import Proxies
from chatd.adapters.web.limits import WebLimits
from chatd.adapters.web.server import WebServer
from chatd.errors import ChatdError
from chatd.ports import Route, Site, WebHandler, WebReply, WebRequest
from chatd.testing.sources import VirtualTime
from chatd.testing.web import StreamPair, WebClient, WebConnection
from tests.adapters.ssh.world import Records

TEXT = ("content-type", "text/plain")


async def say(reply: WebReply, text: str, status: int = 200) -> None:
    """A whole reply."""
    body = text.encode()
    await reply.start(status, [TEXT, ("content-length", str(len(body)))])
    await reply.send(body)


def make_web_limits(**changes: Any) -> WebLimits:
    """Those of an unconfigured server, with changes."""
    return WebLimits(**{"connections": 1000, "connections_per_address": 100, "write_stall": 30.0, **changes})


class Handlers:
    """The handlers of the site, and what they have met."""

    def __init__(self) -> None:
        self.requests: list[WebRequest] = []
        self.takes = 1 << 20
        """Bytes that `echo` reads."""
        self.refused: list[ChatdError] = []
        """What that raised."""
        self.running = 0
        self.cancelled = 0
        self._changed = trio.Event()
        self.open = trio.Event()
        """What the handlers that wait are waiting for."""

    async def hello(self, request: WebRequest, reply: WebReply) -> None:
        self.requests.append(request)
        await say(reply, "hello")

    async def echo(self, request: WebRequest, reply: WebReply) -> None:
        self.requests.append(request)
        try:
            body = await request.read(self.takes)
        except ChatdError as error:
            self.refused.append(error)
            await say(reply, str(error), 400)
        else:
            await say(reply, body.decode("latin-1"))

    async def wait(self, request: WebRequest, reply: WebReply) -> None:
        """Answers when `open` is set."""
        async with self._counted():
            await self.open.wait()
            await say(reply, "waited")

    async def stream(self, request: WebRequest, reply: WebReply) -> None:
        """A piece, then nothing until `open` is set, then the end."""
        async with self._counted():
            await reply.start(200, [TEXT])
            await reply.send(b"first")
            await self.open.wait()
            await reply.send(b"last")

    async def pour(self, request: WebRequest, reply: WebReply) -> None:
        """Pieces without an end."""
        async with self._counted():
            await reply.start(200, [TEXT])
            while True:
                await reply.send(b"x" * 65536)

    async def length(self, request: WebRequest, reply: WebReply) -> None:
        """Says that it has five bytes, and has more or less."""
        await reply.start(200, [TEXT, ("content-length", "5")])
        await reply.send(b"hell")
        if request.parts["how"] == "more":
            await reply.send(b"o")
            await reply.send(b"!")

    async def linger(self, request: WebRequest, reply: WebReply) -> None:
        """Has something to do when all is said."""
        await self.hello(request, reply)
        await self.open.wait()

    async def fail(self, request: WebRequest, reply: WebReply) -> None:
        raise KeyError("a bug")

    async def fail_late(self, request: WebRequest, reply: WebReply) -> None:
        await reply.start(200, [TEXT])
        await reply.send(b"so far")
        raise KeyError("a bug")

    async def silent(self, request: WebRequest, reply: WebReply) -> None:
        """Answers nothing."""

    async def become(self, *, running: int) -> None:
        """Wait until so many handlers run."""
        while self.running != running:
            self._changed = trio.Event()
            await self._changed.wait()

    @asynccontextmanager
    async def _counted(self) -> AsyncIterator[None]:
        self.running += 1
        self._changed.set()
        try:
            yield
        except trio.Cancelled:
            self.cancelled += 1
            raise
        finally:
            self.running -= 1
            self._changed.set()

    def site(self) -> Site:
        async def missing(request: WebRequest, reply: WebReply) -> None:
            self.requests.append(request)
            await say(reply, "missing", 404)

        async def wrong_method(request: WebRequest, reply: WebReply, allowed: Sequence[str]) -> None:
            await say(reply, " ".join(allowed), 405)

        answers: dict[str, WebHandler] = {
            "GET /": self.hello, "GET /rooms/{room}/rows": self.hello, "POST /rooms/{room}/rows": self.echo,
            "GET /wait": self.wait, "POST /wait": self.wait, "GET /stream": self.stream, "POST /stream": self.stream,
            "GET /pour": self.pour, "GET /fail": self.fail, "GET /fail-late": self.fail_late,
            "GET /silent": self.silent, "GET /linger": self.linger,
            "GET /length/{how}": self.length,
            "POST /echo": self.echo, "POST /ignore": self.hello,
        }  # fmt: skip
        routes = [Route(key.split()[0], key.split()[1], handler) for key, handler in answers.items()]
        return Site(routes, missing, wrong_method)


class WebWorld:
    """An open server and what it met."""

    def __init__(self, limits: WebLimits, proxies: Proxies) -> None:
        self.handlers = Handlers()
        self.records = Records()
        self.log = logging.Logger("test")
        self.log.addHandler(self.records)
        self.server = WebServer(self.handlers.site(), limits, self.log, VirtualTime(), proxies=proxies)

    def client(
        self, address: str = "192.0.2.1", streams: StreamPair = trio.testing.memory_stream_pair
    ) -> WebClient:  # fmt: skip
        return WebClient(self.server, address, streams=streams)

    def connect(self, address: str = "192.0.2.1") -> WebConnection:
        return self.client(address).connect()

    async def says(self, raw: bytes, address: str = "192.0.2.1") -> bytes:
        """All that is answered to these bytes until the server hangs up."""
        connection = self.connect(address)
        await connection.stream.send_all(raw)
        return await connection.hung_up()

    @property
    def lines(self) -> list[str]:
        return self.records.lines


@asynccontextmanager
async def serving(proxies: Proxies | None = None, **limits: Any) -> AsyncIterator[WebWorld]:
    """A server in memory. No connection and no handler is left when the block has ended."""
    world = WebWorld(make_web_limits(**limits), proxies or Proxies())
    async with world.server.open():
        yield world
    assert world.server.count == 0 and world.handlers.running == 0
