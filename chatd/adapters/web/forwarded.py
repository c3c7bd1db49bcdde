"""Where a request comes from when proxies stand between: only those that the operator trusts are believed."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

Header = tuple[bytes, bytes]

_FORWARDING = frozenset(
    (b"forwarded", b"via", b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto", b"x-real-ip")
)
"""Headers that only proxies send."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The client behind a request."""

    address: str
    direct: bool
    """Whether no proxy stands between, as far as can be told."""
    secure: bool
    """Whether the client speaks https."""


class Proxies:
    """`trusted` are addresses and networks (`10.0.0.0/8`); `secure`: the public address is one of https."""

    def __init__(self, trusted: Sequence[str] = (), *, secure: bool = False) -> None:
        self._networks = [ipaddress.ip_network(network, strict=False) for network in trusted]
        self._secure = secure

    def trusts(self, address: str) -> bool:
        """Whether what a peer at this address says of others is believed."""
        if not self._networks:
            return False
        found = _address(address)
        return found is not None and any(found in network for network in self._networks)

    def origin(self, peer: str, headers: Sequence[Header]) -> Origin:
        """The client of a request that came from `peer`.

        Of the addresses in X-Forwarded-For, each of which was added by who stands to its right, the last one counts
        that is not a trusted proxy's itself; what stands left of it anybody may have made up.
        """
        direct = not any(name in _FORWARDING for name, _ in headers)
        client, secure = peer, self._secure
        if not direct and self.trusts(peer):
            for said in reversed(list(_listed(headers, b"x-forwarded-for"))):
                found = _address(_without_port(said))
                if found is None:
                    break
                client = str(found)
                if not self.trusts(client):
                    break
            protocols = list(_listed(headers, b"x-forwarded-proto"))
            secure = secure or protocols[-1:] == ["https"]
        return Origin(client, direct, secure)


def _listed(headers: Sequence[Header], name: bytes) -> Iterator[str]:
    """The elements of a header that is a list, however many lines it takes."""
    for found, value in headers:
        if found == name:
            yield from (part.strip().lower() for part in value.decode("latin-1").split(","))


def _without_port(text: str) -> str:
    """`192.0.2.1:80` and `[2001:db8::1]:80` without what some proxies add."""
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address as it is compared: IPv4 inside IPv6 counts as IPv4."""
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found
