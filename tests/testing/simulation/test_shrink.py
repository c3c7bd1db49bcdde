"""Shrinking: what is left still breaks, nothing of it can be spared, and the tries are few."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from chatd.testing.simulation.shrink import MAX_TRIES, shrink


@given(st.integers(1, 30), st.data())
def test_what_is_left_is_what_is_needed(length: int, data: st.DataObject) -> None:
    needed = data.draw(st.sets(st.integers(0, length - 1), min_size=1, max_size=3))
    tried: list[Sequence[int]] = []

    def breaks(kept: Sequence[int]) -> bool:
        tried.append(kept)
        return needed <= set(kept)

    assert shrink(length, breaks) == sorted(needed)
    assert len(tried) <= MAX_TRIES and all(tried), "no world without any act is lived"


@given(st.integers(1, 40), st.data())
def test_it_still_breaks_whatever_breaks_it(length: int, data: st.DataObject) -> None:
    """Also when a shorter program may break again where a longer one holds."""
    answers = data.draw(st.lists(st.booleans(), min_size=MAX_TRIES, max_size=MAX_TRIES))
    broken = [list(range(length))]

    def breaks(kept: Sequence[int]) -> bool:
        if answers.pop():
            broken.append(list(kept))
            return True
        return False

    assert shrink(length, breaks) == broken[-1]


def test_a_long_program_costs_a_bounded_number_of_worlds() -> None:
    tries = 0

    def breaks(kept: Sequence[int]) -> bool:
        nonlocal tries
        tries += 1
        return len(kept) == 0 or (kept[0] == 0 and len(kept) % 2 == 1)

    shrink(2000, breaks)
    assert tries <= MAX_TRIES
