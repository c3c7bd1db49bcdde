"""Where a connection comes from."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

import trio

_IPV6_CUSTOMER = 64
"""Bits of an IPv6 address that one customer has in common."""


@dataclass(frozen=True, slots=True)
class Peer:
    """The other end: an IP address and a port, or the name of something in memory and 0."""

    address: str
    port: int = 0

    def __str__(self) -> str:
        if not self.port:
            return self.address
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"

    @property
    def source(self) -> str:
        """What the limit per address counts: an IPv4 address, or the /64 of an IPv6 one."""
        try:
            address = ipaddress.ip_address(self.address)
        except ValueError:
            return self.address
        if address.version == 4:
            return str(address)
        return str(ipaddress.ip_network((int(address), _IPV6_CUSTOMER), strict=False))


def peer_of(stream: trio.abc.HalfCloseableStream) -> Peer | None:
    """The other end of a stream; None when it has gone already."""
    if not isinstance(stream, trio.SocketStream):
        return Peer("memory")
    try:
        return peer_named(stream.socket.getpeername())
    except OSError:
        return None


def peer_named(name: object) -> Peer:
    """The peer that a socket names: IPv4 inside IPv6 counts as IPv4."""
    if not isinstance(name, tuple):
        return Peer("unix")
    host, port = str(name[0]).split("%")[0], int(name[1])
    address = ipaddress.ip_address(host)
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return Peer(str(mapped or address), port)
