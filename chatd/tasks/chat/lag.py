"""How late the loop is: a task that sleeps a little and looks by how much it overslept, while somebody asks."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection

import trio

SAMPLE_S = 0.5
"""Seconds between two samples: load lasts longer than that."""

LINGER = 4
"""Samples that are taken although nobody has asked since the one before. Then nothing happens, and nothing is measured:
a meter that runs for ever outweighs fifty idle sessions."""

KEPT_S = 60.0
"""How long samples are kept for `stats`."""

KEPT = int(KEPT_S / SAMPLE_S)


class LagMeter:
    """The loop's lag in milliseconds. `run` is one task of the server; without it the lag is zero."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, float]] = deque(maxlen=KEPT)
        """When they were taken, in trio's time, and milliseconds."""
        self.recent_ms = 0.0
        """A moving average over about a second; zero when nobody asks for it."""
        self._asked = trio.Event()

    def ask(self) -> float:
        """The lag of late. Whoever shows something asks, and so it is measured as long as something is shown."""
        self._asked.set()
        return self.recent_ms

    async def run(self) -> None:
        """Measure how late the loop wakes this task, until cancelled."""
        while True:
            await self._asked.wait()
            unasked = 0
            while unasked < LINGER:
                self._asked = trio.Event()
                await self._sample()
                unasked = 0 if self._asked.is_set() else unasked + 1
            self.recent_ms = 0.0

    async def _sample(self) -> None:
        due = trio.current_time() + SAMPLE_S
        await trio.sleep_until(due)
        now = trio.current_time()
        late = max(0.0, (now - due) * 1000)
        self._samples.append((now, late))
        self.recent_ms += (late - self.recent_ms) / 2

    def p99_ms(self) -> float:
        """The 99th percentile of the last minute, as far as something was shown in it."""
        since = trio.current_time() - KEPT_S
        return percentile([late for at, late in self._samples if at >= since], 0.99)


def percentile(values: Collection[float], share: float) -> float:
    """The value below which `share` of them lie; 0 when there are none."""
    if not values:
        return 0.0
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
