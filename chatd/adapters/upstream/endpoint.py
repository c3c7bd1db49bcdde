"""One model's server: its pooled connections, and what is said with every request."""

from __future__ import annotations

import ssl
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import lru_cache
from types import TracebackType
from typing import Any

import anyio
import httpcore
import httpx

from chatd.adapters.upstream.address import Address, parse
from chatd.adapters.upstream.limits import CLOSE_S
from chatd.errors import BadConfig, ModelFailure, NetworkFailure
from chatd.wire.models.json_values import Object
from chatd.wire.models.protocol import WireProtocol
from chatd.wire.models.quotation import quote, without

Trace = Callable[[str, dict[str, Any]], Awaitable[None]]
"""Told what happens on the way of a request: httpcore's names, such as `connection.connect_tcp.started`."""

Network = httpcore.AsyncNetworkBackend
"""Where connections are made."""

_KEEPALIVE_S = 4.0
"""Seconds an idle connection is kept: llama-server closes its own after 5, and a request must not meet that."""
MAX_IDLE = 20
"""Idle connections kept: as many as answers usually run at once."""

_LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=MAX_IDLE, keepalive_expiry=_KEEPALIVE_S)
# Answers wait for their turn where people can see it; never in a pool, without a word.


class Endpoint:
    """A server, open until the block is left. Nothing is connected before the first request.

    Args:
        protocol: what the server speaks.
        url: as its operator writes it; empty for the protocol's home.
        api_key: sent to this host alone, never logged; empty for none.
        network: where connections are made; the machine's own network without it.

    Raises BadConfig for an endpoint that is no URL, for a key that cannot be sent, and for a key beside a password.
    """

    def __init__(
        self, protocol: WireProtocol, url: str = "", api_key: str = "", *, network: Network | None = None
    ) -> None:
        self.address: Address = parse(protocol, url)
        key = api_key.strip()
        self._headers = _headers(self.address, key)
        self.secrets = _secrets(self.address, key)
        """What must not be repeated in any sentence."""
        self.model_details: dict[str, Object] = {}
        """What the server told of its models, by the digests of their files: kept by `listing`."""
        self._network = network
        self._client: httpx.AsyncClient | None = None
        self._closed = False

    @property
    def protocol(self) -> WireProtocol:
        """The protocol that the server speaks."""
        return self.address.protocol

    def hide(self, failure: ModelFailure) -> ModelFailure:
        """The failure, whose sentence no longer repeats a secret: servers quote what they were sent. Every failure
        that leaves this package by a request goes through here.
        """
        failure.args = (without(str(failure), self.secrets),)
        return failure

    async def __aenter__(self) -> Endpoint:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._closed = True
        if self._client is not None:
            await self._client.aclose()

    async def send(
        self, method: str, url: httpx.URL, body: bytes | None = None, *, accept: str = "*/*", trace: Trace | None = None
    ) -> httpx.Response:
        """Send a request; return when the answer's head has come. Its body is the caller's to close.

        The time is limited by the caller; cancelling closes the connection. Raises any of `faults.TRANSPORT_ERRORS`,
        and NetworkFailure when the machine's own settings for connections cannot be used.
        """
        client = self._opened()
        connecting = _Connecting(trace)
        headers = {"Accept": accept}
        if body is not None:
            headers["Content-Type"] = "application/json"
        request = client.build_request(
            method, url, content=body, headers=headers, extensions={"trace": connecting.trace}
        )
        request.stream = _OnePiece(body)
        try:
            response = await client.send(request, stream=True)
            connecting.stream = None
        finally:
            await connecting.close()
        return response

    def _opened(self) -> httpx.AsyncClient:
        assert not self._closed, "an endpoint is asked after it was closed"
        if self._client is None:
            try:
                self._client = self._open()
            except (OSError, ValueError, ImportError) as error:  # no such file of certificates, no such kind of proxy
                where, why = self.address.host_port, quote(str(error))
                raise NetworkFailure(
                    f"{where}: certificates or proxy of the environment cannot be used: {why}"
                ) from error
        return self._client

    def _open(self) -> httpx.AsyncClient:
        context = _authorities() if self.address.base.scheme == "https" else _nobody()
        return httpx.AsyncClient(
            verify=context,
            transport=None if self._network is None else _Transport(self._network, context),
            headers=self._headers,
            auth=self.address.login if any(self.address.login) else None,
            limits=_LIMITS,
            timeout=None,  # noqa: S113 -- every use has a deadline of its own, which covers more
            follow_redirects=False,
            trust_env=not self.address.local,  # a proxy knows no way to our own 127.0.0.1
        )


def _headers(address: Address, key: str) -> dict[str, str]:
    if not (key.isascii() and key.isprintable()):
        raise BadConfig(f"the API key for {address.host_port} has characters that no key can have")
    if key and any(address.login):
        raise BadConfig(
            f"the endpoint at {address.host_port} has a name and password, and there is an API key as well: "
            "only one of them can be sent"
        )
    # Streams are not worth compressing, and compression buffers them.
    return {"User-Agent": "chatd", "Accept-Encoding": "identity", **address.protocol.headers(key)}


def _secrets(address: Address, key: str) -> tuple[str, ...]:
    """What must not be repeated, in each form in which a server may have read it."""
    name, password = address.login
    basic = b64encode(f"{name}:{password}".encode()).decode() if password else ""
    return tuple(dict.fromkeys(secret for secret in (key, password, basic, *address.query_values) if secret))


@lru_cache(1)
def _authorities() -> ssl.SSLContext:
    """Whom we trust, $SSL_CERT_FILE included. Read once: it takes tens of milliseconds."""
    return httpx.create_ssl_context()


@lru_cache(1)
def _nobody() -> ssl.SSLContext:
    """For endpoints without TLS: should it be used all the same, nobody is trusted."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class _Connecting:
    """Closes a new connection on which no answer came. httpcore forgets to when it is cancelled in a TLS handshake."""

    def __init__(self, trace: Trace | None) -> None:
        self._also = trace
        self.stream: httpcore.AsyncNetworkStream | None = None

    async def trace(self, event: str, info: dict[str, Any]) -> None:
        if event.endswith(".connect_tcp.complete"):
            self.stream = info["return_value"]
        if self._also is not None:
            await self._also(event, info)

    async def close(self) -> None:
        if self.stream is not None:
            with anyio.move_on_after(CLOSE_S, shield=True):
                await self.stream.aclose()


class _OnePiece(httpx.AsyncByteStream):
    """A request's body. httpx's own is an async generator, which a cancelled request leaves behind unfinished."""

    def __init__(self, body: bytes | None) -> None:
        self._body = body

    def __aiter__(self) -> AsyncIterator[bytes]:
        return _Once(self._body)


class _Once:
    def __init__(self, body: bytes | None) -> None:
        self._body = body

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if self._body is None:
            raise StopAsyncIteration
        body, self._body = self._body, None
        return body


class _Transport(httpx.AsyncHTTPTransport):
    """httpx's transport over a network of the caller's."""

    def __init__(self, network: Network, context: ssl.SSLContext) -> None:
        super().__init__(verify=context, trust_env=False)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=context,
            max_connections=_LIMITS.max_connections,
            max_keepalive_connections=_LIMITS.max_keepalive_connections,
            keepalive_expiry=_LIMITS.keepalive_expiry,
            network_backend=network,
        )
