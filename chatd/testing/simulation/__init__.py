"""Whole servers lived through from a seed: people, models, disks and schedules are drawn, invariants are watched.

`simulate(seed, mode)` lives one world and returns its Outcome; the same seed gives the same trace, byte for byte.
"""

from chatd.testing.simulation.draw import draw
from chatd.testing.simulation.outcome import Outcome
from chatd.testing.simulation.simulate import simulate

__all__ = ["Outcome", "draw", "simulate"]
