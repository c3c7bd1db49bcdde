"""Who waits for a model: fair, told where they stand, and no place is ever lost."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import trio
import trio.testing

from chatd.core.prompt import Question, Said
from chatd.core.stream import (
    Done,
    Failed,
    Queued,
    StreamEvent,
)
from chatd.errors import (
    Exit,
    LimitReached,
)
from chatd.testing import Mode, run
from tests.tasks.house import House, in_house


class Asker:
    """Somebody who asks, and writes down what they hear."""

    def __init__(self, house: House, name: str, model: str = "one") -> None:
        self.heard: list[StreamEvent] = []
        self.scope = trio.CancelScope()
        self._house = house
        self._question = Question("hi", name, messages=(Said(name, "hi", asked=True),))
        self._model = model

    async def ask(self) -> None:
        with self.scope:
            await self._house.router.stream_ask(self._model, "mention", self._question, on_chunk=self.heard.append)

    @property
    def positions(self) -> list[int]:
        return [event.position for event in self.heard if isinstance(event, Queued)]


async def arrive(nursery: trio.Nursery, *askers: Asker) -> None:
    for asker in askers:
        nursery.start_soon(asker.ask)
        await trio.testing.wait_all_tasks_blocked()


@in_house()
async def test_those_who_wait_hear_how_they_move_up_and_a_newcomer_passes_who_asks_much(house: House) -> None:
    model = house.model("one", max_parallel=1)
    alice, again, more, bob = (Asker(house, name) for name in ("alice", "alice", "alice", "bob"))
    async with trio.open_nursery() as nursery:
        await arrive(nursery, alice, again, more, bob)
        assert [asker.positions for asker in (alice, again, more, bob)] == [[], [1, 2], [2, 3], [1]]
        assert (model.open_streams, house.router.waiting(model.info), house.router.queued) == (1, 3, 3)
        for asker in (alice, bob, again, more):
            model.says("x").ends()
            await trio.testing.wait_all_tasks_blocked()
            assert asker.heard[-1] == Done()
    assert (again.positions, more.positions) == ([1, 2, 1], [2, 3, 2, 1])


@in_house()
async def test_who_gives_up_waiting_is_never_asked_for_and_the_others_move_up(house: House) -> None:
    model = house.model("one", max_parallel=1)
    first, second, third = (Asker(house, name) for name in "abc")
    async with trio.open_nursery() as nursery:
        await arrive(nursery, first, second, third)
        second.scope.cancel()
        await trio.testing.wait_all_tasks_blocked()
        assert third.positions == [2, 1]
        model.says("x").ends().says("y").ends()
    assert len(model.questions) == 2 and third.heard[-1] == Done()


@in_house(streams=1)
async def test_the_whole_server_has_so_many_places(house: House) -> None:
    one, two = house.model("one"), house.model("two")
    first, second = Asker(house, "a", "one"), Asker(house, "b", "two")
    async with trio.open_nursery() as nursery:
        await arrive(nursery, first, second)
        assert (one.open_streams, two.open_streams, second.positions, house.router.queued) == (1, 0, [1], 1)
        one.says("x").ends()
        two.says("y").ends()
    assert second.heard[-1] == Done()


@in_house(queue=1)
async def test_a_full_queue_refuses(house: House) -> None:
    model = house.model("one", max_parallel=1)
    first, second, third = (Asker(house, name) for name in "abc")
    async with trio.open_nursery() as nursery:
        await arrive(nursery, first, second)
        with pytest.raises(LimitReached):
            house.router.check(model.info)
        await arrive(nursery, third)
        assert third.heard == [Failed("1 questions wait for one already, that is the limit", exit=Exit.TEMPORARY)]
        model.says("x").ends().says("y").ends()


class AtStep(trio.abc.Instrument):
    """Calls `act` at the k-th step of tasks."""

    def __init__(self, at: int) -> None:
        self.left = at
        self.act: Callable[[], None] | None = None

    def after_task_step(self, task: trio.lowlevel.Task) -> None:
        """Count."""
        if self.act is None:
            return
        if self.left == 0:
            self.act()
        self.left -= 1


@pytest.mark.parametrize("who", [0, 1, 2])
@pytest.mark.parametrize("mode", [Mode.FIFO, Mode.SERIAL])
def test_a_place_never_leaks_whenever_one_is_cancelled(mode: Mode, who: int) -> None:
    """Three want one place at two gates; cancelled at each step, the others are answered all the same."""
    step = 0
    while sweep(step, mode, who):
        step += 1
    assert step > 20


def sweep(step: int, mode: Mode, who: int) -> bool:
    instrument = AtStep(step)

    async def main() -> None:
        house = House(streams=1)
        model = house.model("one", max_parallel=2)
        askers = [Asker(house, name) for name in "abc"]
        others = [asker for asker in askers if asker is not askers[who]]
        for _ in askers:
            model.says("x", "y").pauses(1).ends()
        async with trio.open_nursery() as nursery:
            instrument.act = askers[who].scope.cancel
            for asker in askers:
                nursery.start_soon(asker.ask)
            with trio.fail_after(100):
                while not all(asker.heard and isinstance(asker.heard[-1], Done) for asker in others):
                    await trio.sleep(0.5)
                    # What a cancelled stream took of the script is missing for the others.
                    if not model._script:
                        model.says("x").ends()
        instrument.act = None
        assert house.router.idle and model.open_streams == 0

    run(main, seed=step, mode=mode, instruments=(instrument,))
    return instrument.left < 0
