"""One request and its answer, as ASGI 2.4 has it: `receive` and `send` for the application."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

import h11
import trio

from chatd.adapters.log_text import printable, traceback_of
from chatd.adapters.peer import Peer
from chatd.adapters.web.forwarded import Proxies
from chatd.adapters.web.head import RequestHead
from chatd.adapters.web.limits import WebLimits
from chatd.adapters.web.outlet import ClientGone
from chatd.adapters.web.request_body import RequestBody
from chatd.adapters.web.short_answers import date, phrase, short_answer
from chatd.adapters.web.wire import HttpWire
from chatd.errors import TerminalGone
from chatd.ports import Clock

Message = MutableMapping[str, Any]
"""A scope or a message of ASGI."""

AsgiApp = Callable[[Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class WebServices:
    """What all connections of a server share."""

    app: AsgiApp
    limits: WebLimits
    proxies: Proxies
    log: logging.Logger
    clock: Clock
    """For the header `Date`."""


class HttpExchange:
    """A request whose head has come, and all of its answer. `run` serves it."""

    def __init__(self, services: WebServices, wire: HttpWire, head: RequestHead, peer: Peer) -> None:
        self._services = services
        self._wire = wire
        self._head = head
        self._peer = peer
        self._origin = services.proxies.origin(peer.address, head.headers)
        self._body = RequestBody(wire, services.limits, head)
        self._scope = trio.CancelScope()
        self._status = 0
        self._size = 0
        """Bytes of the answer's body that were sent."""
        self._held = b""
        """The head of an answer whose length is known: it leaves with the body, in one packet."""
        self._length: int | None = None
        """Bytes that the answer's body has, where its head says so."""
        self._nothing_sent = True
        self._complete = False

    def client_left(self) -> None:
        """The handler ends: nobody waits for what it does."""
        self._scope.cancel()

    async def run(self) -> None:
        """Have the application answer. It is cancelled when the client leaves; what it raises is logged, once."""
        began = trio.current_time()
        if self._services.log.isEnabledFor(logging.DEBUG):
            self._services.log.debug("%s begins, %s", self._shown(), self._origin.address)
        if self._wire.inlet.ended:
            self._scope.cancel()
        if self._body.whole:
            self._wire.inlet.watch(True)
        try:
            with self._scope:
                await self._apply()
            await self._finish()
        finally:
            self._wire.inlet.watch(False)
            self._log_line(round((trio.current_time() - began) * 1000))

    async def receive(self) -> Message:
        """A piece of the body; behind its end nothing comes any more, as the application of a client that has left is
        cancelled and not told. Raises BodyTooLarge, BodyTooSlow, UsageError (its chunks are none).
        """
        if self._body.told:
            await trio.sleep_forever()
        data = await self._body.piece()
        if data is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": data, "more_body": not self._body.told}

    async def send(self, message: Message) -> None:
        """Send the head of the answer, or a piece of its body. Raises ClientGone.

        The answer to HEAD is whole with its head; the application, which need not know, is cancelled then.
        """
        if message["type"] == "http.response.start":
            await self._start(message["status"], list(message.get("headers", ())))
            return
        body = bytes(message.get("body", b""))
        if not self._complete:
            await self._send(body, last=not message.get("more_body", False))
        elif body and self._has_body():
            raise ValueError("more was sent than the head of the answer says")

    async def _start(self, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        self._body.let_go()
        moment = date(self._services.clock).encode()
        closing = [(b"connection", b"close")] if self._wire.last or not self._body.whole else []
        response = h11.Response(
            status_code=status, reason=phrase(status), headers=[*headers, (b"date", moment), *closing]
        )
        self._held = self._wire.http.send(response) or b""
        self._status = status
        self._wire.inlet.watch(True)
        if self._head.method == "HEAD":
            await self._send(b"", last=True)
            self._scope.cancel()
            return
        lengths = [int(value) for name, value in headers if name.lower() == b"content-length"]
        self._length = lengths[0] if lengths else None
        if self._length is None:
            await self._write(b"")

    async def _send(self, body: bytes, *, last: bool) -> None:
        data = b""
        if body and self._has_body():
            data += self._wire.http.send(h11.Data(data=body)) or b""
            self._size += len(body)
        last = last or self._size == self._length
        if last:
            data += self._wire.http.send(h11.EndOfMessage()) or b""
        if data or last:
            await self._write(data)
        self._complete = last
        if last:  # the next request may be on its way, whatever the application still has to do
            self._wire.inlet.watch(False)

    def _has_body(self) -> bool:
        return self._head.method != "HEAD" and self._status not in (204, 304)

    async def _write(self, data: bytes) -> None:
        data, self._held = self._held + data, b""
        if self._wire.inlet.ended:
            raise ClientGone("the client has left")
        self._nothing_sent = False
        await self._wire.outlet.write(data)

    async def _apply(self) -> None:
        """Run the application; what is not the client's doing is logged."""
        head = self._head
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": head.method,
            "scheme": "https" if self._origin.secure else "http",
            "path": head.path,
            "raw_path": head.raw_path,
            "query_string": head.query,
            "root_path": "",
            "headers": head.headers,
            "client": (self._origin.address, self._peer.port),
            "server": None,
            "state": {"origin": self._origin, "declared": head.declared},
        }
        failed = ""
        try:
            await self._services.app(scope, self.receive, self.send)
            failed = (
                "" if self._complete else "without an answer" if not self._status else "in the middle of its answer"
            )
            if failed:
                self._services.log.error("the handler of %s ended %s", self._shown(), failed)
        except* (ClientGone, TerminalGone):
            self._wire.outlet.broken = True  # it has left, or takes nothing: nothing more is said to it
        except* Exception as errors:
            self._services.log.error("the handler of %s failed", self._shown(), exc_info=traceback_of(errors))

    async def _finish(self) -> None:
        """What is to be said when the application has not said all: that it failed, or nothing any more."""
        wire = self._wire
        if self._complete or wire.outlet.broken or wire.inlet.ended:
            return
        wire.finish()
        if not self._nothing_sent:
            wire.outlet.broken = True  # what is cut off must not look like an end
            return
        self._status = 500
        try:
            await wire.outlet.write(short_answer(self._services.clock, 500))
        except ClientGone:
            return
        self._complete = True

    def _shown(self) -> str:
        return f"{printable(self._head.method[:20])} {printable(self._head.path)}"

    def _log_line(self, duration_ms: int) -> None:
        """The line of the request; what clients put into queries, headers and bodies is in none."""
        end = "" if self._complete else ", the client left" if self._wire.inlet.ended else ", cut off"
        self._services.log.info(
            "%s %d, %d bytes, %d ms, %s%s",
            self._shown(), self._status, self._size, duration_ms, self._origin.address, end,
        )  # fmt: skip
