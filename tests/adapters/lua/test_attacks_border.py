"""Attacks on the border itself: private values, what a runtime is told but once, and time that no instruction shows."""

from __future__ import annotations

import math
import time

import pytest

from chatd.ports import Plain, Raised, Returned
from tests.adapters.lua.conftest import Box, OpenBox

WATCHER = "setmetatable({}, {__eq = function(a, b) stolen = b while LOOP do end return true end})"


@pytest.mark.parametrize(
    "attack",
    [
        f"coroutine.yield({WATCHER})",
        f"coroutine.resume(coroutine.create(function() coroutine.yield({WATCHER}) end)) error()",
        f"coroutine.wrap(function() coroutine.wrap(function() coroutine.yield({WATCHER}) end)() end)() error()",
    ],
)
@pytest.mark.parametrize("loops", ["LOOP = true", ""])
def test_no_comparison_of_the_borders_runs_a_scripts_code(box: Box, attack: str, loops: str) -> None:
    """It would run in the main thread, which nothing limits, and be given the value that means "wait"."""
    assert isinstance(box.run(f"{loops} {attack}"), Raised)
    assert box.run("assert(stolen == nil)") == Returned()


SHORT = """
local s = ('x'):rep(2e6)
local function slow() for _ = 1, 40 do local _ = s .. 'y' end end
local function f(n)
  if n == 0 then return slow() end
  for _ = 1, 2 do coroutine.wrap(f)(n - 1) end
end
while true do coroutine.wrap(f)(9) end
"""


def test_coroutines_too_short_to_be_looked_at_do_not_hide_time(box: Box) -> None:
    start = time.thread_time()
    outcome = box.run(SHORT)
    assert isinstance(outcome, Raised) and "stopped after 0.1 s" in outcome.message
    assert time.thread_time() - start < 0.5


@pytest.mark.parametrize("call", ["table.insert(t, '1', 1)", "table.remove(t, '1') t[#t + 1] = 1"])
def test_a_position_written_as_text_costs_the_same(box: Box, call: str) -> None:
    outcome = box.run(f"local t = {{}} for i = 1, 1e5 do t[i] = i end while true do {call} end")
    assert isinstance(outcome, Raised) and "instructions" in outcome.message


@pytest.mark.real
def test_host_functions_have_a_limit_of_their_own(open_box: OpenBox) -> None:
    box = open_box({"slow": lambda: time.sleep(0.03)}, seconds=0.01)
    start = time.monotonic()
    outcome = box.run("while true do tools.slow() end")
    assert outcome == Raised("test:1: slow: the host has worked 0.1 s for this callback, that is the limit")
    assert time.monotonic() - start < 1
    assert box.run("while true do pcall(tools.slow) end") != Returned()
    assert box.run("tools.slow()") == Returned(), "each callback begins anew"


@pytest.mark.real
def test_what_the_host_takes_is_not_the_scripts_time(open_box: OpenBox) -> None:
    def works() -> None:
        end = time.thread_time() + 0.05
        while time.thread_time() < end:
            pass

    box = open_box({"works": works}, seconds=0.03)
    assert box.run("for _ = 1, 3 do tools.works() end for i = 1, 20000 do local _ = {} end") == Returned()


def test_shapes_that_came_when_the_budget_was_spent_are_known_all_the_same(open_box: OpenBox) -> None:
    """Else every later row of that kind would be an error, for as long as the session lives."""
    rows: list[Plain] = [{"id": i, "text": "x"} for i in range(2000)]
    box = open_box({"rows": lambda: rows}, instructions=30_000)
    assert "stopped after" in box.run("tools.rows()").message  # type: ignore[union-attr]
    del rows[1:]
    assert box.run("tools.tell(tools.rows()[1].text)") == Returned()
    assert box.told == [("x",)]


def test_shapes_that_came_at_the_end_of_the_stack_are_told_again(open_box: OpenBox) -> None:
    box = open_box(
        {"many": lambda new: [{"new": 1} if new else 1, *([1] * 15000)]},
        instructions=1_000_000_000, memory=256 << 20, seconds=10,
    )  # fmt: skip
    deep = """
      local lost
      local function f(new, d, ...)
        if d == 0 then lost = not pcall(tools.many, new) return 1 end
        return 1 + f(new, d - 1, ...)
      end
      local depth = 1000
      repeat depth = depth + 40 until not pcall(f, false, depth, table.unpack({}, 1, 200)) or lost
      pcall(f, true, depth, table.unpack({}, 1, 200))
      tools.tell(lost)
    """
    assert box.run(deep) == Returned()
    assert box.told == [(True,)], "the attack does not reach what it is about"
    assert box.run("tools.tell(tools.many(true)[1].new)") == Returned()
    assert box.told[1] == (1,)


@pytest.mark.parametrize(("value", "arrives"), [(10**400, math.inf), (-(10**400), -math.inf)])
@pytest.mark.parametrize("nested", [False, True])
def test_integers_of_any_size_cross(open_box: OpenBox, value: int, arrives: float, nested: bool) -> None:
    """JSON of models and databases may hold them."""
    box = open_box({"number": lambda: {"n": value} if nested else value})
    assert box.run(f"tools.tell(tools.number(){'.n' if nested else ''})") == Returned()
    assert box.told == [(arrives,)]


HARMLESS = {
    "overwritten tools": "for k in pairs(tools) do if k ~= 'log' then tools[k] = function() error('mine') end end end",
    "no tools": "for k in pairs(tools) do tools[k] = nil end",
    "tools with a metatable": "setmetatable(tools, {__index = error, __newindex = error})",
    "another tools": "tools = nil",
    "library": "for k in pairs(string) do string[k] = nil end table.unpack = nil math.floor = error",
    "globals": "setmetatable(_G, {__index = error, __newindex = error})",
    "results": """local t = tools.same({a = 1}) t.a = nil setmetatable(t, {__index = error})
        assert(tools.same({a = 1}).a)""",
    "methods of strings": "assert(not pcall(function() ('').x.y = 1 end)) assert(('').nothing == nil)",
    "string as metatable": """assert(not pcall(setmetatable, '', {}))
        assert(not pcall(rawset, getmetatable(''), 1, 1))""",
    "metatable after __gc": """local mt = {} setmetatable({}, mt) mt.__gc = error
        assert(not pcall(setmetatable, {}, mt))""",
    "registering replaced": "tools.on_tick = nil tools.emit = nil tools.after = nil",
}


@pytest.mark.parametrize("source", HARMLESS.values(), ids=HARMLESS)
def test_what_a_script_does_to_its_tables_hurts_itself_alone(open_box: OpenBox, source: str) -> None:
    """The host's own ways in and out use none of them, and no other runtime has them."""
    box, other = open_box(), open_box()
    first = box.run(source)
    assert first == Returned(), first
    assert box.script.call("on_tick", {"a": [1, {"b": 2}]}) == Returned()
    assert box.script.call("on_timer", 1) == Returned()
    box.script.stop()
    assert other.run("tools.tell(('x'):upper(), math.floor(1.5), tools.same({1})[1])") == Returned()
    assert other.told == [("X", 1, 1)]
    box.script.close()
    assert box.script.call("on_tick") == Returned()
