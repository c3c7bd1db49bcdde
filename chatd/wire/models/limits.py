"""How many bytes a reply of a model's server may have, part by part."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class WireLimits:
    """Sizes in bytes: of one line, of one event's data, and of text, thoughts and tool calls together."""

    line: int
    event: int
    reply: int
