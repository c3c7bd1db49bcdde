"""What is fixed when the server starts: bounds of sessions, and what it says about itself."""

from __future__ import annotations

from dataclasses import dataclass

STOPPING = "the server is stopping"
"""What everybody is told who is here then."""


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """Bounds of one session; durations in seconds, sizes in bytes."""

    max_message: int
    max_attachment: int
    max_history_page: int
    frame_interval: float
    busy_interval: float
    keys_queued: int
    escape: float
    paste: float
    tick_idle: float
    tick_busy: float
    stdin_wait: float
    grace: float


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """What the server says about itself."""

    name: str
    version: str
    motd: str
    started_ms: int
    guests_ask: str = "local"
    """Which models guests may ask: none, local ones, or all."""
    admins: frozenset[str] = frozenset()
    """Fingerprints of those who may cancel what others started."""
