"""Shrinking: what is left still breaks, nothing of it can be spared, and the tries are few."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args

from hypothesis import given
from hypothesis import strategies as st

from chatd.testing.program import Act, Join, LetPass, Type
from chatd.testing.simulation.shrink import MAX_SIMPLER, MAX_TRIES, shrink, simpler, simplify


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


ACTS: st.SearchStrategy[Any] = st.one_of([st.from_type(kind) for kind in get_args(Act)])


@given(st.lists(ACTS, max_size=5), st.data())
def test_what_is_simpler_still_breaks_and_comes_to_an_end(acts: list[Act], data: st.DataObject) -> None:
    answers = data.draw(st.lists(st.booleans(), min_size=MAX_SIMPLER, max_size=MAX_SIMPLER))
    broken = [list(acts)]

    def breaks(candidate: Sequence[Act]) -> bool:
        if answers.pop():
            broken.append(list(candidate))
            return True
        return False

    assert simplify(acts, breaks) == broken[-1]
    assert [type(act) for act in broken[-1]] == [type(act) for act in acts]


@given(ACTS)
def test_an_act_is_simpler_only_so_often(act: Act) -> None:
    tries = 0
    while (one := next(simpler(act), None)) is not None and tries < MAX_SIMPLER:
        assert one != act
        act, tries = one, tries + 1
    assert tries < MAX_SIMPLER


def test_texts_and_waits_become_short() -> None:
    acts: list[Act] = [Join("alice", "lines", (1, 1)), Type("alice", "@bot why is the sky blue?\r", 3), LetPass(3.0)]
    simple = simplify(acts, lambda acts: "sky" in getattr(acts[1], "text", ""))
    assert simple == [Join("alice", "lines"), Type("alice", "@bot  sky \r", 0), LetPass(0.0)]
