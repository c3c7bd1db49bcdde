"""A script on a thread: while it takes long the loop goes on, its host functions are run by the loop, and a call that
is cancelled touches nothing any more."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
import trio

from chatd.adapters.lua import threaded
from chatd.adapters.lua.runtime import Runtime
from chatd.adapters.lua.scripts import LuaScripts
from chatd.errors import ScriptError
from chatd.ports import HostFunction, Later, Plain, Raised, Returned, Script, Suspended
from tests.adapters.lua.conftest import INIT

AT_ONCE, NEVER = 0.0, 3600.0
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

    def __init__(self, directory: Path, patience: float, init: str = INIT) -> None:
        (directory / "init.lua").write_text(init)
        self.told: list[Plain] = []
        self.where: list[int] = []
        self.gate = Gate()
        self._scripts = LuaScripts(directory, None, instructions=300_000, memory=4 << 20, patience=patience)

    def functions(self) -> Mapping[str, HostFunction]:
        return {
            "tell": self._tell, "hold": self.gate.hold, "here": threading.get_ident, "there": threading.get_ident,
            "later": lambda: Later(trio.lowlevel.checkpoint), "refuse": self._refuse, "now": trio.current_time,
            "break": lambda: 1 // 0,
        }  # fmt: skip

    async def open(self) -> Script:
        return await self._scripts.open(self.functions(), seed=1, aside=frozenset({"hold", "here"}))

    def _tell(self, value: Plain) -> None:
        trio.lowlevel.current_task()
        self.told.append(value)

    def _refuse(self) -> None:
        raise ScriptError("no")


@contextmanager
def closed(script: Script) -> Iterator[Script]:
    try:
        yield script
    finally:
        script.close()


@pytest.fixture(params=[AT_ONCE, NEVER], ids=["at once", "never"])
def patience(request: pytest.FixtureRequest) -> float:
    value: float = request.param
    return value


def test_host_functions_are_run_by_the_loop_but_those_that_touch_nothing(tmp_path: Path, patience: float) -> None:
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


def test_answers_and_errors_are_those_of_a_runtime_without_a_thread(tmp_path: Path, patience: float) -> None:
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
        assert await script.call("on_line", "tools.tell('after the end')") == Returned()

    trio.run(main)
    assert scene.told == [{"a": [1, 2]}]


def test_a_broken_file_is_an_error_with_its_line(tmp_path: Path, patience: float) -> None:
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
                await trio.to_thread.run_sync(scene.gate.reached.wait)
                scene.told.append("the loop")
                scene.gate.open()

    trio.run(main)
    assert scene.told == ["the loop", "held"]


def cancelled_while_held(scene: Scene, then: Callable[[Script], None]) -> None:
    """A call is cancelled while its thread is held up; then the script's owner does what it does."""
    held = "pcall(tools.hold) pcall(tools.tell, 'too late') for i = 1, 1e6 do end"

    async def main() -> None:
        with closed(await scene.open()) as script:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(script.call, "on_line", held)
                await trio.to_thread.run_sync(scene.gate.reached.wait)
                nursery.cancel_scope.cancel()
            then(script)

    trio.run(main)


def test_a_cancelled_call_touches_nothing_any_more_and_frees_the_runtime(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threaded, "LAST_PATIENCE_S", 0.001)
    freed, free = threading.Event(), Runtime.close

    def close(runtime: Runtime) -> None:
        free(runtime)
        freed.set()

    monkeypatch.setattr(Runtime, "close", close)
    scene = Scene(tmp_path, AT_ONCE, STOPS)

    def then(script: Script) -> None:
        assert script.stop() == Raised("on_stop: the script is still busy with something else")
        script.close()
        assert not freed.is_set()
        scene.gate.open()

    cancelled_while_held(scene, then)
    assert freed.wait(10) and scene.told == []


def test_a_cancelled_call_that_ends_soon_is_followed_by_on_stop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threaded, "LAST_PATIENCE_S", 10.0)
    scene = Scene(tmp_path, AT_ONCE, STOPS)

    def then(script: Script) -> None:
        scene.gate.open()
        assert script.stop() == Returned()

    cancelled_while_held(scene, then)
    assert scene.told == ["stopped"]


def test_an_on_stop_that_takes_too_long_is_left_to_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threaded, "LAST_PATIENCE_S", 0.001)
    scene = Scene(tmp_path, AT_ONCE, INIT + "\nfunction on_stop() tools.hold() tools.tell('too late') end")

    async def main() -> None:
        with closed(await scene.open()) as script:
            assert script.stop() == Raised("on_stop took longer than 0.001 s")

    trio.run(main)
    scene.gate.open()
    assert scene.told == []


def test_who_is_cancelled_while_a_file_is_run_leaves_no_runtime(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    freed, free = threading.Event(), Runtime.close

    def close(runtime: Runtime) -> None:
        free(runtime)
        freed.set()

    monkeypatch.setattr(Runtime, "close", close)
    scene = Scene(tmp_path, AT_ONCE, "tools.hold()")

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(scene.open)
            await trio.to_thread.run_sync(scene.gate.reached.wait)
            nursery.cancel_scope.cancel()
        scene.gate.open()

    trio.run(main)
    assert freed.wait(10)


def test_two_calls_at_once_are_refused(tmp_path: Path) -> None:
    scene = Scene(tmp_path, AT_ONCE)

    async def main() -> None:
        with closed(await scene.open()) as script:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(script.call, "on_line", "tools.hold()")
                await trio.to_thread.run_sync(scene.gate.reached.wait)
                with pytest.raises(AssertionError, match="one call after the other"):
                    await script.call("on_line", "")
                scene.gate.open()

    trio.run(main)
