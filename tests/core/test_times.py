"""Times as text: to the millisecond, there and back, in the order of time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.core.times import DAY_MS, HOUR_MS, duration_ms, from_iso, iso


@given(st.integers(0, 4_000_000_000_000))
def test_times_come_back(ms: int) -> None:
    assert from_iso(iso(ms)) == ms


def test_times_look_like_this() -> None:
    assert iso(1_795_169_730_123) == "2026-11-20T10:15:30.123Z"


@given(st.integers(0, 4_000_000_000_000), st.integers(0, 4_000_000_000_000))
def test_texts_are_in_the_order_of_the_times(one: int, other: int) -> None:
    assert (iso(one) < iso(other)) == (one < other)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2026-11-20",
        "2026-11-20T10:15:30Z",
        "2026-11-20T10:15:30.123+00:00",
        "2026-02-30T10:15:30.123Z",
        "２026-11-20T10:15:30.123Z",
    ],
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"no time|out of range"):
        from_iso(text)


@given(st.integers(0, 9999), st.sampled_from([("h", HOUR_MS), ("d", DAY_MS), ("w", 7 * DAY_MS)]))
def test_a_duration_is_a_number_and_a_unit(number: int, unit: tuple[str, int]) -> None:
    assert duration_ms(f"{number}{unit[0]}") == number * unit[1]


@pytest.mark.parametrize("text", ["", "h", "12", "12 h", "1s", "99999d", "-1d", "1h30", "１d"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no duration"):
        duration_ms(text)
