"""Several sessions in one Lua state: nobody notices that somebody else is there, whatever they do."""

from __future__ import annotations

import gc
import logging
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from chatd.adapters.lua.files import Files
from chatd.adapters.lua.state import LuaState
from chatd.errors import ScriptError
from chatd.ports import HostFunction, Plain, Raised, Returned, Suspended
from tests.adapters.lua.conftest import INIT, Box, bounds_of

OpenIn = Callable[..., Box]


@pytest.fixture
def state(tmp_path: Path) -> LuaState:
    return state_of(tmp_path)


def state_of(directory: Path, init: str = INIT, *, seed: int = 1, **bounds: float) -> LuaState:
    """A state for forty, with the files of this directory."""
    (directory / "init.lua").write_text(init)
    return LuaState(bounds_of(**bounds), seed=seed, most=40, modules=Files(directory, None).modules())


@pytest.fixture
def open_in(tmp_path: Path) -> Iterator[OpenIn]:
    boxes: list[Box] = []

    def make(state: LuaState, *, init: str = INIT, seed: int = 1, **functions: HostFunction) -> Box:
        boxes.append(Box(tmp_path, functions, init=init, state=state, seed=seed))
        return boxes[-1]

    yield make
    for box in boxes:
        box.script.close()


def test_no_table_is_reached_by_two_sessions(state: LuaState, open_in: OpenIn) -> None:
    """Each marks every table that it can walk to, those behind metatables and module values included."""
    walk = """
      local seen, count = {}, 0
      local function walk(v)
        if type(v) ~= "table" or seen[v] then return end
        seen[v], count = true, count + 1
        assert(rawget(v, "mark") == nil, "somebody was here")
        for k, x in next, v do walk(k) walk(x) end
        walk(getmetatable(v))
      end
      walk(_G) walk(tools.same({ 1 })) walk(getmetatable(""))
      for t in next, seen do rawset(t, "mark", true) end
      tools.tell(count)
    """
    first, second = open_in(state), open_in(state)
    assert first.run(walk) == Returned()
    assert second.run(walk) == Returned()
    assert first.told == second.told
    assert first.told[0][0] > 7  # type: ignore[operator]


def test_the_library_that_one_has_changed_is_its_own(state: LuaState, open_in: OpenIn) -> None:
    first, second = open_in(state), open_in(state)
    assert first.run("""
      function string.shout(s) return s:upper() .. "!" end
      string.sub, table.concat, math.max, coroutine.wrap, utf8.char = nil
      tools.same, pairs = nil
      tools.on_tick(function() tools.tell("first ticks") end)
    """) == Returned()  # fmt: skip
    assert second.run("assert(('a').shout == nil and ('abc'):sub(2) == 'bc' and math.max(1, 2) == 2)") == Returned()
    assert second.run("tools.same(table.concat({utf8.char(97)})) for _ in pairs({}) do end") == Returned()
    assert first.run("assert(('a'):shout() == 'A!' and ('a').sub == nil)") == Returned()
    assert second.script.call("on_tick") == first.script.call("on_tick") == Returned()
    assert (first.told, second.told) == ([("first ticks",)], [])


def test_files_are_run_for_each_session_and_their_values_are_its_own(tmp_path: Path, open_in: OpenIn) -> None:
    (tmp_path / "counter.lua").write_text("local counter = { n = 0 } return counter")
    init = "counter = require 'counter' function on_key() counter.n = counter.n + 1 tools.tell(counter.n) end"
    state = state_of(tmp_path, init)
    (tmp_path / "counter.lua").write_text("error('read again')")
    first, second = (open_in(state, init=init) for _ in range(2))
    for box in (first, first, second, first):
        assert box.script.call("on_key") == Returned()
    assert (first.told, second.told) == ([(1,), (2,), (3,)], [(1,)])


def test_running_a_long_file_costs_everybody_who_does(tmp_path: Path, open_in: OpenIn) -> None:
    (tmp_path / "long.lua").write_text("--" + "x" * 100_000)
    state = state_of(tmp_path, instructions=100_000)
    for _ in range(2):
        assert open_in(state).run("require 'long'") == Raised("test:1: stopped after 100000 instructions")


def test_errors_name_file_and_line_for_everybody(tmp_path: Path, open_in: OpenIn) -> None:
    init = "\n\nfunction on_key()\n  local x = nothing.at_all\nend"
    state = state_of(tmp_path, init)
    for _ in range(2):
        told = open_in(state, init=init).script.call("on_key")
        assert told == Raised("init.lua:4: attempt to index a nil value (global 'nothing')")


