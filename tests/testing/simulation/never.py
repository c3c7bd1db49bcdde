"""Refusals that no simulated world can meet, each with the reason; everything else must be met sometimes."""

from __future__ import annotations

NEVER: dict[str, str] = {}
"""By name, as `chatd.testing.simulation.sometimes.refusals` has it."""
