"""How late the loop is: measured while somebody asks, and not a step longer than that needs."""

from __future__ import annotations

import pytest
import trio

from chatd.tasks.chat import lag
from chatd.tasks.chat.lag import KEPT_S, LINGER, SAMPLE_S, LagMeter, percentile
from chatd.testing import run
from tests.steps import Steps


def test_nobody_asks_and_nothing_runs() -> None:
    async def main() -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(LagMeter().run)
            await trio.sleep(1)
            with Steps() as steps:
                await trio.sleep(3600)
            assert steps.of(LagMeter.run) == 0
            nursery.cancel_scope.cancel()

    run(main)


def test_it_is_measured_as_long_as_somebody_asks() -> None:
    async def main() -> None:
        meter = LagMeter()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(meter.run)
            with Steps() as steps:
                for _ in range(100):
                    meter.ask()
                    await trio.sleep(0.1)
            assert 10 / SAMPLE_S - 1 <= steps.of(LagMeter.run) <= 10 / SAMPLE_S + 2
            with Steps() as steps:
                await trio.sleep(100)
            assert steps.of(LagMeter.run) <= LINGER + 1
            nursery.cancel_scope.cancel()

    run(main)


class LateTime:
    """trio's time as a loop sees it that is held: each sleep ends later than it should."""

    def __init__(self) -> None:
        self.late = 0.0
        self.now = 1000.0

    def current_time(self) -> float:
        return self.now

    async def sleep_until(self, due: float) -> None:
        await trio.sleep(SAMPLE_S)
        self.now = due + self.late


def test_what_was_late_is_told_fades_and_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        time, meter = LateTime(), LagMeter()
        monkeypatch.setattr(lag, "trio", type("Trio", (), {
            "current_time": time.current_time, "sleep_until": time.sleep_until, "Event": trio.Event,
        }))  # fmt: skip
        async with trio.open_nursery() as nursery:
            nursery.start_soon(meter.run)
            time.late = 0.2
            assert meter.ask() == 0, "nothing is known before the first sample"
            await trio.sleep(SAMPLE_S * 1.5)
            assert round(meter.ask()) == 100
            await trio.sleep(SAMPLE_S)
            assert round(meter.ask()) == 150 and round(meter.p99_ms()) == 200
            time.late = 0.0
            await trio.sleep(SAMPLE_S)
            assert round(meter.ask()) == 75
            await trio.sleep(SAMPLE_S * (LINGER + 2))
            assert meter.recent_ms == 0 and round(meter.p99_ms()) == 200
            time.now += KEPT_S
            assert meter.p99_ms() == 0, "it was a minute ago"
            nursery.cancel_scope.cancel()

    run(main)


def test_percentile() -> None:
    assert percentile([], 0.99) == 0
    assert percentile([3, 1, 2], 0.5) == 2
    assert percentile([float(n) for n in range(100)], 0.99) == 99
