"""A network in memory for httpcore: names that do not resolve, hosts that refuse, and fake servers that answer."""

from __future__ import annotations

import errno
import os
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from enum import Enum, auto
from types import SimpleNamespace
from typing import Any

import anyio
import anyio.abc
import httpcore
from anyio.lowlevel import checkpoint
from httpcore._async import http11

from chatd.testing.upstream.link import MemoryLink, Pipe

Handler = Callable[[MemoryLink], Coroutine[Any, Any, None]]


class Fault(Enum):
    """What may be wrong with a network."""

    REFUSED = auto()
    UNREACHABLE = auto()
    RESET = auto()
    """The connection breaks while it is made."""
    UNKNOWN_HOST = auto()
    DNS_DOWN = auto()
    """No name server answers; it may pass."""
    DNS_HANGS = auto()
    CONNECT_HANGS = auto()
    BAD_CERTIFICATE = auto()


def _error(fault: Fault, host: str) -> Exception:
    """What the system would say."""
    match fault:
        case Fault.REFUSED:
            return ConnectionRefusedError(errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED))
        case Fault.UNREACHABLE:
            return OSError(errno.EHOSTUNREACH, os.strerror(errno.EHOSTUNREACH))
        case Fault.RESET:
            return ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET))
        case Fault.UNKNOWN_HOST:
            return socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        case Fault.DNS_DOWN:
            return socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        case Fault.BAD_CERTIFICATE:
            return ssl.SSLCertVerificationError(1, f"certificate verify failed: Hostname mismatch for {host}")
        case Fault.DNS_HANGS | Fault.CONNECT_HANGS:
            return TimeoutError()


class _Stream(httpcore.AsyncNetworkStream):
    """The client's end of a connection."""

    def __init__(self, network: MemoryNetwork, host: str, from_server: Pipe, to_server: Pipe) -> None:
        self._network = network
        self._host = host
        self._in = from_server
        self._out = to_server
        self._closed = False
        network.open_streams += 1

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            with anyio.fail_after(timeout):
                return await self._in.receive(max_bytes)
        except TimeoutError as error:
            raise httpcore.ReadTimeout(error) from error
        except anyio.BrokenResourceError as error:
            raise httpcore.ReadError(error) from error

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        try:
            with anyio.fail_after(timeout):
                await self._out.send(buffer)
        except TimeoutError as error:
            raise httpcore.WriteTimeout(error) from error
        except anyio.BrokenResourceError as error:
            raise httpcore.WriteError(error) from error

    async def aclose(self) -> None:
        if not self._closed:
            self._closed = True
            self._network.open_streams -= 1
            self._in.end()
            self._out.end()
        await checkpoint()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        if self._network.fault is Fault.BAD_CERTIFICATE:
            await self.aclose()
            error = _error(Fault.BAD_CERTIFICATE, self._host)
            raise httpcore.ConnectError(error) from error
        return self  # what is inside TLS is the same

    def get_extra_info(self, info: str) -> Any:
        return self._in.readable if info == "is_readable" else None


class MemoryNetwork(httpcore.AsyncNetworkBackend):
    """Connections that exist only in this process. `fault` makes new ones fail until it is None again."""

    def __init__(self, tasks: anyio.abc.TaskGroup, everybody: Handler | None = None) -> None:
        self._tasks = tasks
        self._everybody = everybody
        self._hosts: dict[str, Handler] = {}
        self.fault: Fault | None = None
        self._passing: list[Fault] = []
        self.connects = 0
        """Connections asked for, failed ones too."""
        self.open_streams = 0
        """Connections the client has not closed."""

    def attach(self, host_port: str, handler: Handler) -> None:
        """Let `handler` (a fake's `handle`) serve `host:port`; without one for all, other hosts refuse."""
        self._hosts[host_port] = handler

    def fails_next(self, *faults: Fault) -> None:
        """The connections to come fail so, one after the other; the one behind the last of them is made."""
        self._passing += faults

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect, or fail as `fault` says."""
        self.connects += 1
        await checkpoint()
        fault = self._passing.pop(0) if self._passing and self.fault is None else self.fault
        if fault in {Fault.DNS_HANGS, Fault.CONNECT_HANGS}:
            try:
                with anyio.fail_after(timeout):
                    await anyio.sleep_forever()
            except TimeoutError as error:
                raise httpcore.ConnectTimeout(error) from error
        handler = self._hosts.get(f"{host}:{port}", self._everybody)
        if fault is None and handler is None:
            fault = Fault.REFUSED
        if fault is not None and fault is not Fault.BAD_CERTIFICATE:
            cause = _error(fault, host)
            raise httpcore.ConnectError(cause) from cause
        assert handler is not None
        to_server, to_client = Pipe(), Pipe()
        self._tasks.start_soon(handler, MemoryLink(to_server, to_client))
        return _Stream(self, host, to_client, to_server)

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.AsyncNetworkStream:
        """There are none."""
        raise httpcore.ConnectError(path)

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await anyio.sleep(seconds)


@asynccontextmanager
async def open_network(everybody: Handler | None = None) -> AsyncIterator[MemoryNetwork]:
    """A network; its servers end with the block."""
    with _kept_alive_by_the_clock():
        async with anyio.create_task_group() as tasks:
            yield MemoryNetwork(tasks, everybody)
            tasks.cancel_scope.cancel()


@contextmanager
def _kept_alive_by_the_clock() -> Iterator[None]:
    """Idle connections are too old by the clock of the run. httpcore asks the machine's, and on a busy one a run on the
    virtual clock would then make a new connection where it kept one before.
    """
    module: Any = http11
    before, module.time = module.time, SimpleNamespace(monotonic=anyio.current_time)
    try:
        yield
    finally:
        module.time = before
