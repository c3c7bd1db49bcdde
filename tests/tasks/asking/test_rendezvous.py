"""A handover: the giver goes on only when the taker asks again, in whatever order they come."""

from __future__ import annotations

import pytest
import trio
import trio.testing

from chatd.tasks.asking.rendezvous import Rendezvous
from chatd.testing import Mode, run


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("taker_first", [True, False])
def test_nothing_is_made_before_what_was_made_before_it_has_been_dealt_with(seed: int, taker_first: bool) -> None:
    async def main() -> None:
        pipe, story = Rendezvous[int](), list[str]()

        async def make() -> None:
            for number in range(3):
                story.append(f"made {number}")
                await pipe.give(number, last=number == 2)

        async def use() -> None:
            for _ in range(3):
                number = await pipe.take()
                await trio.lowlevel.checkpoint()
                story.append(f"used {number}")

        async with trio.open_nursery() as nursery:
            for task in (use, make) if taker_first else (make, use):
                nursery.start_soon(task)
                await trio.testing.wait_all_tasks_blocked()
        assert story == ["made 0", "used 0", "made 1", "used 1", "made 2", "used 2"]

    run(main, seed=seed, mode=Mode.SHUFFLE)


def test_a_take_that_was_cancelled_does_not_count() -> None:
    async def main() -> None:
        pipe = Rendezvous[int]()
        with trio.move_on_after(1):
            await pipe.take()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(pipe.give, 7)
            assert await pipe.take() == 7
            await trio.testing.wait_all_tasks_blocked()
            assert nursery.child_tasks, "nobody has asked for more"
            nursery.cancel_scope.cancel()

    run(main)
