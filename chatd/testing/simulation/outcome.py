"""What came of one simulated world."""

from __future__ import annotations

from dataclasses import dataclass

from chatd.testing.checks import Broken
from chatd.testing.schedule import Mode


@dataclass(frozen=True, slots=True)
class Outcome:
    """One world. `digest` is that of the whole trace, of every step of every task, and of the database at the end."""

    seed: int
    mode: Mode
    steps: int
    """Steps of all tasks."""
    acts: int
    """What people did, and what was done to the server."""
    faults: int
    """Faults that were injected."""
    trace: tuple[str, ...]
    digest: str
    broken: Broken | None = None
