"""The border under odd values, for a moment; `make fuzz` does it a million times."""

from __future__ import annotations

from tests.adapters.lua import fuzz


def test_twenty_thousand_odd_crossings_neither_crash_nor_hang_nor_escape() -> None:
    assert fuzz.in_child(20_000, seed=1) == ""


def test_a_child_that_crashes_or_fails_is_told_with_its_seed() -> None:
    """A fuzz that could not see a crash would be worth nothing."""
    assert "seed 7: no end after 0 s" in fuzz.in_child(10_000_000, seed=7, hang=0.2)
    told = fuzz.in_child(1000, seed=7, code="import os; os.abort()")
    assert told.startswith("seed 7: signal 6") and "--seed 7 --crossings 1000" in told
