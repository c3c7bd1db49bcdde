"""One model's server: its connection pool, and the headers of every request to it."""

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
from chatd.adapters.upstream.limits import CLOSE_S, PoolLimits
from chatd.errors import BadConfig, ModelFailure, NetworkFailure
from chatd.wire.models.json_values import Object
from chatd.wire.models.protocol import WireProtocol
from chatd.wire.models.quotation import quote, without

Trace = Callable[[str, dict[str, Any]], Awaitable[None]]
"""Is called with each event of httpcore's trace extension, such as `connection.connect_tcp.started`."""

Network = httpcore.AsyncNetworkBackend
"""Makes the TCP connections: the machine's network, or one in memory."""


class Endpoint:
    """A server and its connections, which are closed at the end of the block. The first request makes the first one.

    Args:
        protocol: the protocol that the server speaks.
        url: as its operator writes it; empty for the protocol's home.
        api_key: is sent to this host alone and never logged; empty for none.
        pool: how many connections there may be, and how long an idle one is kept.
        network: makes the connections; the machine's own network without it.

    Raises BadConfig for an endpoint that is no URL, for a key that cannot be sent, and for a key beside a password.
    """

    def __init__(
        self, protocol: WireProtocol, url: str = "", api_key: str = "", *, pool: PoolLimits,
        network: Network | None = None,
    ) -> None:  # fmt: skip
        self.pool = pool
        self.address: Address = parse(protocol, url)
        key = api_key.strip()
        self._headers = _headers(self.address, key)
        self.secrets = _secrets(self.address, key)
        """Strings that no sentence may repeat."""
        self.model_details: dict[str, Object] = {}
        """Digest of a model's file -> what the server told of it: the cache of `listing`."""
        self._network = network
        self._client: httpx.AsyncClient | None = None
        self._closed = False

    @property
    def protocol(self) -> WireProtocol:
        """The protocol that the server speaks."""
        return self.address.protocol

    def hide(self, failure: ModelFailure) -> ModelFailure:
        """The failure with the secrets in its sentence hidden: servers quote what they were sent. Every failure of a
        request passes through here before it leaves this package.
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
        """Send a request and return its response when the head has come; the caller closes the body.

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
            except (OSError, ValueError, ImportError) as error:  # a missing file of certificates, an unknown proxy
                where, why = self.address.host_port, quote(str(error))
                raise NetworkFailure(
                    f"{where}: certificates or proxy of the environment cannot be used: {why}"
                ) from error
        return self._client

    def _open(self) -> httpx.AsyncClient:
        context = _authorities() if self.address.base.scheme == "https" else _no_authorities()
        return httpx.AsyncClient(
            verify=context,
            transport=None if self._network is None else _Transport(self._network, context, self.pool),
            headers=self._headers,
            auth=self.address.login if any(self.address.login) else None,
            limits=httpx.Limits(
                max_connections=self.pool.connections,
                max_keepalive_connections=self.pool.idle,
                keepalive_expiry=self.pool.idle_s,
            ),
            timeout=None,  # noqa: S113 -- every caller has a deadline, which covers more
            follow_redirects=False,
            trust_env=not self.address.local,  # a proxy has no route to this machine's loopback
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
    """The key and the password, in each encoding in which a server may quote them."""
    name, password = address.login
    basic = b64encode(f"{name}:{password}".encode()).decode() if password else ""
    return tuple(dict.fromkeys(secret for secret in (key, password, basic, *address.query_values) if secret))


@lru_cache(1)
def _authorities() -> ssl.SSLContext:
    """The certificate authorities of the machine and of $SSL_CERT_FILE. Loading them takes tens of milliseconds."""
    return httpx.create_ssl_context()


@lru_cache(1)
def _no_authorities() -> ssl.SSLContext:
    """A context that trusts no certificate, for endpoints without TLS, which need no authorities."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class _Connecting:
    """Closes a new connection that gave no response: httpcore leaves it open when cancelled in a TLS handshake."""

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
    """A request body in one piece. That of httpx is an async generator, which a cancelled request leaves unfinished."""

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
    """The transport of httpx over the network that the endpoint was given."""

    def __init__(self, network: Network, context: ssl.SSLContext, pool: PoolLimits) -> None:
        super().__init__(verify=context, trust_env=False)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=context,
            max_connections=pool.connections,
            max_keepalive_connections=pool.idle,
            keepalive_expiry=pool.idle_s,
            network_backend=network,
        )
