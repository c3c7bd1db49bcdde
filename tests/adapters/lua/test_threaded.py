"""A script on a thread: while it takes long the loop goes on, its host functions are run by the loop, and a call that
is cancelled touches nothing any more."""

from __future__ import annotations

import threading
import time
from collections.abc import Awaitable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
import trio

from chatd.adapters.lua.runtime import Runtime
from chatd.adapters.lua.scripts import LuaScripts
from chatd.adapters.lua.stall_budget import StallBudget
from chatd.adapters.lua.state import MAX_SECONDS
from chatd.errors import ScriptError
from chatd.ports import HostFunction, Later, Plain, Raised, Returned, Script, Suspended
from tests.adapters.lua.conftest import INIT

AT_ONCE, NEVER = StallBudget(0.0), StallBudget(3600.0, bounded=False)
"""When the loop leaves a script to itself."""

STOPS = INIT + "\nfunction on_stop() tools.tell('stopped') end"


class Gate:
    """A host function that does not return before the test says so: a script that takes as long as one likes."""

    def __init__(self) -> None:
        self.reached, self._opened = threading.Event(), threading.Event()

    def hold(self) -> None:
        self.reached.set()
        assert self._opened.wait(10)

    def open(self) -> None:
        self._opened.set()


class Scene:
    """One script on a thread, and what its host was told."""

    def __init__(
        self, directory: Path, patience: StallBudget, init: str = INIT, *, seconds: float = MAX_SECONDS
    ) -> None:
        (directory / "init.lua").write_text(init)
        self.told: list[Plain] = []
        self.heres = 0
        """How often the function that runs on the thread has."""
        self.gate = Gate()
        self._scripts = LuaScripts(
            directory, None, instructions=300_000, memory=4 << 20, seconds=seconds, patience=patience
        )  # fmt: skip

    def functions(self) -> Mapping[str, HostFunction]:
        return {
            "tell": self._tell, "hold": self.gate.hold, "here": self._here, "there": threading.get_ident,
            "later": lambda: Later(trio.lowlevel.checkpoint), "refuse": self._refuse, "now": trio.current_time,
            "break": lambda: 1 // 0,
        }  # fmt: skip

    async def open(self) -> Script:
        return await self._scripts.open(self.functions(), seed=1, off_loop=frozenset({"hold", "here"}))

    def _tell(self, value: Plain) -> None:
        trio.lowlevel.current_task()
        self.told.append(value)

    def _here(self) -> int:
        self.heres += 1
        return threading.get_ident()

    def _refuse(self) -> None:
        raise ScriptError("no")


@contextmanager
def closed(script: Script) -> Iterator[Script]:
    try:
        yield script
    finally:
        script.close()


@pytest.fixture(params=[AT_ONCE, NEVER], ids=["at once", "never"])
def patience(request: pytest.FixtureRequest) -> StallBudget:
    value: StallBudget = request.param
    return value


def test_host_functions_are_run_by_the_loop_but_those_that_touch_nothing(tmp_path: Path, patience: StallBudget) -> None:
    scene = Scene(tmp_path, patience)

    async def main() -> None:
        with closed(await scene.open()) as script:
            outcome = await script.call(
                "on_line", "tools.tell(tools.here()) tools.tell(tools.there() + tools.now() * 0)"
            )
            assert outcome == Returned()

    trio.run(main)
    here, there = scene.told
    assert here != threading.get_ident() == there


def test_answers_and_errors_are_those_of_a_runtime_without_a_thread(tmp_path: Path, patience: StallBudget) -> None:
    scene = Scene(tmp_path, patience)

    async def main() -> None:
        with closed(await scene.open()) as script:
            assert await script.call("on_line", "tools.refuse()") == Raised("test:1: refuse: no")
            assert await script.call("on_line", "tools['break']()") == Raised("test:1: internal error")
            looping = await script.call("on_line", "while true do end")
            assert isinstance(looping, Raised) and "stopped after 300000 instructions" in looping.message
            waiting = await script.call("on_line", "tools.tell(tools.later())")
            assert isinstance(waiting, Suspended)
            assert await script.resume(waiting.call_id, True, {"a": [1, 2]}) == Returned()

    trio.run(main)
    assert scene.told == [{"a": [1, 2]}]


def test_a_broken_file_is_an_error_with_its_line(tmp_path: Path, patience: StallBudget) -> None:
    async def main() -> None:
        with pytest.raises(ScriptError, match=r"init\.lua:2"):
            await Scene(tmp_path, patience, "local x\nerror('broken')").open()

    trio.run(main)


def test_while_a_script_takes_long_the_loop_goes_on(tmp_path: Path) -> None:
    scene = Scene(tmp_path, AT_ONCE)

    async def main() -> None:
        with closed(await scene.open()) as script:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(script.call, "on_line", "tools.hold() tools.tell('held')")
                await wait_for(scene.gate.reached)
                scene.told.append("the loop")
                scene.gate.open()

    trio.run(main)
    assert scene.told == ["the loop", "held"]


HELD = "pcall(tools.hold) pcall(tools.tell, 'too late') pcall(tools.here) for i = 1, 1e6 do end"
"""A call that is held up, and then goes on as if nothing had happened."""


