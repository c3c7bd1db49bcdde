"""A damper: the first ring at once, at most one per interval after it, and the last one is never lost."""

from __future__ import annotations

from itertools import pairwise

import trio
from hypothesis import given
from hypothesis import strategies as st

from chatd.tasks.log.throttle import Throttle
from chatd.testing import run


@given(st.lists(st.integers(0, 30), min_size=1, max_size=40))
def test_rings_are_seldom_enough_and_none_is_lost(pauses: list[int]) -> None:
    async def main() -> None:
        heard: list[float] = []
        damper = Throttle(lambda: heard.append(trio.current_time()), lambda: 0.1)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(damper.run)
            rung: list[float] = []
            for pause in pauses:
                await trio.sleep(pause / 100)
                rung.append(trio.current_time())
                damper.ring()
            await trio.sleep(1)
            nursery.cancel_scope.cancel()
        assert heard[0] == rung[0]
        assert all(later - earlier > 0.0999 for earlier, later in pairwise(heard))
        for at in rung:
            assert any(at <= when <= at + 0.1001 for when in heard), "what is new is heard of within an interval"

    run(main)
