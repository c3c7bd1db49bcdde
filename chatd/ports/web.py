"""The web: requests that a gateway has read and routed, and the replies to them, whole or piece by piece."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

Headers = Sequence[tuple[str, str]]
"""Names and values as they are sent; names in lower case."""


@dataclass(frozen=True, slots=True)
class WebRequest:
    """One request. Who makes it is not known here: that is what its headers and cookies are looked at for."""

    method: str
    path: str
    """Decoded, without the query."""
    parts: Mapping[str, str]
    """What stands in the path for each `{name}` of the route, decoded."""
    query: Mapping[str, str]
    """Of a key that is repeated, the last value."""
    headers: Mapping[str, str]
    """By names in lower case; values of a repeated name are joined by a comma."""
    cookies: Mapping[str, str]
    address: str
    """The client's, without the port: what a trusted proxy says, else whoever is connected."""
    source: str
    """What limits for each address count, see Visitor: the address, or the /64 of an IPv6 one."""
    direct: bool
    """Whether no proxy stands between, as far as can be told."""
    secure: bool
    """Whether the client speaks https, to the proxy in front of us."""
    read: Callable[[int], Awaitable[bytes]]
    """Reads the whole body, of so many bytes at most; called again, it gives the same.

    Raises BodyTooLarge, BodyTooSlow, UsageError (its chunks are none), TerminalGone (the client has left).
    """


class WebReply(Protocol):
    """The answer to one request. When the client goes away, whoever answers is cancelled."""

    @property
    def begun(self) -> bool:
        """Whether status and headers are on their way: from then on no error can be told by a status."""
        ...

    async def start(self, status: int, headers: Headers) -> None:
        """Send status and headers. Raises TerminalGone."""
        ...

    async def send(self, data: bytes) -> None:
        """Send a piece of the body; returns when the client's machine has room for more: the back-pressure.

        Raises TerminalGone when the client has left, or takes nothing for too long.
        """
        ...


WebHandler = Callable[[WebRequest, WebReply], Awaitable[None]]
"""Answers one request. What it raises is a bug: it is logged, and the client gets a bare 500 if nothing was sent."""


@dataclass(frozen=True, slots=True)
class Route:
    """`method` and `path`, such as `/api/v1/rooms/{room}/rows`, are answered by `handler`. GET stands for HEAD,
    too, and OPTIONS is answered by the gateway. `{name}` is one step of the path, without a slash; `{name:path}` is
    what is left of it.
    """

    method: str
    path: str
    handler: WebHandler


@dataclass(frozen=True, slots=True)
class Site:
    """All that is answered over the web."""

    routes: Sequence[Route]
    """Where the paths of two fit, the earlier one counts."""
    missing: WebHandler
    """For paths of no route."""
    wrong_method: Callable[[WebRequest, WebReply, Sequence[str]], Awaitable[None]]
    """For a route's path with another method; with those that there are."""
