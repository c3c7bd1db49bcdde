"""Faults with time in them, drawn: of connections, the clock, the disk's word, the models that can be found."""

from __future__ import annotations

import random

from chatd.testing.connection import QUALITIES
from chatd.testing.program import Act, ClockFault, DiscoveryFault, DiskFault, LinkFault
from chatd.testing.simulation.found_models import HOWS

SET = {"backwards": (-1.0, -3600.0, -86_400.0), "forwards": (1.0, 3600.0, 86_400.0, 2 * 86_400.0)}
"""By how many seconds a clock is set: by a correction, a time zone, a day."""


def draw_fault(source: random.Random, who: str) -> Act:
    """A fault of one of these kinds, of a connection that of `who`."""
    match source.choice(("link", "link", "link", "clock", "disk", "discovery", "discovery")):
        case "link":
            return LinkFault(who, source.choice(sorted(QUALITIES)))
        case "clock":
            how = source.choice(sorted(SET))
            return ClockFault(how, source.choice(SET[how]))
        case "disk":
            return DiskFault("lies")
        case _:
            return DiscoveryFault(source.choice(HOWS))
