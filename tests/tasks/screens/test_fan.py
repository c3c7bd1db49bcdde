"""The fan visits whoever was rung for, and nobody who has left."""

from __future__ import annotations

from collections.abc import Sequence

import trio

from chatd.tasks.screens.canvas import BlockCanvas
from chatd.tasks.screens.fan import Fan
from chatd.tasks.screens.looks import Looks
from chatd.tasks.screens.screen import NOTHING, Missing
from chatd.testing.run import run


class NothingIsDrawn:
    async def draw(self, canvases: Sequence[BlockCanvas]) -> None:
        raise AssertionError("nothing is missing")


class Screen:
    """Somebody who counts how often they are visited."""

    def __init__(self, *, moves: bool = False) -> None:
        self.visits = 0
        self.moves = moves

    def visit(self, *, again: bool) -> Missing | None:
        self.visits += 1
        return NOTHING

    def changed(self) -> None:
        pass

    def hand_over(self) -> None:
        raise AssertionError("nothing is missing")


def test_who_has_left_is_not_visited_whoever_rings_still() -> None:
    """The room of somebody who leaves may ring once more before their bell is taken down."""

    async def live() -> None:
        fan = Fan(Looks(NothingIsDrawn()), lambda: 0.03, lambda: round(trio.current_time() * 1000))
        stays, leaves = Screen(), Screen(moves=True)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(fan.run)
            for screen in (stays, leaves):
                fan.join(screen)
                fan.ring(screen)
            await trio.sleep(0.1)
            assert stays.visits == leaves.visits == 1
            fan.leave(leaves)
            fan.ring(leaves)
            fan.ring(stays)
            fan.ring_all()
            await trio.sleep(2)
            assert (stays.visits, leaves.visits, fan.watched) == (2, 1, True)
            fan.leave(stays)
            assert not fan.watched
            nursery.cancel_scope.cancel()

    run(live)
