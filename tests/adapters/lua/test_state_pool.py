"""Which state a session gets, what it has when a file was saved, and when a state is freed."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path

import pytest
import trio

from chatd.adapters.lua import LuaScripts, state_pool
from chatd.adapters.lua.runtime import Runtime
from chatd.adapters.lua.state import LuaState
from chatd.adapters.lua.state_pool import SESSIONS
from chatd.errors import ScriptError
from chatd.ports import HostFunction, Plain, Returned


class House:
    """A directory of shipped files, and sessions of them."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.said: list[Plain] = []
        self.save("init", "function on_key() tools.say('first') end")
        self.scripts = LuaScripts(directory, None, instructions=3_000_000, memory=8 << 20, seconds=10.0)

    def save(self, name: str, source: str) -> None:
        path = self.directory / f"{name}.lua"
        path.parent.mkdir(exist_ok=True)
        path.write_text(source)

    def open(self, seed: int = 1) -> Runtime:
        functions: dict[str, HostFunction] = {"say": self.said.append}
        return self.scripts.shared_runtime(functions, seed=seed)

    def heard(self, runtime: Runtime) -> Plain:
        assert runtime.call("on_key") == Returned()
        return self.said.pop()


def state_of(runtime: Runtime) -> LuaState:
    assert runtime._state is not None
    return runtime._state


def closed(*states: LuaState) -> list[bool]:
    return [state.is_closed for state in states]


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def test_sessions_share_a_state_until_it_is_full(house: House) -> None:
    runtimes = [house.open() for _ in range(SESSIONS + 1)]
    states = [state_of(runtime) for runtime in runtimes]
    assert len(set(map(id, states[:SESSIONS]))) == 1 and states[-1] is not states[0]
    assert states[0].sessions == SESSIONS
    runtimes[0].close()
    assert state_of(house.open()) is states[0], "the fullest that has room"


def test_sessions_of_another_seed_have_another_state(house: House) -> None:
    """The order of `pairs` belongs to the seed."""
    one, other, again = house.open(1), house.open(2), house.open(1)
    assert state_of(one) is state_of(again) is not state_of(other)


def test_nobody_waits_for_the_disk(house: House) -> None:
    house.save("later", "return 'read when the state was made'")
    house.save("init", "function on_key() tools.say(require 'later') end")
    house.open()
    for name in ("init", "later"):
        (house.directory / f"{name}.lua").unlink()
    assert house.heard(house.open()) == "read when the state was made"


def test_a_saved_file_is_what_those_have_who_come_after_it_was_noticed(house: House) -> None:
    old = house.open()
    house.scripts.stamp()
    house.save("init", "function on_key() tools.say('second') end")
    assert house.heard(house.open()) == "first"
    house.scripts.stamp()
    new = house.open()
    assert (house.heard(old), house.heard(new)) == ("first", "second")
    assert state_of(new) is not state_of(old)
    state = state_of(old)
    old.close()
    assert state.is_closed is False, "another session is in it"


def test_the_state_of_files_that_were_replaced_goes_with_its_last_session(house: House) -> None:
    old = house.open()
    state = state_of(old)
    house.scripts.stamp()
    house.save("init", "function on_key() tools.say('second') end")
    house.scripts.stamp()
    house.open()
    old.close()
    assert state.is_closed


def test_a_state_that_nobody_will_get_is_not_kept(house: House) -> None:
    old = house.open()
    state = state_of(old)
    house.scripts.stamp()
    house.save("init", "")
    house.scripts.stamp()
    old.close()
    assert state.is_closed


def test_a_state_that_holds_much_takes_nobody_in(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state_pool, "MOST_HELD", 4 << 20)
    house.save("init", "function on_key() held = {} for i = 1, 5000 do held[i] = ('x'):rep(1000) .. i end end")
    runtimes = [house.open() for _ in range(2)]
    assert runtimes[0].call("on_key") == Returned()
    assert state_of(house.open()) is not state_of(runtimes[0]) is state_of(runtimes[1])


def test_a_broken_file_is_told_and_the_next_edition_works(house: House) -> None:
    house.open().close()
    house.scripts.stamp()
    house.save("init", "x = = 1")
    house.scripts.stamp()
    for _ in range(2):
        with pytest.raises(ScriptError, match=r"init\.lua:1: unexpected symbol near '='"):
            house.open()
    house.save("init", "function on_key() tools.say('third') end")
    house.scripts.stamp()
    assert house.heard(house.open()) == "third"


def test_the_last_state_is_kept_for_whoever_comes_next_and_others_are_freed(house: House) -> None:
    first, second = house.open(1), house.open(2)
    states = state_of(first), state_of(second)
    first.close()
    assert closed(*states) == [False, False]
    second.close()
    assert closed(*states) == [True, False]
    assert state_of(house.open(2)) is states[1]


def test_a_state_that_waits_for_somebody_holds_nothing_of_those_before(house: House) -> None:
    house.save("init", "function on_key() held = {} for i = 1, 2000 do held[i] = ('x'):rep(1000) .. i end end")
    runtime = house.open()
    state, before = state_of(runtime), state_of(runtime).memory_used
    assert runtime.call("on_key") == Returned()
    runtime.close()
    assert state.memory_used < before


def test_a_session_whose_files_fail_leaves_no_place_taken(house: House) -> None:
    house.save("init", "error('no luck')")
    for _ in range(2 * SESSIONS):
        with pytest.raises(ScriptError, match=r"init\.lua:1: no luck"):
            house.open()
    house.save("init", "")
    house.scripts.stamp()
    assert state_of(house.open()).sessions == 1


def test_what_is_kept_is_freed_with_the_scripts(house: House) -> None:
    lives, ends = house.open(1), house.open(2)
    in_use, kept = state_of(lives), state_of(ends)
    ends.close()
    gone = weakref.ref(house.scripts)
    del house.scripts
    gc.collect()
    assert gone() is None
    assert closed(kept, in_use) == [True, False]
    assert house.heard(lives) == "first"
    lives.close()
    assert closed(in_use) == [True]


def test_only_sessions_with_nothing_but_shipped_files_share(tmp_path: Path) -> None:
    shipped, overlay = tmp_path / "shipped", tmp_path / "mine"
    for path in (shipped, overlay):
        path.mkdir()
    (shipped / "init.lua").write_text("function on_key() tools.say(mine) end")
    (overlay / "mine.lua").write_text("mine = 'mine'")
    said: list[Plain] = []

    async def main() -> None:
        scripts = LuaScripts(shipped, overlay, instructions=3_000_000, memory=8 << 20)
        for shipped_only in (False, True, True):
            script = await scripts.open({"say": said.append}, seed=1, shipped_only=shipped_only)
            await script.call("on_key")
        script.close()

    trio.run(main)
    assert said == ["mine", None, None]
