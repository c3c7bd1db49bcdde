"""JSON as strangers write it: nothing absurd comes through."""

from __future__ import annotations

import json

import pytest

from chatd.core.stream import MAX_COUNT
from chatd.errors import LimitFailure
from chatd.wire.models.json_values import MAX_VALUES, a_count, parse


@pytest.mark.parametrize("good", [0, 1, 4096, MAX_COUNT])
def test_a_count_is_taken_as_it_stands(good: int) -> None:
    assert a_count(good) == good


@pytest.mark.parametrize("absurd", [-1, MAX_COUNT + 1, 10**400, True, False, 1.5, "7", None, [], {}])
def test_what_nobody_can_have_counted_is_no_count(absurd: object) -> None:
    assert a_count(absurd) is None


def test_so_many_values_are_parsed_and_not_one_more() -> None:
    """Each bracket and each comma begins one."""
    assert parse(json.dumps([0] * MAX_VALUES)) == [0] * MAX_VALUES
    with pytest.raises(LimitFailure):
        parse(json.dumps([0] * (MAX_VALUES + 1)))


def test_what_strings_hold_are_no_values() -> None:
    for text in ("," * (2 * MAX_VALUES), '[{"' * MAX_VALUES, '\\",' * MAX_VALUES):
        assert parse(json.dumps({"said": text})) == {"said": text}


def test_a_number_is_whole_as_far_as_anybody_counts() -> None:
    assert parse("9" * 20) == int("9" * 20)
    assert isinstance(parse("9" * 21), float)
