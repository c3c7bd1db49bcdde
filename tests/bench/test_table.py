"""What the table prints, line by line."""

from __future__ import annotations

from tests.bench.figure import BY_RATIO, FLOOR, SERVER, Figure
from tests.bench.table import compared, head, lines

ROW = Figure(
    "row", "a row", "us", {SERVER: (30.0, 10.0, 20.0), FLOOR: (10.0, 10.0, 10.0)}, 1.5, BY_RATIO,
    over="viewers", points=((10, 100.0), (100, 1000.0)), note="of some kind",
)  # fmt: skip


def test_a_figure_shows_ratios_with_their_spread_target_growth_and_note() -> None:
    first, growth, rounds, note = lines(ROW)
    assert " ".join(first.split()) == "a row, us 20.0 10.0 1.00 / 2.00 / 3.00 <= 1.5 x NO"
    assert growth.strip() == "cost ~ viewers ^ 1.00   (10: 100.0  100: 1000)"
    assert rounds.strip() == "chatd from 10.0 to 30.0 in 3 rounds"
    assert note.strip() == "of some kind"


def test_the_numbers_stand_below_their_names() -> None:
    first = next(lines(ROW))
    for name, number in ((SERVER, "20.0"), (FLOOR, "10.0"), ("met", "NO")):
        assert head().index(name) + len(name) == first.index(number) + len(number)


def test_two_runs_are_compared_by_what_the_target_bounds() -> None:
    on_a_slow_machine = Figure("row", "a row", "us", {SERVER: (20.0,), FLOOR: (20.0,)}, 1.5, BY_RATIO)
    _, line = compared([ROW], [on_a_slow_machine])
    assert line.split()[-2:] == ["x", "0.50"], "as many microseconds, half of the ratio to the floor"


def test_a_figure_that_only_one_run_has_is_shown_without_a_comparison() -> None:
    _, old, new = compared([Figure("old", "old", "s", {SERVER: (1.0,)})], [Figure("new", "new", "s", {SERVER: (2.0,)})])
    assert old.split() == ["old,", "s", "1.000"]
    assert new.split() == ["new,", "s", "2.000"]
