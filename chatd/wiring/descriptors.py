"""Whether the process may have as many descriptors as the configuration can take."""

from __future__ import annotations

from chatd.adapters.system import allow_descriptors
from chatd.bounds import OTHER_DESCRIPTORS
from chatd.config import Config
from chatd.wiring.limits import ssh_limits


def wanted_descriptors(settings: Config) -> int:
    """As many as there are when every limit is reached: connections, those that wait for their turn, answers."""
    gateways = 2 if settings.web.listen else 1
    connections = settings.limits.max_connections * gateways + ssh_limits(settings).paced
    return connections + settings.limits.max_streams + OTHER_DESCRIPTORS


def make_room(settings: Config) -> str:
    """Have the system allow as many as may be needed; what to tell the operator when it allows fewer, or ""."""
    wanted = wanted_descriptors(settings)
    allowed = allow_descriptors(wanted)
    if allowed >= wanted:
        return ""
    return (
        f"{settings.limits.max_connections} connections and {settings.limits.max_streams} answers take {wanted}"
        f" descriptors, the process may have {allowed}: raise that (ulimit -Hn, or LimitNOFILE of systemd) or lower"
        " max_connections"
    )
