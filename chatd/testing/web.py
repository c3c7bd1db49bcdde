"""Clients of the web gateway in memory: no sockets, no threads, any clock.

async with World.open(web=True) as world:
    answer = await world.browser().get("/healthz")
    assert answer.status == 200 and answer.json() == {"status": "ok"}

    async with world.browser().stream("GET", "/api/v1/rooms/lobby/events") as stream:
        assert (await stream.piece()).startswith(b"id: ")
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import h11
import trio
import trio.testing

from chatd.adapters.web.server import WebServer

StreamPair = Callable[[], tuple[trio.abc.HalfCloseableStream, trio.abc.HalfCloseableStream]]

NO_HEADERS: Mapping[str, str] = {}


@dataclass(frozen=True)
class WebAnswer:
    """A whole answer."""

    status: int
    headers: Mapping[str, str]
    """By names in lower case; of a repeated name the last value."""
    body: bytes = field(repr=False)

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()

    def json(self) -> Any:
        """What the body says. Raises ValueError when it is no JSON."""
        return json.loads(self.body)


class WebConnection:
    """One connection of a client's. Requests are sent whole; each answer is read by `answer`, or by `head` and `piece`.

    `stream` is the client's end, for whoever wants to send what no client should.
    """

    def __init__(self, stream: trio.abc.HalfCloseableStream) -> None:
        self.stream = stream
        self.status = 0
        """Of the answer that is read, once `head` has returned."""
        self.headers: Mapping[str, str] = {}
        self._http = h11.Connection(h11.CLIENT)

    async def send(self, method: str, path: str, *, headers: Mapping[str, str] = NO_HEADERS, body: bytes = b"") -> None:
        """Send one request; the one before must have been answered."""
        if self._http.our_state is h11.DONE:
            self._http.start_next_cycle()
        sized = {"content-length": str(len(body))} if body else {}
        named = {"host": "chatd.test", **sized, **headers}
        encoded = [(name.encode(), value.encode()) for name, value in named.items()]
        events = [h11.Request(method=method, target=path, headers=encoded), h11.EndOfMessage()]
        if body:
            events.insert(1, h11.Data(data=body))
        await self.stream.send_all(b"".join(self._http.send(event) or b"" for event in events))

    async def head(self) -> int:
        """Read the head of the answer; returns the status. Raises trio.EndOfChannel when the server hangs up."""
        while not isinstance(event := await self._event(), h11.Response):
            assert isinstance(event, h11.InformationalResponse), f"no answer but {event!r}"
        self.status = event.status_code
        self.headers = {name.decode(): value.decode("latin-1") for name, value in event.headers}
        return self.status

    async def piece(self) -> bytes:
        """The next piece of the body, as it comes; b"" at its end. Raises trio.EndOfChannel when it is cut off."""
        event = await self._event()
        return bytes(event.data) if isinstance(event, h11.Data) else b""

    async def answer(self) -> WebAnswer:
        """The whole answer. Raises trio.EndOfChannel when it is cut off."""
        await self.head()
        return WebAnswer(self.status, self.headers, await self.rest())

    async def rest(self) -> bytes:
        """What is left of the body. Raises trio.EndOfChannel when it is cut off."""
        pieces: list[bytes] = []
        while piece := await self.piece():
            pieces.append(piece)
        return b"".join(pieces)

    async def leave(self) -> None:
        """Go at once, whatever is on its way."""
        await trio.aclose_forcefully(self.stream)

    async def hung_up(self) -> bytes:
        """What the server still sends until it hangs up, as it stands on the wire."""
        rest = b""
        while True:
            try:
                data = await self.stream.receive_some(65536)
            except trio.BrokenResourceError:
                return rest
            if not data:
                return rest
            rest += data

    async def _event(self) -> h11.Event:
        while (event := self._next()) is None:
            try:
                data = await self.stream.receive_some(65536)
            except trio.BrokenResourceError:
                data = b""
            self._http.receive_data(bytes(data))
        if isinstance(event, h11.ConnectionClosed):
            raise trio.EndOfChannel("the server hung up")
        return event

    def _next(self) -> h11.Event | None:
        """What has come; None when it is not whole. Raises trio.EndOfChannel when it never will be."""
        try:
            event = self._http.next_event()
        except h11.RemoteProtocolError as error:
            if self._http.trailing_data[1]:
                raise trio.EndOfChannel(str(error)) from None
            raise
        assert event is not h11.PAUSED, "the answer was read to its end"
        return event if isinstance(event, h11.Event) else None


class WebClient:
    """Somebody with a browser, or a program, at an address. Each request has a connection of its own.

    `streams` makes both ends of one: `trio.testing.lockstep_stream_pair` for clients that take what they read alone.
    """

    def __init__(
        self, server: WebServer, address: str = "192.0.2.1", *, headers: Mapping[str, str] = NO_HEADERS,
        streams: StreamPair = trio.testing.memory_stream_pair,
    ) -> None:  # fmt: skip
        self.headers = dict(headers)
        """What each request says, such as a cookie."""
        self._server = server
        self._address = address
        self._streams = streams

    def connect(self) -> WebConnection:
        """A connection that stays until either side leaves."""
        ours, theirs = self._streams()
        self._server.connections.start_soon(self._server.serve_stream, theirs, self._address)
        return WebConnection(ours)

    async def get(self, path: str, **headers: str) -> WebAnswer:
        """The answer to GET. A header `x_some_name="…"` is sent as `x-some-name`."""
        return await self.request("GET", path, headers=_named(headers))

    async def post(self, path: str, value: object = None, *, body: bytes = b"", **headers: str) -> WebAnswer:
        """The answer to POST of `value` as JSON, or else of `body`."""
        return await self._bring("POST", path, value, body, _named(headers))

    async def patch(self, path: str, value: object, **headers: str) -> WebAnswer:
        """The answer to PATCH of `value` as JSON."""
        return await self._bring("PATCH", path, value, b"", _named(headers))

    async def _bring(self, method: str, path: str, value: object, body: bytes, headers: dict[str, str]) -> WebAnswer:
        if value is not None:
            body, headers = json.dumps(value).encode(), {"content-type": "application/json", **headers}
        return await self.request(method, path, headers=headers, body=body)

    async def request(
        self, method: str, path: str, *, headers: Mapping[str, str] = NO_HEADERS, body: bytes = b""
    ) -> WebAnswer:
        """The whole answer to any request. Raises trio.EndOfChannel when it is cut off."""
        async with self._asked(method, path, headers, body) as connection:
            return await connection.answer()

    @asynccontextmanager
    async def stream(
        self, method: str, path: str, *, headers: Mapping[str, str] = NO_HEADERS, body: bytes = b""
    ) -> AsyncIterator[WebConnection]:
        """Ask, and read the answer as it comes: its head has when the block begins. Leaving the block is leaving."""
        async with self._asked(method, path, headers, body) as connection:
            await connection.head()
            yield connection

    @asynccontextmanager
    async def _asked(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> AsyncIterator[WebConnection]:
        connection = self.connect()
        try:
            await connection.send(method, path, headers={**self.headers, **headers}, body=body)
            yield connection
        finally:
            await connection.leave()


def _named(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
