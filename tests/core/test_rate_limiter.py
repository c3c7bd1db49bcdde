"""How fast somebody may go on."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chatd.core.rate_limiter import RateLimiter


def test_some_at_once_and_then_at_a_steady_rate() -> None:
    pace = RateLimiter(rate=10, burst=3)
    assert [round(pace.take("a", 0.0), 6) for _ in range(6)] == [0, 0, 0, 0.1, 0.2, 0.3]
    assert pace.take("b", 0.0) == 0
    assert pace.delay("a", 10.0) == 0


def test_who_comes_no_more_is_forgotten() -> None:
    pace = RateLimiter(rate=10, burst=3)
    for number in range(100):
        pace.take(number, 0.0)
    assert len(pace) == 100
    for number in range(100, 200):
        pace.take(number, 60.0)
    assert len(pace) == 100


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 5)), max_size=60))
def test_in_no_second_do_more_come_than_the_burst_and_the_rate(gaps: list[tuple[str, float]]) -> None:
    pace, now = RateLimiter(rate=2, burst=3), 0.0
    turns: dict[str, list[float]] = {}
    for key, gap in gaps:
        now += gap
        turns.setdefault(key, []).append(now + pace.take(key, now))
    for times in turns.values():
        assert times == sorted(times)
        for first in range(len(times)):
            within = [time for time in times[first:] if time < times[first] + 1 - 1e-6]
            assert len(within) <= 3 + 2
