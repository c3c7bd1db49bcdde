"""What bounds the talk with a model's server."""

from __future__ import annotations

from dataclasses import dataclass

from chatd.wire.models.limits import WireLimits

CLOSE_S = 1.0
"""Seconds a connection may take to close. It takes none, but for TLS to a peer that reads nothing: that is dropped."""


@dataclass(frozen=True, slots=True)
class ClientLimits:
    """Durations in seconds. The time of a whole answer is limited by who asks."""

    connect_timeout: float
    """For name, connection and TLS together."""
    first_token_timeout: float
    """From the request to the first content: a server loads its model meanwhile."""
    timeout: float
    """Between two pieces of content; signs of life that say nothing do not count."""
    retry_attempts: int
    """Requests in all, the first one too."""
    retry_delay: float
    """Before the second request; twice as long before each further one."""
    max_retry_wait: float
    """A server that asks us to wait longer is not waited for: a person sits there."""
    enabled: bool
    """Whether answers are streamed at all."""
    fallback_on_error: bool
    """Whether a refused stream is followed by one request without streaming."""
    without_content: int
    """Bytes in a row that say nothing of an answer."""
    wire: WireLimits
