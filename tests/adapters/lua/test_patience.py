"""The loop's patience with scripts is one for all, is used up by what takes long, and comes back."""

from __future__ import annotations

import pytest

from chatd.adapters.lua import patience as module
from chatd.adapters.lua.patience import QUICK_S, SHARE, Patience


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, which the test sets."""
    now = [100.0]
    monkeypatch.setattr(module, "perf_counter", lambda: now[0])
    return now


def test_quick_calls_cost_nothing(clock: list[float]) -> None:
    patience = Patience(0.008)
    for _ in range(1000):
        assert patience.grant() == 0.008
        patience.spend(QUICK_S)


def test_what_is_used_up_comes_back_with_time(clock: list[float]) -> None:
    patience = Patience(0.008)
    patience.spend(0.008 + QUICK_S)
    assert patience.grant() == 0.0 == patience.grant(0.001)
    clock[0] += 0.008
    assert patience.grant() == pytest.approx(0.008 * SHARE)
    assert patience.grant(0.001) == 0.001
    clock[0] += 60
    assert patience.grant() == 0.008, "and no more than there was"


def test_a_debt_is_paid_back_first(clock: list[float]) -> None:
    patience = Patience(0.008)
    patience.spend(0.028 + QUICK_S)
    clock[0] += 0.02 / SHARE
    assert patience.grant() == pytest.approx(0.0, abs=1e-9)


def test_where_order_matters_more_there_is_no_end_of_it(clock: list[float]) -> None:
    patience = Patience(3600.0, bounded=False)
    patience.spend(1e6)
    assert patience.grant(0.001) == 3600.0
