"""Bells: no ring is lost, many are as good as one, and nothing is queued."""

from __future__ import annotations

import trio
import trio.testing

from chatd.tasks.log.bell import Bell, BellTower
from chatd.testing import run


def test_rings_while_nobody_waits_are_kept_as_one() -> None:
    async def main() -> None:
        bell = Bell()
        bell.ring()
        bell.ring()
        await bell.wait()
        with trio.move_on_after(10) as patience:
            await bell.wait()
        assert patience.cancelled_caught
        bell.ring()
        await bell.wait()

    run(main)


def test_who_waits_is_woken_by_the_ring_and_not_before() -> None:
    async def main() -> None:
        bell, heard = Bell(), []

        async def listen() -> None:
            await bell.wait()
            heard.append(trio.current_time())

        async with trio.open_nursery() as nursery:
            nursery.start_soon(listen)
            await trio.sleep(3)
            assert heard == []
            bell.ring()
            rung = trio.current_time()
        assert heard == [rung]

    run(main)


class Counted:
    """A bell that counts, and may do something else meanwhile."""

    def __init__(self, tower: BellTower, order: list[Counted]) -> None:
        self._tower = tower
        self._order = order
        self.leaves = False

    def ring(self) -> None:
        self._order.append(self)
        if self.leaves:
            self._tower.unhang(self)


def test_a_tower_rings_each_bell_once_in_the_order_of_hanging() -> None:
    tower, order = BellTower(), list[Counted]()
    bells = [Counted(tower, order) for _ in range(5)]
    for bell in (*bells, bells[0]):
        tower.hang(bell)
    tower.ring()
    assert order == bells == tower.hung()


def test_a_bell_may_leave_while_it_rings_and_the_others_ring_all_the_same() -> None:
    tower, order = BellTower(), list[Counted]()
    bells = [Counted(tower, order) for _ in range(3)]
    for bell in bells:
        tower.hang(bell)
    bells[0].leaves = True
    tower.ring()
    tower.ring()
    assert order == [*bells, *bells[1:]]
    for bell in bells:
        tower.unhang(bell)  # the first one is not there any longer: that is ignored
    assert tower.empty and tower.hung() == []
