"""One request and the response to it, under time limits, with the transport's errors renamed."""

from __future__ import annotations

from typing import Any

import httpx

from chatd.adapters.upstream import faults
from chatd.adapters.upstream.body import Body
from chatd.adapters.upstream.deadlines import StageDeadlines
from chatd.adapters.upstream.endpoint import Endpoint
from chatd.errors import NetworkFailure


class Stale(NetworkFailure):
    """A pooled connection was dead: the server has not read the request, which can be sent again at once."""


class Exchange:
    """A posted request and its response. Its owner calls `aclose` in any case."""

    def __init__(self, endpoint: Endpoint, deadlines: StageDeadlines) -> None:
        self._endpoint = endpoint
        self._deadlines = deadlines
        self._where = endpoint.address.host_port
        self._connected = False
        self._answered = False
        self._response: httpx.Response | None = None
        self._body: Body | None = None

    @property
    def status(self) -> int:
        """The HTTP status of the response."""
        assert self._response is not None
        return self._response.status_code

    @property
    def reused(self) -> bool:
        """Whether the request went over a connection that was there already."""
        return self._response is not None and not self._connected

    def header(self, name: str) -> str:
        """The value of a header of the response; "" when there is no such header."""
        assert self._response is not None
        return str(self._response.headers.get(name, ""))

    @property
    def ended(self) -> bool:
        """Whether the response was read to its end."""
        return self._body is not None and self._body.ended

    async def post(self, body: bytes, accept: str) -> None:
        """Send the request and return when the head of the response has come; cancelling closes the connection.

        Raises Stale, another NetworkFailure, ProtocolFailure or LimitFailure.
        """
        try:
            with self._deadlines.waiting():
                self._response = await self._endpoint.send(
                    "POST", self._endpoint.address.ask, body, accept=accept, trace=self._trace
                )
        except faults.TRANSPORT_ERRORS as error:
            failure = faults.rename(error, self._where, answered=self._answered)
            if not self._connected and not self._answered and faults.dropped(error):
                raise Stale(str(failure), retry=True) from error
            raise failure from error
        self._body = Body(self._response)

    async def read(self) -> bytes | None:
        """The next slice of the body; None at its end. Raises NetworkFailure, ProtocolFailure or LimitFailure."""
        assert self._body is not None
        try:
            with self._deadlines.waiting():
                return await self._body.read()
        except faults.TRANSPORT_ERRORS as error:
            raise faults.rename(error, self._where, answered=True) from error

    def content(self) -> None:
        """The last slice held content: the time limit for the next content starts."""
        self._deadlines.content()

    async def aclose(self) -> None:
        """Return the connection to the pool when the body was read to its end, else close it. Does not wait."""
        if self._body is not None:
            await self._body.aclose()

    async def _trace(self, event: str, _: dict[str, Any]) -> None:
        match event.partition(".")[2]:
            case "connect_tcp.started" | "connect_unix_socket.started":
                self._connected = True
            case "send_request_headers.started":
                self._answered = False  # the head before this one was a proxy's, to CONNECT
                self._deadlines.asked()
            case "receive_response_headers.complete":
                self._answered = True
