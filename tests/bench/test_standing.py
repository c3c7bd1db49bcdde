"""A crowd for which the machine has no descriptors is left out, and the table says why."""

from __future__ import annotations

from tests.bench.standing import skipped
from tests.bench.table import lines


def test_what_is_left_out_says_how_many_descriptors_it_takes_and_is_no_failure() -> None:
    figure = skipped(1000, 1024)
    assert figure.met() is None
    _, why = lines(figure)
    assert "2100 descriptors" in why and "1024" in why and "ulimit" in why
