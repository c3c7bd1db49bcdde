"""Batches of a script on a thread: one change of threads for all of a batch, each told of by the loop before the next
one gets anything from it; what is cancelled in the midst touches nothing any more."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
import trio
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from chatd.adapters.lua.stall_budget import StallBudget
from chatd.ports import Call, Raised, Returned, Script, ScriptOutcome, Suspended
from tests.adapters.lua.test_threaded import AT_ONCE, NEVER, STOPS, Scene, closed, wait_for


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The threads that were started."""
    started: list[str] = []
    start = trio.lowlevel.start_thread_soon

    def noted(function: object, deliver: object, name: str) -> None:
        started.append(name)
        start(function, deliver, name)  # type: ignore[arg-type]

    monkeypatch.setattr(trio.lowlevel, "start_thread_soon", noted)
    return started


@pytest.fixture(params=[AT_ONCE, NEVER], ids=["at once", "never"])
def patience(request: pytest.FixtureRequest) -> StallBudget:
    value: StallBudget = request.param
    return value


def calls(*sources: str) -> list[Call]:
    return [("on_line", source) for source in sources]


class Told:
    """How callbacks ended, in the order in which the loop was told, among what the host was told meanwhile."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self.outcomes: list[ScriptOutcome] = []

    def ended(self, _: str, outcome: ScriptOutcome) -> None:
        trio.lowlevel.current_task()
        self.outcomes.append(outcome)
        self._scene.told.append(f"ended {len(self.outcomes)}")

    async def all_of(self, script: Script, batch: Sequence[Call]) -> int:
        """Run all, in as many entries as it takes; how many it took."""
        entries = 0
        while batch:
            batch, entries = batch[await script.call_each(batch, self.ended) :], entries + 1
        return entries


def test_a_batch_is_one_change_of_threads(tmp_path: Path, patience: StallBudget, threads: list[str]) -> None:
    scene = Scene(tmp_path, patience, seconds=60.0)

    async def main() -> None:
        told = Told(scene)
        with closed(await scene.open()) as script:
            before = len(threads)
            assert await told.all_of(script, calls(*["x = (x or 0) + 1"] * 40, "tools.tell(x)")) == 1
            assert len(threads) == before + 1
        assert told.outcomes == [Returned()] * 41

    trio.run(main)
    assert scene.told == [*(f"ended {n}" for n in range(1, 41)), 40, "ended 41"]


def test_what_nobody_has_anything_for_takes_no_thread(tmp_path: Path, threads: list[str]) -> None:
    scene = Scene(tmp_path, NEVER)

    async def main() -> None:
        told = Told(scene)
        with closed(await scene.open()) as script:
            before = len(threads)
            assert await told.all_of(script, [("on_row_added", "b", {}), ("on_row_done", "b", {})]) == 1
            assert (len(threads), told.outcomes) == (before, [Returned(), Returned()])

    trio.run(main)


def test_the_loop_is_told_of_each_before_the_next_one_gets_anything(tmp_path: Path, patience: StallBudget) -> None:
    scene = Scene(tmp_path, patience, seconds=60.0)

    async def main() -> None:
        told = Told(scene)
        with closed(await scene.open()) as script:
            batch = calls("tools.tell('a')", "error('oh')", "tools.tell('b') tools.tell('c')", "tools.later()", "")
            assert await told.all_of(script, batch) == 1
        returned, raised, third, suspended, last = told.outcomes
        assert (returned, raised, third, last) == (Returned(), Raised("test:1: oh"), Returned(), Returned())
        assert isinstance(suspended, Suspended)

    trio.run(main)
    assert scene.told == ["a", "ended 1", "ended 2", "b", "c", "ended 3", "ended 4", "ended 5"]


def test_who_is_suspended_is_resumed_while_the_others_have_gone_on(tmp_path: Path, patience: StallBudget) -> None:
    scene = Scene(tmp_path, patience, seconds=60.0)

    async def main() -> None:
        told = Told(scene)
        with closed(await scene.open()) as script:
            await told.all_of(script, calls("tools.tell(tools.later())", "tools.tell('on')"))
            (waiting, _) = told.outcomes
            assert isinstance(waiting, Suspended)
            assert await script.resume(waiting.call_id, True, "late") == Returned()

    trio.run(main)
    assert scene.told == ["ended 1", "on", "ended 2", "late"]


def test_a_batch_that_is_cancelled_loses_what_was_not_told_and_touches_nothing(tmp_path: Path) -> None:
    scene = Scene(tmp_path, AT_ONCE, STOPS, seconds=60.0)

    async def main() -> None:
        told, script = Told(scene), await scene.open()
        held = "x = 'held' pcall(tools.hold) pcall(tools.tell, 'too late')"
        batch = calls("tools.tell('a')", "tools.tell('b')", "x = 'lost'", held, "x = 'never' tools.tell('never')")
        async with trio.open_nursery() as nursery:
            nursery.start_soon(told.all_of, script, batch)
            await wait_for(scene.gate.reached)
            nursery.cancel_scope.cancel()
        assert scene.told == ["a", "ended 1", "b"]
        scene.gate.open()
        with trio.fail_after(10):
            assert await script.stop() == Returned()
        assert await script.call("on_line", "tools.tell(x)") == Returned()
        script.close()

    trio.run(main)
    assert scene.told == ["a", "ended 1", "b", "stopped", "held"]


def test_who_fails_at_being_told_ends_the_batch(tmp_path: Path, patience: StallBudget) -> None:
    """It is a bug of the host's: raised where it belongs, not in the script that happened to call."""
    scene = Scene(tmp_path, patience, STOPS, seconds=60.0)

    def broken(_: str, __: ScriptOutcome) -> None:
        raise ZeroDivisionError

    async def main() -> None:
        for batch in (calls("", "pcall(tools.tell, 'x')"), calls("")):
            with closed(await scene.open()) as script:
                with pytest.raises(ZeroDivisionError):
                    await script.call_each(batch, broken)
                with trio.fail_after(10):
                    assert await script.stop() == Returned()

    trio.run(main)
    assert scene.told == ["stopped", "stopped"]