@pytest.fixture
def freed(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Set when a runtime has been freed."""
    event, free = threading.Event(), Runtime.close

    def close(runtime: Runtime) -> None:
        free(runtime)
        event.set()

    monkeypatch.setattr(Runtime, "close", close)
    return event


def wait_for(event: threading.Event) -> Awaitable[bool]:
    """While the loop goes on."""
    return trio.to_thread.run_sync(event.wait, 10)


async def cancelled_while_held(scene: Scene) -> Script:
    """A script of which a call was cancelled while its thread is held up."""
    script = await scene.open()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(script.call, "on_line", HELD)
        await wait_for(scene.gate.reached)
        nursery.cancel_scope.cancel()
    return script


def test_a_cancelled_call_touches_nothing_any_more_and_frees_the_runtime(
    tmp_path: Path, freed: threading.Event
) -> None:
    scene = Scene(tmp_path, AT_ONCE, STOPS)

    async def main() -> None:
        script = await cancelled_while_held(scene)
        script.close()
        script.close()
        assert not freed.is_set()
        scene.gate.open()
        assert await wait_for(freed)

    trio.run(main)
    assert scene.told == [] and scene.heres == 0


def test_a_cancelled_call_is_followed_by_on_stop_as_soon_as_it_has_ended(
    tmp_path: Path, freed: threading.Event
) -> None:
    scene = Scene(tmp_path, AT_ONCE, STOPS)

    async def main() -> None:
        script = await cancelled_while_held(scene)
        scene.gate.open()
        with trio.fail_after(10):
            assert await script.stop() == Returned()
        script.close()
        assert await wait_for(freed)

    trio.run(main)
    assert scene.told == ["stopped"]


def test_a_stop_that_is_given_up_as_well_leaves_nothing(tmp_path: Path, freed: threading.Event) -> None:
    scene = Scene(tmp_path, AT_ONCE, STOPS)

    async def main() -> None:
        script = await cancelled_while_held(scene)
        with trio.move_on_after(0.01) as patience:
            await script.stop()
        assert patience.cancelled_caught
        script.close()
        scene.gate.open()
        assert await wait_for(freed)

    trio.run(main)
    assert scene.told == []


def test_what_is_suspended_ends_with_on_stop_and_the_host_is_there_for_it(
    tmp_path: Path, patience: StallBudget
) -> None:
    scene = Scene(tmp_path, patience)

    async def main() -> None:
        with closed(await scene.open()) as script:
            waits = "local ok, why = pcall(tools.later) tools.tell(why)"
            assert isinstance(await script.call("on_line", waits), Suspended)
            assert await script.stop() == Returned()

    trio.run(main)
    assert scene.told == ["cancelled"]


def test_what_is_unwound_after_a_cancelled_call_has_its_budget_and_no_more(
    tmp_path: Path, freed: threading.Event
) -> None:
    """It copies megabytes: a count of instructions alone would let it run for minutes."""
    scene = Scene(tmp_path, AT_ONCE)
    busy = """local x <close> = setmetatable({}, {__close = function()
        local s = ('x'):rep(1.5e6) while true do local _ = s .. 'y' end end}) tools.later()"""

    async def main() -> None:
        script = await scene.open()
        assert isinstance(await script.call("on_line", busy), Suspended)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(script.call, "on_line", HELD)
            await wait_for(scene.gate.reached)
            nursery.cancel_scope.cancel()
        script.close()
        began = time.process_time()
        scene.gate.open()
        assert await wait_for(freed)
        assert time.process_time() - began < 1.0, "twenty times the budget"

    trio.run(main)


def test_a_machine_without_threads_refuses_calls_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, freed: threading.Event
) -> None:
    def refuse(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    async def main() -> None:
        script = await Scene(tmp_path, AT_ONCE).open()
        with monkeypatch.context() as patch:
            patch.setattr(trio.lowlevel, "start_thread_soon", refuse)
            refused = Raised("there is no thread for the script: can't start new thread")
            assert await script.call("on_line", "") == refused == await script.stop()
            with pytest.raises(ScriptError, match="no thread"):
                await Scene(tmp_path, AT_ONCE).open()
            script.close()

    trio.run(main)
    assert freed.is_set()


def test_who_is_cancelled_while_a_file_is_run_leaves_no_runtime(tmp_path: Path, freed: threading.Event) -> None:
    scene = Scene(tmp_path, AT_ONCE, "tools.hold()")

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(scene.open)
            await wait_for(scene.gate.reached)
            nursery.cancel_scope.cancel()
        scene.gate.open()
        assert await wait_for(freed)

    trio.run(main)


def test_two_calls_at_once_are_refused(tmp_path: Path) -> None:
    scene = Scene(tmp_path, AT_ONCE)

    async def main() -> None:
        with closed(await scene.open()) as script:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(script.call, "on_line", "tools.hold()")
                await wait_for(scene.gate.reached)
                with pytest.raises(AssertionError, match="one call after the other"):
                    await script.call("on_line", "")
                scene.gate.open()

    trio.run(main)
