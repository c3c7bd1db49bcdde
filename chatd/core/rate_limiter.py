"""How fast somebody may go on: a bucket for each, filled at a steady rate."""

from __future__ import annotations

from collections.abc import Hashable
from itertools import islice


class RateLimiter:
    """Up to `burst` at once, then `rate` a second, for each key. Holds only keys whose buckets are not full."""

    def __init__(self, rate: float, burst: float) -> None:
        self._step = 1 / rate
        self._slack = (burst - 1) / rate
        self._due: dict[Hashable, float] = {}
        """When the next of each would come if they came evenly; who came last stands last."""

    def __len__(self) -> int:
        """How many keys are remembered."""
        return len(self._due)

    def delay(self, key: Hashable, now: float) -> float:
        """How many seconds one more has to wait; changes nothing."""
        return max(0.0, self._due.get(key, now) - self._slack - now)

    def take(self, key: Hashable, now: float) -> float:
        """Count one more; returns how many seconds it has to wait."""
        delay = self.delay(key, now)
        due = max(self._due.pop(key, now), now) + self._step
        self._due[key] = due
        self._forget(now)
        return delay

    def _forget(self, now: float) -> None:
        """Drop full buckets from the front: those behind them were used later. Two for each that comes is enough."""
        for key in list(islice(self._due, 2)):
            if self._due[key] > now:
                break
            del self._due[key]
