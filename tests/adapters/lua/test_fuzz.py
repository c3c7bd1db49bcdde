"""The border under odd values, for a moment; `make fuzz` does it a million times."""

from __future__ import annotations

import pytest

from tests.adapters.lua import fuzz


@pytest.mark.parametrize("seed", [1, 2], ids=["on threads", "in shared states"])
def test_ten_thousand_odd_crossings_neither_crash_nor_hang_nor_escape(seed: int) -> None:
    assert fuzz.in_child(10_000, seed=seed) == ""


def test_a_child_that_crashes_or_fails_is_told_with_its_seed() -> None:
    """A fuzz that could not see a crash would be worth nothing."""
    assert "seed 7: no end after 0 s" in fuzz.in_child(10_000_000, seed=7, hang=0.2)
    told = fuzz.in_child(1000, seed=7, code="import os; os.abort()")
    assert told.startswith("seed 7: signal 6") and "--seed 7 --crossings 1000" in told
