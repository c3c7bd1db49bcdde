"""How late the loop is: a task that sleeps a little and looks by how much it overslept."""

from __future__ import annotations

from collections import deque

import trio

SAMPLE_S = 0.5
"""Seconds between two samples: an idle server wakes for them, and load lasts longer than that."""

KEPT = 120
"""Samples kept for `stats`: the last minute."""


class LagMeter:
    """The loop's lag in milliseconds. `run` is one task of the server; without it the lag is zero."""

    def __init__(self) -> None:
        self.samples: deque[float] = deque(maxlen=KEPT)
        self.recent_ms = 0.0
        """A moving average over about a second."""

    async def run(self) -> None:
        """Measure how late the loop wakes this task, until cancelled."""
        while True:
            due = trio.current_time() + SAMPLE_S
            await trio.sleep_until(due)
            late = max(0.0, (trio.current_time() - due) * 1000)
            self.samples.append(late)
            self.recent_ms += (late - self.recent_ms) / 2

    def p99_ms(self) -> float:
        """The 99th percentile of the last minute."""
        return percentile(list(self.samples), 0.99)


def percentile(values: list[float], share: float) -> float:
    """The value below which `share` of them lie; 0 when there are none."""
    if not values:
        return 0.0
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
