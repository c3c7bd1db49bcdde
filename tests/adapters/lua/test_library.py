"""The standard library as scripts see it: the same results as Lua's own, the same on every run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lupa.lua55 import LuaRuntime

from chatd.ports import Raised, Returned
from tests.adapters.lua.conftest import Box, OpenBox

WORKS = """
assert(("%s|%5.2f|%d|%q|%%p"):format("a", 1.5, 3, "x\\n") == 'a| 1.50|3|"x\\\\\\n"|%p')
assert(("abc"):upper() == "ABC" and ("ABC"):lower() == "abc" and ("abc"):reverse() == "cba" and #"abc" == 3)
assert(("abc"):sub(-2) == "bc" and ("abc"):byte(2) == 98 and string.char(104, 105) == "hi")
assert(("ab"):rep(2, "-") == "ab-ab")
assert(select("#", ("abc"):byte(1, -1)) == 3 and tonumber("0x10") == 16)
assert(tonumber("z", 36) == 35 and tonumber("x") == nil)
local t = {3, 1, 2}
table.sort(t) assert(table.concat(t, ",") == "1,2,3")
table.sort(t, function(a, b) return a > b end) assert(table.concat(t) == "321")
table.insert(t, 4) table.insert(t, 1, 0) assert(table.remove(t) == 4 and table.remove(t, 1) == 0 and #t == 3)
assert(select("#", table.unpack({1, nil, 3}, 1, 3)) == 3 and table.pack(1, nil).n == 2)
assert(table.concat(table.move({1, 2, 3}, 2, 3, 1), "") == "233" and #table.move({1, 2}, 1, 2, 1, {}) == 2)
assert(utf8.len("héé") == 3 and utf8.char(233) == "é" and utf8.codepoint("é") == 233 and utf8.offset("éa", 2) == 3)
for p, c in utf8.codes("é") do assert(p == 1 and c == 233) end
for w in ("é"):gmatch(utf8.charpattern) do assert(w == "é") end
assert(math.max(1, 2) == 2 and math.type(1) == "integer" and math.floor(1.5) == 1)
local class = setmetatable({}, {__index = {n = 5}, __tostring = function() return "obj" end, __name = "C"})
assert(class.n == 5 and tostring(class) == "obj" and ("%s"):format(class) == "obj")
table.insert(class, 1) assert(#class == 1)
local ok, e = pcall(error, {code = 7}) assert(not ok and e.code == 7)
assert(select(2, xpcall(error, function(m) return m .. "!" end, "x")) == "x!")
assert(xpcall(function(a) return a end, print, 1))
assert(load("return ...")(3) == 3 and load("return x", "c", "b", {x = 9})() == 9)
local f, problem = load("x =", "=c") assert(f == nil and problem:find("c:1:"))
local co = coroutine.create(function(a) local b = coroutine.yield(a + 1) error("z" .. b) end)
assert(select(2, coroutine.resume(co, 1)) == 2 and coroutine.status(co) == "suspended")
assert(select(2, coroutine.resume(co, "b")):find("zb"))
assert(coroutine.status(co) == "dead" and coroutine.close(co) == false)
local w = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end)
assert(w() == 1 and w() == 2 and coroutine.isyieldable())
for a, b in ("k=v, x=y"):gmatch("(%w)=(%w)") do assert(#a == 1 and #b == 1) end
assert(("hello world"):gsub("o", "0") == "hell0 w0rld" and (("abc"):gsub("%w", {a = "1"})) == "1bc")
assert(("a.b"):find(".", 1, true) == 2 and ("abc"):find("b") == 2 and ("abc"):find("c", -1) == 3)
assert(("abc"):match("(b)()") == "b")
assert(select("#", pcall(error)) == 2 and rawlen({1}) == 1 and rawget({a = 1}, "a") == 1 and rawequal("a", "a"))
assert(type(_VERSION) == "string" and _G._G == _G and next({}) == nil and #{...} == 0)
"""


def test_the_library_works(box: Box) -> None:
    assert box.run(WORKS) == Returned()


def test_names_of_objects_are_stable(open_box: OpenBox) -> None:
    source = (
        "local t = {} print(t, print, {}, coroutine.running(), t, setmetatable({}, {__name = 'Row'}), ('%s'):format(t))"
    )
    for seed in (1, 2):
        box = open_box(seed=seed)
        box.run(source)
        assert box.printed == ["table: 1\tfunction: 1\ttable: 2\tthread: 1\ttable: 1\tRow: 1\ttable: 1"]


RANDOM = """
  local keys = {}
  for k in pairs({alpha = 1, beta = 2, gamma = 3, delta = 4, epsilon = 5, zeta = 6}) do keys[#keys + 1] = k end
  print(table.concat(keys, ","), math.random(1e9), math.random())
  math.randomseed() print(math.random(1e9))
  math.randomseed(5) print(math.random(1e9))
"""


def test_the_same_seed_gives_the_same_run(open_box: OpenBox) -> None:
    def run(seed: int) -> list[str]:
        box = open_box(seed=seed)
        assert box.run(RANDOM) == Returned()
        return box.printed

    assert run(7) == run(7)
    assert run(7)[:2] != run(8)[:2]
    assert run(7)[2] == run(8)[2]
    assert run(-1) != run(1 << 80)


def test_the_budget_is_the_same_on_every_run(open_box: OpenBox) -> None:
    source = "n = 0 while true do n = n + 1 local t = {n} local s = 'x' .. n tools.same(s) end"
    counts = set()
    for _ in range(3):
        box = open_box()
        assert isinstance(box.run(source), Raised)
        box.run("print(n)")
        counts.add(box.printed[0])
    assert len(counts) == 1


# --- patterns: the matcher in Lua beside Lua's own ------------------------------------------------------------------

BOOT = Path(__file__).parents[3] / "chatd" / "adapters" / "lua" / "boot"
DIFFER = """
local backtrack, matcher = ...
local mine = load(matcher)(load(backtrack)(function() end))
local function outcome(f, ...)
  local r = table.pack(pcall(f, ...))
  if not r[1] then return "error" .. (r[2]:find("malformed") and " malformed" or "") end
  for i = 1, r.n do r[i] = tostring(r[i]) end
  return table.concat(r, "\\0", 1, r.n)
end
local function all(f, s, p, init)
  local out = {}
  for a, b in f(s, p, init) do out[#out + 1] = tostring(a) .. ":" .. tostring(b) end
  return table.concat(out, ",")
end
local function differ(a, b) return a ~= b and not (a:find("^error") and b:find("^error")) and b ~= "error malformed" end
return function(s, p, init, by)
  local plain = not string.find(p, "[%^%$%*%+%?%.%(%[%%%-]")  -- find compares such patterns byte by byte
  for _, name in ipairs(plain and {"match"} or {"find", "match"}) do
    local a, b = outcome(string[name], s, p, init), outcome(mine[name], s, p, init)
    if differ(a, b) then return name .. " " .. a .. " / " .. b end
  end
  local a, b = outcome(all, string.gmatch, s, p, init), outcome(all, mine.gmatch, s, p, init)
  if differ(a, b) then return "gmatch " .. a .. " / " .. b end
  for _, r in ipairs{by, function(x, y) return y end, {a = "1", b = false, ab = 3}} do
    a, b = outcome(string.gsub, s, p, r), outcome(mine.gsub, s, p, r)
    if differ(a, b) then return "gsub " .. a .. " / " .. b end
    a, b = outcome(string.gsub, s, p, r, 2), outcome(mine.gsub, s, p, r, 2)
    if differ(a, b) then return "gsub limited " .. a .. " / " .. b end
  end
end
"""

PARTS = """
a b . %a %w %s %d %A %% %. ( ) () (a) (.-) [ab] [^a] [a-c] [%w_] []] [^]] [a-] %b() %f[a] %f[%w] %1 %2 * + - ? ^ $ é
"""
Parts = st.sampled_from(PARTS.split())
Patterns = st.lists(Parts, max_size=6).map("".join)
Subjects = st.text("ab() .%é_0\n", max_size=12)


@pytest.fixture(scope="module")
def differ() -> object:
    lua = LuaRuntime(encoding="latin-1", register_eval=False, register_builtins=False)
    files = ((BOOT / name).read_bytes() for name in ("backtrack.lua", "matcher.lua"))
    return lua.execute(DIFFER, *files)


@given(
    subject=Subjects,
    pattern=Patterns,
    init=st.integers(-14, 14),
    by=st.sampled_from(["", "<%0>", "%1", "%2", "%", "%%"]),
)
@settings(max_examples=500, deadline=None)
def test_the_matcher_in_lua_agrees_with_the_one_in_c(
    differ: object, subject: str, pattern: str, init: int, by: str
) -> None:
    assert callable(differ)
    assert differ(subject.encode(), pattern.encode(), init, by.encode()) is None, (subject, pattern, init, by)


@given(subject=st.text("ab c", max_size=30), pattern=Patterns)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_patterns_are_never_refused(box: Box, subject: str, pattern: str) -> None:
    box.printed.clear()
    outcome = box.run(f"local s, p = {quoted(subject)}, {quoted(pattern)} print(s:rep(100):find(p))")
    assert outcome == Returned() or (
        isinstance(outcome, Raised) and re.search("pattern|capture|stopped", outcome.message)
    )


def quoted(text: str) -> str:
    return '"' + "".join(f"\\{byte:03}" for byte in text.encode()) + '"'


def test_usual_patterns_on_a_long_text_are_cheap_enough(box: Box) -> None:
    box.run("long = ('some words, and more of them. '):rep(540)")
    for source in (
        "assert(#long:match('^%s*(.-)%s*$') > 16000)",
        "local n = 0 for w in long:gmatch('%a+') do n = n + 1 end assert(n == 3240)",
        "assert(select(2, long:gsub('%s+', ' ')) == 3240)",
        "assert(select(2, long:gsub('\\n', '')) == 0)",
        "assert(('@eliza ' .. long):match('^@(%S+)%s+(.*)') == 'eliza')",
    ):
        assert box.run(source) == Returned(), source
