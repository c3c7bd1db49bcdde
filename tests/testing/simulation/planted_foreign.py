"""Bugs of somebody who did not know the oracles: slips in what people do here, and in what they read.

`tests/testing/simulation/test_planted_show.py` shows of each that it changes what somebody sees.
"""

from __future__ import annotations

from types import ModuleType

from tests.testing.simulation import planted_asking, planted_people, planted_reading, planted_sessions
from tests.testing.simulation.planted import Planted


def _of(module: ModuleType) -> list[Planted]:
    """Every bug of a module: its own functions, in the order of the file."""
    own = [value for value in vars(module).values() if getattr(value, "__module__", "") == module.__name__]
    return [Planted(bug) for bug in own]


FOREIGN: tuple[Planted, ...] = tuple(
    bug for module in (planted_asking, planted_reading, planted_people, planted_sessions) for bug in _of(module)
)