def test_a_file_that_is_no_lua_keeps_its_own_session_out(tmp_path: Path, open_in: OpenIn) -> None:
    for source, why in (
        ("x = = 1", "init.lua:1: unexpected symbol near '='"),
        ("return 1 end do", "init.lua:1: <eof> expected near 'end'"),
        ("end) (function()", "init.lua:1: <eof> expected near 'end'"),
    ):
        state = state_of(tmp_path, source)
        with pytest.raises(ScriptError) as error:
            open_in(state, init=source)
        assert str(error.value) == why


def test_a_session_that_fails_while_its_files_are_run_leaves_the_others_as_they_were(
    tmp_path: Path, open_in: OpenIn
) -> None:
    init = INIT + "\nif tools.same(1) == 2 then local t = {} while true do t[#t + 1] = { #t } end end"
    state = state_of(tmp_path, init, memory=2 << 20)
    first = open_in(state, init=init)

    def two(_: Plain) -> int:
        return 2

    with pytest.raises(ScriptError, match=r"not enough memory, the limit is 2097152 bytes|stopped after"):
        open_in(state, init=init, same=two)
    assert first.run("print(tools.same('alive'))") == Returned()
    assert first.printed == ["alive"]


# --- who else is there changes nothing

DIARY = """
  local keys = {}
  for k in pairs({alpha = 1, beta = 2, gamma = 3, delta = 4, epsilon = 5, zeta = 6}) do keys[#keys + 1] = k end
  print(table.concat(keys, ","), math.random(1e9), math.random(), {}, print, coroutine.running())
  for i = 1, 3 do tools.same({ a = i, b = { i } }) end
  local n = 0
  pcall(function() while true do n = n + 1 local s = ("x"):rep(n % 50) .. n end end)
"""
COUNTED = """
  count = 0
  ("x"):rep(20):find(("a-"):rep(6) .. "b")
  while true do count = count + 1 local t = { count } tools.same({ n = count }) end
"""
NOISE = (
    "for i = 1, 50 do math.random() end math.randomseed(3)", "print({}, {}, print, tools.same)",
    "local t = {} for i = 1, 20000 do t[i] = { i } end kept = t", "kept = nil", "while true do end",
    "local t = {} while true do t[#t + 1] = ('a'):rep(100) .. #t end", "tools.same({ x = 1, y = { z = 2 } })",
    "error('no')", "local co = coroutine.create(function() while true do end end) coroutine.resume(co)",
    "('x'):rep(100):find(('a-'):rep(8) .. 'b')", "tools.later()",
    "string.rep = nil",
)  # fmt: skip


def diary(box: Box, between: Callable[[], None]) -> list[str]:
    for source in (DIARY, COUNTED, "print(count)", DIARY, "math.randomseed(7) print(math.random(100))"):
        box.run(source)
        between()
    return box.printed


@example(noise=list(NOISE), others=1)
@given(noise=st.lists(st.sampled_from(NOISE), max_size=8), others=st.integers(1, 3))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_a_session_does_is_the_same_whoever_else_is_there(
    tmp_path: Path, open_in: OpenIn, noise: list[str], others: int
) -> None:
    """Random numbers, the order of `pairs`, names of objects, and the instruction at which a budget ends."""
    alone = diary(open_in(state_of(tmp_path, instructions=150_000, seconds=100)), lambda: None)
    state = state_of(tmp_path, instructions=150_000, seconds=100)
    neighbours = [open_in(state) for _ in range(others)]

    def disturb() -> None:
        for box in neighbours:
            for source in noise:
                box.run(source)

    disturb()
    assert diary(open_in(state), disturb) == alone


# --- memory

FILL = "local t = {{}} for i = 1, {0} do t[i] = ('x'):rep(1000) .. i end kept = t"


def test_an_entry_may_add_so_much_and_no_more_however_much_is_there(tmp_path: Path, open_in: OpenIn) -> None:
    state = state_of(tmp_path, memory=2 << 20)
    rich, others = open_in(state), [open_in(state) for _ in range(10)]
    for box in others:
        assert box.run(FILL.format(1500)) == Returned(), "each entry counts from what was there"
    assert state.memory_used > 15 << 20
    told = rich.run(FILL.format(3000))
    assert told in (
        Raised("not enough memory, the limit is 2097152 bytes"), Raised("test:1: stopped after 3000000 instructions"),
    )  # fmt: skip
    assert state.memory_used < 17 << 20, "what was stopped has left nothing"
    assert rich.run("assert(kept == nil)") == Returned()
    assert rich.run(FILL.format(1500)) == Returned()
    assert others[0].run("assert(#kept == 1500)") == Returned()


