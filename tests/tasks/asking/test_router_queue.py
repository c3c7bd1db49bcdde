"""Who waits for a model: fair, told where they stand, and no place is ever lost."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
import trio
import trio.testing

from chatd.config import Config, LimitsConfig
from chatd.core.question import Question, Said
from chatd.core.stream import (
    Done,
    Failed,
    Queued,
    Started,
    StreamEvent,
)
from chatd.core.visit import Account
from chatd.errors import (
    Exit,
    LimitReached,
)
from chatd.ports import ModelInfo
from chatd.tasks.chat.ask import Asked, reserve
from chatd.testing import Mode, World, run
from chatd.testing.world import member
from tests.support import converse
from tests.tasks.asking.house import House, in_house
from tests.tasks.scripted import in_script


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
        assert (model.open_streams, house.router.places.waiting(model.info), house.router.places.queued) == (1, 3, 3)
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
        assert (one.open_streams, two.open_streams, second.positions, house.router.places.queued) == (1, 0, [1], 1)
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
            house.router.check(model.info, Account("d"))
        await arrive(nursery, third)
        assert third.heard == [Failed("1 questions wait for one already, that is the limit", exit=Exit.TEMPORARY)]
        model.says("x").ends().says("y").ends()


class Silent:
    """A model that says nothing at all, as a server that loads its weights."""

    info = ModelInfo("silent", "test", "silent", max_parallel=1)

    @asynccontextmanager
    async def stream(self, _: Question) -> AsyncIterator[AsyncIterator[StreamEvent]]:
        yield self

    def __aiter__(self) -> AsyncIterator[StreamEvent]:
        return self

    async def __anext__(self) -> StreamEvent:
        await trio.sleep_forever()
        raise AssertionError


@in_house()
async def test_who_has_waited_is_told_that_it_is_over_though_the_model_is_silent(house: House) -> None:
    house.router.register("silent", Silent())
    first, second = (Asker(house, name, "silent") for name in "ab")
    async with trio.open_nursery() as nursery:
        await arrive(nursery, first, second)
        assert (first.heard, second.heard) == ([], [Queued(1)])
        first.scope.cancel()
        await trio.testing.wait_all_tasks_blocked()
        assert second.heard == [Queued(1), Started()]
        second.scope.cancel()


# --- places that are promised


def ask(world: World, *names: str) -> Asked:
    room = world.hub.lobby.find("lobby", "alice")
    assert room is not None
    return reserve(world.hub, member("alice"), room, names, "hi", typed="@x hi", owner=None)


def test_what_is_asked_in_one_breath_counts_before_it_has_come_to_the_gate() -> None:
    """Else a line that asks eight is taken, and those for whom there is no room in the queue fail in the room."""

    async def conversation(world: World) -> None:
        names = "abcdefgh"
        for name in names:
            world.model(name)
        with pytest.raises(LimitReached, match="2 questions wait for the server already, that is the limit"):
            ask(world, *names)
        assert not world.hub.answers.running
        three = ask(world, *names[:3])
        with pytest.raises(LimitReached):
            ask(world, "d")
        async with trio.open_nursery() as nursery:
            for answer in three.answers:
                nursery.start_soon(answer.run)
            await world.settle()
            assert world.hub.answers.router.places.queued == 2
            with pytest.raises(LimitReached):
                ask(world, "d")
            three.answers[2].scope.cancel()
            await world.settle()
            world.hub.answers.abandon(ask(world, "d").answers[0])  # those inside and waiting are counted once
            for answer in three.answers:
                answer.scope.cancel()

    converse(conversation, Config(limits=LimitsConfig(max_streams=1, max_queue=2, max_streams_per_user=8)))


def test_two_names_of_one_model_have_one_queue() -> None:
    async def conversation(world: World) -> None:
        for name in ("a", "b", "c"):
            world.model(name, endpoint="there", max_parallel=1)
            world.model(name).info = ModelInfo(name, "test", "same", "there", max_parallel=1)
        world.model("other")
        with pytest.raises(LimitReached, match="1 questions wait for c already"):
            ask(world, "a", "b", "c")
        for answer in ask(world, "a", "b", "other").answers:
            world.hub.answers.abandon(answer)

    converse(conversation, Config(limits=LimitsConfig(max_queue=1)))


@in_script(mine="""tools.actor{name="One", run=function() end} tools.actor{name="two", run=function() end}""")
async def test_actors_without_a_description_do_not_wait_for_each_other(world: World) -> None:
    assert [world.hub.models[name].info.model for name in ("one", "two")] == ["one", "two"]


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
