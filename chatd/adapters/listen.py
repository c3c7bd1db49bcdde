"""Listening sockets from addresses as people write them."""

from __future__ import annotations

import errno
import socket
from collections.abc import Sequence

import trio

from chatd.errors import CannotBind

_REASONS = {
    errno.EADDRINUSE: "address already in use",
    errno.EACCES: "not permitted",
    errno.EADDRNOTAVAIL: "not an address of this machine",
}
_HIGHEST_PORT = 65535


async def open_listeners(addresses: Sequence[str]) -> list[trio.SocketListener]:
    """A listener for each of `addresses`: `HOST:PORT`, `[IPV6]:PORT`, or `:PORT` for all of this machine's.

    A name may stand for several addresses. Port 0 is any free one, see `shown_address`. Raises CannotBind, and then
    nothing listens.
    """
    listeners: list[trio.SocketListener] = []
    try:
        for address in addresses:
            listeners += await _open(address)
    except (CannotBind, trio.Cancelled):
        for listener in listeners:
            listener.socket.close()
        raise
    return listeners


def shown_address(listener: trio.SocketListener) -> str:
    """Where it listens: `127.0.0.1:2222`, `[::1]:2222`."""
    host, port = listener.socket.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


async def _open(address: str) -> list[trio.SocketListener]:
    host, port = _parsed(address)
    try:
        return await trio.open_tcp_listeners(port, host=host or None)
    except socket.gaierror as error:
        raise CannotBind(f"cannot listen on {address}: {error.strerror}") from error
    except OSError as error:
        reason = _REASONS.get(error.errno or 0, error.strerror or str(error))
        raise CannotBind(f"cannot listen on {address}: {reason}") from error


def _parsed(address: str) -> tuple[str, int]:
    host, colon, port = address.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        colon = ""
    if not colon or not (port.isascii() and port.isdigit()) or int(port) > _HIGHEST_PORT:
        raise CannotBind(f"cannot listen on {address!r}: want HOST:PORT, [IPV6]:PORT or :PORT")
    return host, int(port)
