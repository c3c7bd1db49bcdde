"""A runner hands back what its callbacks wait for, to its own runtime alone, and leaves nothing behind."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

import pytest
import trio
import trio.testing

from chatd.errors import ScriptError, StorageError
from chatd.ports import Call, Ended, HostFunction, Later, Plain, Raised, Returned, Script, ScriptOutcome, Suspended
from chatd.tasks.scripts.runner import STOP_S, CallEnded, Caller, Runner, TimerRang
from chatd.testing import run


class FakeScript:
    """A runtime whose callbacks do what the test says."""

    def __init__(self) -> None:
        self.outcomes: list[ScriptOutcome] = []
        self.entered: list[tuple[object, ...]] = []
        self.stop_takes = 0.0
        self.closed = False

    async def call(self, callback: str, *arguments: Plain) -> ScriptOutcome:
        self.entered.append((callback, *arguments))
        return self.outcomes.pop(0) if self.outcomes else Returned()

    async def call_each(self, calls: Sequence[Call], ended: Ended) -> int:
        for callback, *arguments in calls[:2]:
            ended(callback, await self.call(callback, *arguments))
        return len(calls[:2])

    hears_often = False

    def hears(self, callback: str) -> bool:
        return False

    async def resume(self, call_id: int, ok: bool, value: Plain) -> ScriptOutcome:
        self.entered.append(("resume", call_id, ok, value))
        return self.outcomes.pop(0) if self.outcomes else Returned()

    async def stop(self) -> ScriptOutcome:
        await trio.sleep(self.stop_takes)
        return Raised("on_stop is broken")

    def close(self) -> None:
        self.closed = True


class FakeScripts:
    """Opens the runtimes of the test."""

    def __init__(self, script: FakeScript) -> None:
        self.script = script
        self.functions: Mapping[str, HostFunction] = {}

    async def open(
        self, functions: Mapping[str, HostFunction], *, seed: int, off_loop: frozenset[str] = frozenset(),
        shipped_only: bool = False,
    ) -> Script:  # fmt: skip
        self.functions = functions
        if shipped_only:
            raise ScriptError("init.lua:1: broken")
        return self.script

    def stamp(self) -> object:
        return None

    def mention(self, word: str) -> bool:
        return False

    def help(self, topic: str) -> str | None:
        return None

    def help_topics(self) -> list[str]:
        return []


class Scene:
    """A runner, what it has posted, and the nursery that it works in."""

    def __init__(self, nursery: trio.Nursery) -> None:
        self.nursery = nursery
        self.script = FakeScript()
        self.scripts = FakeScripts(self.script)
        self.posted: list[CallEnded | TimerRang] = []

    async def open(self) -> Runner:
        async def post(item: CallEnded | TimerRang) -> None:
            self.posted.append(item)

        runner = await Runner.open(self.scripts, {}, post, seed=1)
        runner.begin(self.nursery)
        return runner

    def suspends(self, job: Callable[[], object], call_id: int = 1) -> None:
        self.script.outcomes.append(Suspended(call_id, Later(job)))  # type: ignore[arg-type]


def scene(main: Callable[[Scene], Awaitable[None]]) -> None:
    async def live() -> None:
        async with trio.open_nursery() as nursery:
            await main(Scene(nursery))
            await trio.testing.wait_all_tasks_blocked()
            assert not nursery.child_tasks, "a task is left"

    run(live)


def test_what_a_callback_waits_for_comes_back_in_its_turn() -> None:
    async def main(scene: Scene) -> None:
        runner = await scene.open()

        async def job() -> Plain:
            await trio.sleep(1)
            return "late"

        scene.suspends(job)
        await runner.call("on_line", "x")
        assert (runner.waits, scene.posted) == (True, [])
        await trio.sleep(2)
        (ended,) = scene.posted
        assert isinstance(ended, CallEnded) and (ended.ok, ended.value) == (True, "late")
        assert (await runner.resume(ended), runner.waits) == (Returned(), False)
        assert scene.script.entered == [("on_line", "x"), ("resume", 1, True, "late")]

    scene(main)


def test_of_a_batch_each_begins_what_it_waits_for_and_is_told_of() -> None:
    async def main(scene: Scene) -> None:
        runner, told = await scene.open(), list[tuple[str, ScriptOutcome]]()
        scene.suspends(trio.lowlevel.checkpoint)
        calls: list[Call] = [("on_row_added", "b"), ("on_row_done", "b"), ("on_row_added", "c")]
        assert await runner.call_each(calls, lambda *ended: told.append(ended)) == 2
        assert [name for name, _ in told] == ["on_row_added", "on_row_done"] and told[1][1] == Returned()
        assert scene.script.entered == calls[:2] and runner.waits
        await trio.testing.wait_all_tasks_blocked()
        (ended,) = scene.posted
        assert isinstance(ended, CallEnded) and await runner.resume(ended) == Returned() and not runner.waits

    scene(main)


def test_a_failure_is_a_value_and_a_bug_is_logged_not_raised() -> None:
    async def main(scene: Scene) -> None:
        runner = await scene.open()

        async def refused() -> Plain:
            raise StorageError("no disk")

        async def broken() -> Plain:
            raise ZeroDivisionError

        for number, job in enumerate((refused, broken), 1):
            scene.suspends(job, number)
            await runner.call("on_line")
        await trio.testing.wait_all_tasks_blocked()
        values = [(e.ok, e.value) for e in scene.posted if isinstance(e, CallEnded)]
        assert values == [(False, "no disk"), (False, "internal error")]

    scene(main)


def test_cancelling_a_caller_ends_what_it_waits_for_and_nothing_else() -> None:
    async def main(scene: Scene) -> None:
        runner, one, other = await scene.open(), Caller(), Caller()
        for number, caller in enumerate((one, other), 1):
            scene.suspends(trio.sleep_forever if caller is one else trio.lowlevel.checkpoint, number)
            await runner.call("on_run", caller=caller)
        one.cancel()
        await trio.testing.wait_all_tasks_blocked()
        assert {(e.call_id, e.ok) for e in scene.posted if isinstance(e, CallEnded)} == {(1, False), (2, True)}
        scene.suspends(trio.sleep_forever, 3)
        await runner.call("on_run", caller=one)
        await trio.testing.wait_all_tasks_blocked()
        assert len(scene.posted) == 3, "one that was cancelled waits for nothing more"

    scene(main)


def test_after_close_nothing_is_posted_and_items_of_another_are_nothing() -> None:
    async def main(scene: Scene) -> None:
        runner = await scene.open()
        scene.suspends(trio.sleep_forever)
        await runner.call("on_line")
        runner.close()
        await trio.testing.wait_all_tasks_blocked()
        assert scene.posted == [] and scene.script.closed
        other = await scene.open()
        late = CallEnded(1, True, None, runner, runner.caller)
        assert await other.resume(late) is None and await other.ring(TimerRang(1, runner)) is None

    scene(main)


def test_timers_ring_by_number_until_they_are_stopped() -> None:
    async def main(scene: Scene) -> None:
        runner = await scene.open()
        start, stop = scene.scripts.functions["timer_start"], scene.scripts.functions["timer_stop"]
        number = start(1, True)
        await trio.sleep(1.5)
        (rang,) = scene.posted
        assert isinstance(rang, TimerRang) and await runner.ring(rang) == Returned()
        assert scene.script.entered == [("on_timer", number)]
        stop(number)
        await trio.sleep(5)
        assert len(scene.posted) == 1

    scene(main)


@pytest.mark.parametrize(("takes", "why"), [(0.0, "on_stop is broken"), (STOP_S * 3, "on_stop took longer than 1 s")])
def test_stopping_is_told_bounded_and_done_once(takes: float, why: str) -> None:
    async def main(scene: Scene) -> None:
        runner = await scene.open()
        scene.script.stop_takes = takes
        assert await runner.stop() == why
        assert trio.current_time() <= STOP_S + 0.01
        assert await runner.stop() == ""
        runner.goes_on()
        assert await runner.stop() == why
        runner.close()

    scene(main)


def test_broken_files_are_said_by_opening() -> None:
    async def main(scene: Scene) -> None:
        async def post(_: CallEnded | TimerRang) -> None:
            pytest.fail("nothing is posted")

        with pytest.raises(ScriptError, match=r"init\.lua:1"):
            await Runner.open(scene.scripts, {}, post, seed=1, shipped_only=True)

    scene(main)
