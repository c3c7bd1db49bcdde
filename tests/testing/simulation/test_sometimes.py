"""What is met in a world is heard of, and every place that refuses has a name."""

from __future__ import annotations

import pytest

from chatd.core.names import room_name
from chatd.errors import UsageError
from chatd.testing.simulation.sometimes import PASSED, met, refusals
from tests.testing.simulation.never import NEVER


def test_a_refusal_is_met_where_it_is_made() -> None:
    with met() as found, pytest.raises(UsageError, match="no room name"):
        room_name("!")
    assert found == {"core/names.py room_name 1"}
    assert isinstance(UsageError("outside"), UsageError)


def test_nothing_is_met_where_nothing_happens() -> None:
    with met() as found:
        room_name("den")
        UsageError("made by a test")
    assert found == set()


def test_what_is_never_met_is_there_all_the_same() -> None:
    assert NEVER.keys() <= {*refusals(), *PASSED}
