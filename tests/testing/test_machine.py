"""The public state machine: it holds on a healthy server, finds planted bugs, and is the same run every time."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import trio
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import rule, run_state_machine_as_test

from chatd.tasks.asking.progress import Progress
from chatd.testing import MemoryTerminal, World, run
from chatd.testing.checks import Broken
from chatd.testing.guest import Guest
from chatd.testing.machine import WorldMachine
from chatd.testing.schedule import Mode
from tests.testing.simulation import planted

QUICK = settings(
    max_examples=8, stateful_step_count=20, deadline=None, database=None, derandomize=True,
    suppress_health_check=list(HealthCheck), phases=[Phase.generate], report_multiple_bugs=False,
)  # fmt: skip


class Tools(WorldMachine):
    """Two models with tools, under a schedule that starves tasks."""

    models = ("bot", "sage")
    tools = ("clock", "nope")
    schedule = "pct"


@pytest.mark.parametrize("machine", [WorldMachine, Tools])
def test_a_healthy_server_holds(machine: type[WorldMachine]) -> None:
    run_state_machine_as_test(machine, settings=QUICK)


class Leaving(WorldMachine):
    """The shortest way to what hanging up does to a question."""

    @rule(who=WorldMachine.people)
    def asks_and_waits(self, who: MemoryTerminal) -> None:
        who.types("@bot hi\r")
        self.world.model("bot").says("well")
        self.settle()


@pytest.mark.parametrize(
    ("plant", "told"),
    [
        (planted.a_row_left_open, "no row is open without an answer"),
        (planted.a_bell_left_hanging, "somebody watches a room"),
        (planted.shown_before_it_is_committed, "committed, then shown|the recorder died"),
    ],
)
def test_a_planted_bug_is_found(
    plant: Callable[[pytest.MonkeyPatch], None], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While rules run, or at the end, when everybody has gone."""
    plant(monkeypatch)
    with pytest.raises(Exception, match=told) as caught:
        run_state_machine_as_test(Leaving, settings=settings(QUICK, max_examples=40))
    assert "TooSlow" not in repr(caught.value)
    assert not trio.lowlevel.in_trio_run()


def test_a_failure_is_a_short_program_with_its_screens(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hypothesis tells the rules that lead to it, the machine what everybody saw."""

    def note(*_: object) -> bool:
        raise RuntimeError("a bug")

    class Asking(WorldMachine):
        names = ("alice",)

        @rule(who=WorldMachine.people)
        def asks_echo(self, who: MemoryTerminal) -> None:
            who.types("@echo hello\r")
            self.settle()

    monkeypatch.setattr(Progress, "note", note)
    again = settings(QUICK, max_examples=10, stateful_step_count=6, phases=[Phase.generate, Phase.shrink])
    with pytest.raises(Broken, match=r"no bug is met: mention .* failed by a bug") as caught:
        run_state_machine_as_test(Asking, settings=again)
    notes = "\n".join(caught.value.__notes__)
    assert "state.comes_first(name='alice')" in notes and "state.asks_echo(who=people_0)" in notes
    assert notes.count("state.asks_echo") == 1
    assert "alice, cursor at" in notes and "@echo hello\n" in notes


# --- the run beneath


def test_a_run_stands_still_between_calls_and_goes_on_in_them() -> None:
    """Tasks of the world move in a call alone; what a call raises is raised there, and the run lives on."""
    guest = Guest(World.open(), seed=3, mode=Mode.SERIAL)
    world = guest.standing
    alice = guest.call(world.join, "alice")
    alice.types("hello\r")
    began = trio.current_time()
    assert world.rows() == [] and trio.current_time() == began

    async def fails() -> None:
        raise ValueError("the rule's own")

    with pytest.raises(ValueError, match="the rule's own"):
        guest.call(fails)
    guest.call(world.settle)
    assert world.rows() == [("alice", "hello", "complete")]
    with pytest.raises(trio.TooSlowError):
        guest.call(trio.sleep_forever)
    guest.close()
    assert guest.over and not trio.lowlevel.in_trio_run()
    with pytest.raises(RuntimeError, match="the run is over"):
        guest.call(world.settle)


def test_what_breaks_the_world_is_raised_in_the_call_and_the_run_is_over() -> None:
    guest = Guest(World.open())
    world = guest.standing

    async def breaks() -> None:
        raise OSError("a task of the server broke")

    world.gateway.sessions.start_soon(breaks)
    with pytest.raises(OSError, match="a task of the server broke"):
        guest.call(world.settle)
    assert guest.over
    guest.close()
    assert not trio.lowlevel.in_trio_run()


def test_what_is_left_over_is_raised_at_the_end_but_not_after_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who closes is told; who abandons has something worse to tell."""

    def check_nothing_left(_: World) -> None:
        raise AssertionError("people left")

    monkeypatch.setattr(World, "_check_nothing_left", check_nothing_left)
    with pytest.raises(AssertionError, match="people left"):
        Guest(World.open()).close()
    Guest(World.open()).abandon()
    assert not trio.lowlevel.in_trio_run()


def test_seed_and_schedule_decide_the_order_of_tasks() -> None:
    """As in `run`, and whatever was begun and ended before."""

    def order(seed: int, mode: Mode) -> list[int]:
        guest = Guest(World.open(), seed=seed, mode=mode)
        steps: list[int] = []

        async def takes_steps(number: int) -> None:
            for _ in range(3):
                steps.append(number)
                await trio.lowlevel.checkpoint()

        async def main() -> None:
            async with trio.open_nursery() as nursery:
                for number in range(5):
                    nursery.start_soon(takes_steps, number)

        guest.call(main)
        guest.close()
        return steps

    assert order(0, Mode.FIFO) == [*range(5)] * 3
    assert order(1, Mode.SERIAL) == order(1, Mode.SERIAL) != order(2, Mode.SERIAL)


def test_a_machines_world_is_the_same_run_as_any_other() -> None:
    """The same bytes at the same virtual times as in a test of its own."""

    async def talk(world: World) -> list[tuple[float, bytes]]:
        alice = await world.join("alice")
        alice.types("@eliza I feel sad\r")
        await world.settle(2)
        return list(alice.writes)

    async def main() -> list[tuple[float, bytes]]:
        async with World.open(seed=7) as world:
            return await talk(world)

    guest = Guest(World.open(seed=7))
    told = guest.call(talk, guest.standing)
    guest.close()
    assert told == run(main) and len(told) > 3
