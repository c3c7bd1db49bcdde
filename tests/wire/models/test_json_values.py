"""JSON as strangers write it: nothing absurd comes through."""

from __future__ import annotations

import pytest

from chatd.wire.models.json_values import MAX_COUNT, a_count


@pytest.mark.parametrize("good", [0, 1, 4096, MAX_COUNT])
def test_a_count_is_taken_as_it_stands(good: int) -> None:
    assert a_count(good) == good


@pytest.mark.parametrize("absurd", [-1, MAX_COUNT + 1, 10**400, True, False, 1.5, "7", None, [], {}])
def test_what_nobody_can_have_counted_is_no_count(absurd: object) -> None:
    assert a_count(absurd) is None
