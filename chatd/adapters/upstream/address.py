"""The address of a model's server: parsed from what its operator wrote, and joined with the paths of the protocol."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field

import httpx

from chatd.errors import BadConfig
from chatd.wire.models.protocol import WireProtocol

_SCHEMES = ("http", "https")
_MAX_PORT = 65535
_HOST = re.compile(rb"[0-9a-f:.]+(%[\w.-]+)?|[\w-]{1,63}(\.[\w-]{1,63})*\.?", re.IGNORECASE)
"""A label of DNS has at most 63 characters; for a longer one the resolver raises an error that is no OSError."""


@dataclass(frozen=True, slots=True)
class Address:
    """The base URL of one server, and the protocol that it speaks. Made by `parse`."""

    protocol: WireProtocol
    base: httpx.URL = field(repr=False)
    """Has no name and password. Its query may hold a key, so people are told `shown` instead."""
    login: tuple[str, str] = field(default=("", ""), repr=False)
    """Name and password, for a server that asks for HTTP basic authentication."""

    @property
    def ask(self) -> httpx.URL:
        """The URL to which questions are posted."""
        return self.below(self.protocol.ask_path)

    @property
    def at_home(self) -> bool:
        """Whether the server is the one that is meant where no endpoint is written."""
        return self == parse(self.protocol, "")

    @property
    def shown(self) -> str:
        """The address as people may see it: scheme, host, port and path."""
        return str(self.base.copy_with(query=None)).rstrip("/")

    @property
    def query_values(self) -> tuple[str, ...]:
        """The values in the query of the URL, percent-encoded as they were written, and decoded."""
        written = [part.partition("=")[2] for part in self.base.query.decode("ascii", "replace").split("&")]
        return (*written, *(value for _, value in self.base.params.multi_items()))

    @property
    def host_port(self) -> str:
        """`host:port` for sentences and logs; the port is left out when it is the default one."""
        host = f"[{self.base.host}]" if ":" in self.base.host else self.base.host
        return host if self.base.port is None else f"{host}:{self.base.port}"

    @property
    def local(self) -> bool:
        """Whether the host is this machine or an address of a private network; a name counts only when it is local by
        definition.
        """
        return is_local(self.base.host)

    def below(self, path: str, query: str = "") -> httpx.URL:
        """The URL of a path of the protocol, with the query of the base before that of the path."""
        both = b"&".join(part for part in (self.base.query, query.encode()) if part)
        return self.base.copy_with(path=self.base.path.rstrip("/") + path, query=both or None)


def is_local(host: str) -> bool:
    """Whether a host is this machine or an address of a private network."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_private or address.is_link_local


def parse(protocol: WireProtocol, endpoint: str) -> Address:
    """Parse the endpoint that an operator wrote; an empty one is the protocol's home.

    Raises BadConfig when the text is no URL of a server.
    """
    text = endpoint.strip() or protocol.home
    if "://" not in text:
        text = "http://" + text
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError) as error:
        why = "" if _is_private(endpoint) else f": {error}"
        raise BadConfig(f"endpoint {_shown(endpoint)} is not a URL{why}") from None
    port_fits = url.port is None or 0 < url.port <= _MAX_PORT
    if url.scheme not in _SCHEMES or not _HOST.fullmatch(url.raw_host) or not port_fits:
        raise BadConfig(f"endpoint {_shown(endpoint)}: http://HOST:PORT or https://HOST is wanted")
    path = url.path.rstrip("/").removesuffix(protocol.written_suffix)
    base = url.copy_with(path=path or "/", username="", password="", fragment=None)
    return Address(protocol, base, (url.username, url.password))


def _is_private(endpoint: str) -> bool:
    """Whether the text may hold a password or a key: what is no URL cannot be taken apart to leave them out."""
    return any(mark in endpoint for mark in "@?#")


def _shown(endpoint: str) -> str:
    """The endpoint in quotes for a sentence, unless it may hold a secret."""
    return "(not repeated: it may hold a password or a key)" if _is_private(endpoint) else repr(endpoint)
