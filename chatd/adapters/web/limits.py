"""Every number of the web adapter, with its unit. What an operator may change gets its value from the configuration."""

from __future__ import annotations

from dataclasses import dataclass

KIB = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class WebLimits:
    """What one server and one connection may cost. Sizes are bytes, durations seconds."""

    connections: int
    """Connections at once. One costs about 25 kB while it is served, and a file descriptor."""
    connections_per_address: int
    """Those from one IPv4 address or one IPv6 /64; those from a trusted proxy count in all only."""
    write_stall: float
    """How long a client may take nothing of what is sent to it before the connection is dropped."""

    head: int = 16 * KIB
    """Of a request's line and headers: browsers send 2 KiB, cookies of a whole domain take 8."""
    head_time: float = 10.0
    """From the first byte of a head to its last, and from the connection to its first byte."""
    body: int = 1024 * KIB
    """Of a request's body: the largest message with what is attached to it."""
    body_wire: int = 2 * 1024 * KIB
    """Of a body as it is sent. Chunks of some bytes each cost many times what the body does."""
    body_time: float = 30.0
    """From when a body is first asked for to its last byte."""
    idle: float = 30.0
    """Between two requests of one connection: browsers open a new one within milliseconds."""
    read_ahead: int = 64 * KIB
    """What a client may send before it is asked for: many small requests, not a body."""
    patience: float = 1.0
    """How long it has to wait then, while an answer is on its way: longer than most answers take."""
    dropped: int = 1024 * KIB
    """What is thrown away beyond that while an answer is on its way; who sends more is hung up on."""
    linger: float = 1.0
    """How long the last words of a connection may take to be read."""
