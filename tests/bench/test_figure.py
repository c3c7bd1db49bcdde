"""What a figure says follows from its rounds alone, and survives being written down."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.bench.figure import (
    BY_RATIO,
    FLOOR,
    SERVER,
    SSH_CHAT,
    Figure,
    exponent,
    from_json,
    percentile,
    to_json,
)

NUMBERS = st.lists(st.floats(0.01, 1e6), min_size=1, max_size=5).map(tuple)
FIGURES = st.builds(
    Figure, st.text(), st.text(), st.text(), st.dictionaries(st.sampled_from((SERVER, FLOOR, SSH_CHAT)), NUMBERS),
    st.none() | st.floats(0.01, 100), points=st.lists(st.tuples(st.floats(1, 1e5), st.floats(0.1, 1e5))).map(tuple),
)  # fmt: skip


@given(FIGURES)
def test_a_figure_that_was_written_down_is_the_same(figure: Figure) -> None:
    assert from_json(json.loads(json.dumps(to_json(figure)))) == figure


@given(st.floats(-2, 3), st.floats(0.1, 1e3))
def test_the_exponent_of_a_power_is_its_power(power: float, factor: float) -> None:
    points = [(n, factor * n**power) for n in (10, 50, 200, 1000)]
    found = exponent(points)
    assert found is not None and math.isclose(found, power, abs_tol=1e-6)


def test_nothing_is_fitted_to_one_point_nor_to_nobody() -> None:
    assert exponent([]) is None
    assert exponent([(50, 3.0), (50, 4.0)]) is None
    assert exponent([(0, 2.0), (50, 3.0)]) is None


@given(st.lists(st.floats(0, 1e3), min_size=1), st.floats(0, 1))
def test_a_percentile_is_one_of_the_values_and_enough_are_not_above_it(values: list[float], share: float) -> None:
    found = percentile(values, share)
    assert found in values
    assert sum(value <= found for value in values) >= share * len(values) - 1e-9


def test_the_percentile_of_nothing_is_no_good_news() -> None:
    assert percentile([], 0.99) == math.inf


@pytest.mark.parametrize(
    ("floor", "ssh_chat", "met"), [((2.0, 2.0, 2.0), (1.0, 1.0, 1.0), False), ((2.0,) * 3, (4.0,) * 3, True)]
)
def test_a_target_holds_against_every_rival(floor: tuple[float], ssh_chat: tuple[float], met: bool) -> None:
    rounds = {SERVER: (2.0, 1.0, 2.0), FLOOR: floor, SSH_CHAT: ssh_chat}
    assert Figure("a", "a", "us", rounds, 1.0, BY_RATIO, (FLOOR, SSH_CHAT)).met() is met


def test_rounds_are_compared_with_the_round_beside_them() -> None:
    rounds = {SERVER: (10.0, 30.0), FLOOR: (5.0, 10.0)}
    assert Figure("a", "a", "us", rounds).ratios(FLOOR) == (2.0, 3.0)


def test_who_does_half_of_it_in_half_of_the_time_reaches_no_target() -> None:
    rounds = {SERVER: (1.0,), FLOOR: (2.0,)}
    assert Figure("a", "a", "us", rounds, 1.0, BY_RATIO, unfinished=True).met() is False


def test_what_was_not_measured_is_neither_reached_nor_missed() -> None:
    assert Figure("a", "a", "us", {}, 1.0).met() is None
    assert Figure("a", "a", "us", {SERVER: (1.0,)}).met() is None
    assert Figure("a", "a", "us", {SERVER: (1.0,)}, 1.0, BY_RATIO).met() is None
