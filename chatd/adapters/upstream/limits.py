"""The limits of the client of models' servers: times, sizes, number of requests."""

from __future__ import annotations

from dataclasses import dataclass

from chatd.wire.models.limits import WireLimits

CLOSE_S = 1.0
"""Seconds a connection may take to close; then it is dropped. Only TLS waits, for a peer that reads nothing."""


@dataclass(frozen=True, slots=True)
class PoolLimits:
    """The connections to one server."""

    connections: int | None
    """At once; more requests wait for one, as long as a connection may take. None: as many as there are answers."""
    idle: int
    """Kept for the next request."""
    idle_s: float
    """Seconds for which they are kept."""


@dataclass(frozen=True, slots=True)
class ClientLimits:
    """Durations are in seconds. The time of a whole answer is limited by the caller."""

    connect_timeout: float
    """For name resolution, TCP and TLS together."""
    first_token_timeout: float
    """From the request to the first content; a server may load its model in that time."""
    timeout: float
    """Between two pieces of content; pings and comments are none."""
    retry_attempts: int
    """Requests for one answer, the first one included."""
    retry_delay: float
    """Delay before the second request; it doubles before each further one."""
    max_retry_wait: float
    """A server that asks for a longer delay is not asked again: a person waits for the answer."""
    enabled: bool
    """Whether answers are asked for as streams."""
    fallback_on_error: bool
    """Whether a refused stream is followed by one request without streaming."""
    without_content: int
    """Bytes in a row without content."""
    pool: PoolLimits
    wire: WireLimits
