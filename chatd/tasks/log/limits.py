"""The bounds of the recorder."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RecorderLimits:
    """Bounds of what waits, and of the patience with a failing disk."""

    debt: int
    """Drafts waiting for the log, all rooms together; beyond it new ones are refused."""
    debt_chars: int
    """Code points in them."""
    batch: int
    """Drafts in one transaction."""
    first_retry_s: float
    last_retry_s: float
    pause_s: float
    """Between two commits of nothing but growth: many answers at once make few commits instead of many."""
