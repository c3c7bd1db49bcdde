"""Pauses between tries: twice as long each time and never longer than the last; none that grow once it is urgent."""

from __future__ import annotations

import trio
from hypothesis import given
from hypothesis import strategies as st

from chatd.tasks.log.backoff import Backoff
from chatd.testing import run


async def paused(backoff: Backoff) -> float:
    """The virtual seconds of the next pause."""
    began = trio.current_time()
    await backoff.wait()
    return round(trio.current_time() - began, 6)


@given(st.lists(st.sampled_from(["fails", "works"]), max_size=20))
def test_pauses_double_up_to_the_last_and_begin_again_when_it_went_well(tries: list[str]) -> None:
    async def main() -> None:
        backoff, failed = Backoff(0.5, 6.0), 0
        for one in tries:
            if one == "works":
                backoff.reset()
                failed = 0
            else:
                assert await paused(backoff) == min(0.5 * 2**failed, 6.0)
                failed += 1

    run(main)


def test_who_waits_goes_on_at_once_when_it_is_urgent_and_later_pauses_are_first_ones() -> None:
    async def main() -> None:
        backoff, pauses = Backoff(1.0, 60.0), []

        async def try_on() -> None:
            pauses.extend([await paused(backoff) for _ in range(6)])

        async with trio.open_nursery() as nursery:
            nursery.start_soon(try_on)
            await trio.sleep(10)  # within the fourth pause, of 8 seconds
            backoff.expedite()
        assert pauses == [1.0, 2.0, 4.0, 3.0, 1.0, 1.0]

    run(main)
