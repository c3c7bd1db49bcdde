"""The loop's patience with scripts is one for all, is used up by what takes long, and comes back."""

from __future__ import annotations

from functools import partial

import pytest
import trio
import trio.testing

from chatd.adapters.lua import stall_budget as module
from chatd.adapters.lua.stall_budget import LANES, QUICK_S, SHARE, StallBudget


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, which the test sets."""
    now = [100.0]
    monkeypatch.setattr(module, "perf_counter", lambda: now[0])
    return now


def test_quick_calls_cost_nothing(clock: list[float]) -> None:
    patience = StallBudget(0.008)
    for _ in range(1000):
        assert patience.grant() == 0.008
        patience.spend(QUICK_S)


def test_what_is_used_up_comes_back_with_time(clock: list[float]) -> None:
    patience = StallBudget(0.008)
    patience.spend(0.008 + QUICK_S)
    assert patience.grant() == 0.0 == patience.grant(0.001)
    clock[0] += 0.008
    assert patience.grant() == pytest.approx(0.008 * SHARE)
    assert patience.grant(0.001) == 0.001
    clock[0] += 60
    assert patience.grant() == 0.008, "and no more than there was"


def test_a_debt_is_paid_back_first(clock: list[float]) -> None:
    patience = StallBudget(0.008)
    patience.spend(0.028 + QUICK_S)
    clock[0] += 0.02 / SHARE
    assert patience.grant() == pytest.approx(0.0, abs=1e-9)


def test_where_order_matters_more_there_is_no_end_of_it(clock: list[float]) -> None:
    patience = StallBudget(3600.0, bounded=False)
    patience.spend(1e6)
    assert patience.grant(0.001) == 3600.0


def test_who_takes_long_waits_for_others_that_do_and_keeps_no_quick_one_waiting() -> None:
    patience, entered = StallBudget(0.008), list[str]()
    leave = trio.Event()

    async def call(name: str, *, slow: bool) -> None:
        async with patience.lane(slow=slow):
            entered.append(name)
            await leave.wait()

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            for n in range(LANES + 1):
                nursery.start_soon(partial(call, f"slow {n}", slow=True))
            await trio.testing.wait_all_tasks_blocked()
            assert len(entered) == LANES
            nursery.start_soon(partial(call, "quick", slow=False))
            await trio.testing.wait_all_tasks_blocked()
            assert entered[-1] == "quick"
            leave.set()

    trio.run(main)
    assert len(entered) == LANES + 2, "everybody has had their turn"