def test_what_an_entry_has_left_over_does_not_count_for_the_next_one(tmp_path: Path, open_in: OpenIn) -> None:
    box = open_in(state_of(tmp_path, memory=2 << 20))
    before = box.state.memory_used
    assert box.run("local kept " + FILL.format(1400)) == Returned()
    assert box.state.memory_used < before + (1 << 19)


def test_all_together_come_no_higher_than_their_number_allows(tmp_path: Path, open_in: OpenIn) -> None:
    (tmp_path / "init.lua").write_text(INIT)
    state = LuaState(bounds_of(memory=1 << 20), seed=1, most=2)
    one, other = open_in(state), open_in(state)
    grow = "kept = kept or {} for i = 1, 500 do kept[#kept + 1] = ('x'):rep(1000) .. #kept end"
    outcomes = [one.run(grow) for _ in range(10)]
    assert outcomes[0] == Returned() and isinstance(outcomes[-1], Raised)
    assert state.memory_used < 3 << 20
    assert isinstance(other.run(grow), Raised)
    one.script.close()
    for _ in range(3):
        other.run("local t = {} for i = 1, 100 do t[i] = { i } end")
    assert other.run(grow) == Returned(), "what the other held is there again"


def test_what_a_session_held_is_free_when_it_has_ended(state: LuaState, open_in: OpenIn) -> None:
    stays = open_in(state)
    boxes = [open_in(state) for _ in range(20)]
    for box in boxes:
        assert box.run(FILL.format(200)) == Returned()
        assert isinstance(box.run("local x <close> = setmetatable({}, {__close = print}) tools.later()"), Suspended)
    full = state.memory_used
    for box in boxes:
        box.script.close()
    assert state.memory_used < full / 3
    assert stays.run("print 'alive'") == Returned()


# --- ends


def test_a_callback_that_waits_goes_on_among_others_that_were_stopped(state: LuaState, open_in: OpenIn) -> None:
    waits, loops, ends = (open_in(state) for _ in range(3))
    waiting = waits.run("print('got', tools.later())")
    assert isinstance(waiting, Suspended)
    assert isinstance(loops.run("while true do end"), Raised)
    assert isinstance(ends.run("tools.later()"), Suspended)
    ends.script.close()
    assert waits.script.resume(waiting.call_id, True, "it") == Returned()
    assert waits.printed == ["got\tit"]


def test_what_waits_is_known_to_its_own_session_alone(state: LuaState, open_in: OpenIn) -> None:
    first, second = open_in(state), open_in(state)
    one, other = first.run("print(tools.later())"), second.run("print(tools.later())")
    assert isinstance(one, Suspended) and isinstance(other, Suspended)
    assert one.call_id == other.call_id, "numbers do not depend on others"
    assert second.script.resume(other.call_id, True, "second") == Returned()
    assert first.script.resume(one.call_id, True, "first") == Returned()
    assert (first.printed, second.printed) == (["first"], ["second"])


def test_a_session_that_has_ended_leaves_nothing_of_the_host(state: LuaState, tmp_path: Path) -> None:
    class Kept:
        pass

    stays, kept = Box(tmp_path, {}, state=state), Kept()
    gone = weakref.ref(kept)
    ends = Box(tmp_path, {"same": lambda _=None, kept=kept: str(kept)}, state=state)
    assert ends.run("tools.same()") == Returned()
    ends.script.close()
    del ends, kept
    gc.collect()
    assert gone() is None
    stays.script.close()


def test_one_session_is_entered_at_a_time(state: LuaState, open_in: OpenIn, caplog: pytest.LogCaptureFixture) -> None:
    other = open_in(state)
    for what in (lambda: other.run("print 'nested'"), other.script.close, lambda: open_in(state)):
        box = open_in(state, reach=lambda what=what: str(what()))
        with caplog.at_level(logging.ERROR, "chatd.lua"):
            assert box.run("tools.reach()") == Raised("test:1: internal error")
    assert other.run("print 'alive'") == Returned() and other.printed == ["alive"]


def test_a_fault_of_the_host_reaches_whoever_caused_it(state: LuaState, open_in: OpenIn) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    first, second = open_in(state, interrupt=interrupt), open_in(state)
    with pytest.raises(KeyboardInterrupt):
        first.run("tools.interrupt()")
    assert second.run("print 'alive'") == first.run("print 'alive'") == Returned()