def test_without_a_thread_the_first_one_is_refused_and_the_next_ones_may_have_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene, refusals = Scene(tmp_path, AT_ONCE, seconds=60.0), 2
    start = trio.lowlevel.start_thread_soon

    def sometimes(*arguments: object) -> None:
        nonlocal refusals
        refusals -= 1
        if refusals >= 0:
            raise RuntimeError("can't start new thread")
        start(*arguments)  # type: ignore[arg-type]

    async def main() -> None:
        told = Told(scene)
        with closed(await scene.open()) as script, monkeypatch.context() as patch:
            patch.setattr(trio.lowlevel, "start_thread_soon", sometimes)
            assert await told.all_of(script, calls("", "", "", "")) == 3
        refused = Raised("there is no thread for the script: can't start new thread")
        assert told.outcomes == [refused, refused, Returned(), Returned()]

    trio.run(main)


ACTS = (
    "n = (n or 0) + 1 tools.tell(n)",
    "error('oh')",
    "tools.refuse()",
    "tools['break']()",
    "while true do end",
    "pcall(tools.here) tools.tell(tools.later())",
    "local s = 'x' while true do s = s .. s end",
    "tools.on_tick(function(x) tools.tell(x) end)",
)
"""What a callback may do."""

CALLS = st.one_of(st.sampled_from(ACTS).map(lambda act: ("on_line", act)), st.tuples(st.just("on_tick"), st.integers()))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(CALLS, max_size=10))
@example([*(("on_line", act) for act in ACTS), ("on_tick", 7)])
def test_batches_are_as_one_by_one(tmp_path: Path, patience: StallBudget, batch: list[Call]) -> None:
    one, other = (Scene(tmp_path, patience, seconds=60.0) for _ in range(2))
    told, outcomes = Told(other), list[ScriptOutcome]()

    async def main() -> None:
        with closed(await one.open()) as script:
            for callback, *arguments in batch:
                outcomes.append(await script.call(callback, *arguments))
                one.told.append(f"ended {len(outcomes)}")
        with closed(await other.open()) as script:
            await told.all_of(script, batch)

    trio.run(main)
    ids = [[outcome.call_id if isinstance(outcome, Suspended) else outcome for outcome in found]
           for found in (outcomes, told.outcomes)]  # fmt: skip
    assert ids[0] == ids[1]
    assert (other.told, other.heres) == (one.told, one.heres)
