"""Scripts that try to run for ever, to eat the memory, to break out or to break the process: each is stopped within
its budget with an error, and the runtime goes on."""

from __future__ import annotations

import time

import pytest

from chatd.ports import Raised, Returned
from tests.adapters.lua.conftest import Box

ENDLESS = {
    "while": "while true do end",
    "pcall": "while true do pcall(function() while true do end end) end",
    "nested pcall": """local function g(d)
        while true do if d == 0 then while true do end else pcall(g, d - 1) end end end g(50)""",
    "coroutine": "coroutine.wrap(function() while true do end end)()",
    "many coroutines": """while true do
        coroutine.resume(coroutine.create(function() for i = 1, 100 do end end)) end""",
    "nested coroutines": """local function f(d) if d == 0 then while true do end end
        while true do coroutine.resume(coroutine.create(function() f(d - 1) end)) end end f(8)""",
    "deep coroutines": "local function f() coroutine.wrap(f)() end while true do pcall(f) end",
    "handler of xpcall": "xpcall(function() error('x') end, function() while true do end end)",
    "xpcall in xpcall": """local function h() while true do xpcall(error, h) end end xpcall(error, h)""",
    "__close": """do local x <close> = setmetatable({}, {__close = function() while true do end end}) end""",
    "many __close": """local function r(n)
        local x <close> = setmetatable({}, {__close = function() while true do end end})
        if n > 0 then r(n - 1) end while true do end end r(150)""",
    "__close of a closed coroutine": """local co = coroutine.create(function()
        local x <close> = setmetatable({}, {__close = function() while true do end end}) coroutine.yield() end)
        coroutine.resume(co) while true do pcall(coroutine.close, co) end""",
    "__index": """local t = setmetatable({}, {__index = function(t, k) return t[k .. 'x'] end})
        while true do pcall(function() return t.a end) end""",
    "__tostring": "tostring(setmetatable({}, {__tostring = function() while true do end end}))",
    "metamethods of sort": """local mt, t = {__lt = function() while true do end end}, {}
        for i = 1, 200 do t[i] = setmetatable({}, mt) end table.sort(t)""",
    "comparator": "table.sort({3, 2, 1}, function() while true do end end)",
    "sort of equal long strings": """local t = {} for i = 1, 20 do t[i] = ('a'):rep(200000) .. i end
        while true do table.sort(t) table.insert(t, 1, table.remove(t)) end""",
    "goto": "::a:: goto a",
    "for": "for i = 1, math.huge do end",
    "host calls": "while true do tools.tell('x') end",
    "failing host calls": "while true do pcall(tools.refuse) end",
    "refused arguments": "while true do pcall(tools.tell, print) end",
    "nested results": "while true do tools.echo({1, 2}, {a = 1}) end",
    "failing require": "while true do pcall(require, 'nowhere') end",
    "load": "local s = ('local x = 1 '):rep(10000) while true do load(s) end",
    "print": "while true do print({}, print) end",
    "recursion": "local function f() return 1 + f() end while true do pcall(f) end",
    "tail recursion": "local function f() return f() end f()",
    "error objects": "while true do pcall(error, setmetatable({}, {__tostring = error})) end",
}

SLOW_IN_C = {
    "find": "local s = ('a'):rep(30000) while true do s:find(('a-'):rep(8) .. 'b') end",
    "optional parts": "while true do (('a'):rep(28)):find('^' .. ('a?'):rep(28) .. ('a'):rep(28)) end",
    "gsub": "while true do (('a'):rep(5000)):gsub('.-.-.-.-b', 'x') end",
    "gmatch": "while true do for w in (('a'):rep(5000)):gmatch('.-.-.-.-b') do end end",
    "balance": "while true do (('('):rep(100000)):find('%b()') end",
    "back reference": "while true do (('a'):rep(5000)):find('(a*)%1b') end",
    "frontier": "local s = ('a'):rep(200000) while true do s:find('%f[b]') end",
    "plain find": "local s, p = ('a'):rep(2e6), ('a'):rep(1e6) .. 'b' while true do s:find(p, 1, true) end",
    "literal find": "local s, p = ('a'):rep(2e6), ('a'):rep(1e6) .. 'b' while true do s:find(p) end",
    "long set": "local s, p = ('a'):rep(10000), '[' .. ('b'):rep(10000) .. ']' while true do s:find(p) end",
    "rep of nothing": "while true do pcall(string.rep, '', 1e15) string.rep('', 4e6) end",
    "rep": "while true do pcall(string.rep, 'x', 4e6) end",
    "huge rep": "while true do pcall(string.rep, 'x', 1e9) end",
    "upper": "local s = ('x'):rep(3e6) while true do s:upper() end",
    "reverse": "local s = ('x'):rep(2e6) while true do s:reverse() end",
    "sub": "local s = ('x'):rep(2e6) while true do s:sub(2) end",
    "concatenation": "local s = ('x'):rep(2e6) while true do local x = s .. 'y' end",
    "comparison": "local a, b = ('x'):rep(2e6) .. 'a', ('x'):rep(2e6) .. 'b' while true do local x = a < b end",
    "equality": "local a, b = ('x'):rep(2e6) .. 'a', ('x'):rep(2e6) .. 'b' while true do local x = a == b end",
    "format": "local s = ('x'):rep(2e6) while true do string.format('%s%s', s, 'y') end",
    "quoting": "local s = ('\\0'):rep(5e5) while true do pcall(string.format, '%q', s) end",
    "number of a long text": "local s = ('1'):rep(3e6) while true do tonumber(s) end",
    "arithmetic on a long text": "local s = (' '):rep(3e6) .. '1' while true do local x = s + 1 end",
    "utf8.len": "local s = ('x'):rep(3e6) while true do utf8.len(s) end",
    "utf8.offset": "local s = ('x'):rep(3e6) while true do utf8.offset(s, 3000000) end",
    "utf8.codepoint": "local s = ('x'):rep(100000) while true do pcall(utf8.codepoint, s, 1, -1) end",
    "string.byte": "local s = ('x'):rep(100000) while true do pcall(string.byte, s, 1, -1) end",
    "move": "while true do pcall(table.move, {}, 1, 1e9, 2, {}) end",
    "small moves": "local t = {} while true do table.move(t, 1, 1e5, 2) end",
    "lying __len": "while true do pcall(table.insert, setmetatable({}, {__len = function() return 1e9 end}), 1, 1) end",
    "insert in front": "local t = {} while true do table.insert(t, 1, 1) end",
    "remove in front": """local t = {} for i = 1, 100000 do t[i] = i end
        while true do t[#t + 1] = table.remove(t, 1) end""",
    "concat": "local t = {} for i = 1, 50000 do t[i] = 'x' end while true do table.concat(t) end",
    "unpack": "local t = {} while true do pcall(table.unpack, t, 1, 1e8) end",
    "select": """local t, f = {}, table.unpack for i = 1, 100000 do t[i] = i end
        while true do select('#', f(t, 1, 90000)) end""",
    "next over holes": """local t = {} for i = 1, 100000 do t['k' .. i] = i end
        for k in pairs(t) do t[k] = nil end while true do next(t) end""",
    "sort": "local t = {} for i = 1, 200000 do t[i] = -i end while true do table.sort(t) end",
}

GREEDY = {
    "doubling": "local s = 'x' while true do s = s .. s end",
    "tables": "local t = {} while true do t[#t + 1] = {} end",
    "closures": "local t = {} while true do t[#t + 1] = function() return t end end",
    "coroutines": "local t = {} while true do t[#t + 1] = coroutine.create(print) end",
    "strings": "local t = {} while true do t[#t + 1] = ('a'):rep(100) .. #t end",
    "caught": "local t = {} while true do pcall(function() while true do t[#t + 1] = ('a'):rep(100) .. #t end end) end",
    "caught once, then host calls": """local t = {}
        pcall(function() while true do t[#t + 1] = ('a'):rep(100) .. #t end end)
        while true do tools.echo({1, 2, 3}, 'x') end""",
    "globals": "while true do _G['x' .. #_G] = ('y'):rep(1000) _G[#_G + 1] = ('z'):rep(1000) .. #_G end",
    "gsub": "while true do local s = (('a'):rep(2000)):gsub('.', ('b'):rep(5000)) end",
    "names of types": "for i = 1, 1e9 do tostring(setmetatable({}, {__name = 'n' .. i})) end",
    "threads in tostring": "local t = {} for i = 1, 1e9 do t[i] = {} tostring(t[i]) end",
    "kinds of tables": "local t = {} while true do tools.same(t) t['x' .. math.random(1e9)] = 1 end",
}

WRONG = {
    "no error object": "error()",
    "table as error": "error({})",
    "__close after an error": """local x <close> = setmetatable({}, {__close = function() while true do end end})
        error('x')""",
    "wrong comparator": "local t = {} for i = 1, 100000 do t[i] = i end table.sort(t, function() return true end)",
    "object as error": "error(setmetatable({}, {__tostring = function() while true do end end}))",
    "string metatable": "getmetatable('').__index = nil",
    "__gc": "setmetatable({}, {__gc = function() while true do end end})",
    "long argument": "tools.tell(('y'):rep(300000))",
    "long nested argument": "tools.tell({('y'):rep(300000)})",
    "large arguments": "local t = {} for i = 1, 20 do t[i] = ('y'):rep(100000) end tools.tell(t)",
    "many arguments": "tools.tell(table.unpack({}, 1, 5000))",
    "deep argument": "local t = {} local c = t for i = 1, 100 do c.x = {} c = c.x end tools.tell(t)",
    "argument that contains itself": "local t = {} t.t = t tools.tell(t)",
    "mixed keys": "tools.tell({1, 2, x = 3})",
    "keys that are tables": "tools.tell({[{}] = 1})",
    "function": "tools.tell(print)",
    "thread": "tools.tell(coroutine.create(print))",
    "nested function": "tools.tell({a = {print}})",
    "lying pairs": "tools.tell(setmetatable({x = print}, {__pairs = function() return next, {} end}))",
    "binary chunk": "assert(load('\\27Lua'))",
    "dump": "return string.dump(print)",
    "wrong number of arguments": "tools.same(1, 2, 3)",
    "yield": "coroutine.yield(1)",
    "closing oneself": "coroutine.close(coroutine.running())",
    "address": "string.format('%p', {})",
    "address, hidden": "string.format('%%%-20p', print)",
    "waiting inside sort": "table.sort({1, 2, 3}, function() tools.later() end)",
    "waiting inside gsub": "('x'):gsub('x', tools.later)",
    "waiting in a coroutine inside sort": "table.sort({1, 2, 3}, coroutine.wrap(function() tools.later() end))",
    "registering too much": "while true do tools.on_tick(function() end) end",
    "registering nothing": "tools.on_key(1)",
    "emitting the unknown": "tools.emit('on_frames')",
    "path": "require '../../etc/passwd'",
    "path with dots": "require '....etc.passwd'",
    "absolute path": "require '/etc/passwd'",
    "no module name": "require(nil)",
}  # fmt: skip

SECONDS = 2.0
"""Of processor time, for any of them: generous, as test machines are busy; 0.01 is typical."""


def assert_stopped(box: Box, source: str) -> Raised:
    start = time.thread_time()
    outcome = box.run(source)
    assert isinstance(outcome, Raised), outcome
    assert time.thread_time() - start < SECONDS
    assert box.run("local t = {} for i = 1, 1000 do t[i] = {i} end tools.tell('alive', #t)") == Returned()
    assert box.told[-1] == ("alive", 1000)
    return outcome


@pytest.mark.parametrize("source", ENDLESS.values(), ids=ENDLESS)
def test_endless_scripts_are_stopped(box: Box, source: str) -> None:
    outcome = assert_stopped(box, source)
    assert "stopped after" in outcome.message or "stack overflow" in outcome.message


@pytest.mark.parametrize("source", SLOW_IN_C.values(), ids=SLOW_IN_C)
def test_work_that_instructions_do_not_show_is_stopped(box: Box, source: str) -> None:
    outcome = assert_stopped(box, source)
    assert "stopped after" in outcome.message or "not enough memory" in outcome.message


@pytest.mark.parametrize("source", GREEDY.values(), ids=GREEDY)
def test_greedy_scripts_are_stopped(box: Box, source: str) -> None:
    outcome = assert_stopped(box, source)
    assert "not enough memory, the limit is 8388608 bytes" in outcome.message or "stopped after" in outcome.message


@pytest.mark.parametrize("source", WRONG.values(), ids=WRONG)
def test_wrong_calls_are_errors(box: Box, source: str) -> None:
    assert_stopped(box, source)


def test_nothing_dangerous_can_be_reached(box: Box) -> None:
    for name in ("debug", "io", "os", "package", "dofile", "loadfile", "collectgarbage", "python", "newproxy"):
        assert box.run(f"assert(_G.{name} == nil and _ENV.{name} == nil and rawget(_G, '{name}') == nil)") == Returned()
    assert box.run("assert(string.dump == nil and string.pack == nil and getmetatable('') == nil)") == Returned()
    assert box.run("assert(load('return debug or _G ~= ...')(_G) == false)") == Returned()


def test_values_reachable_from_the_globals_are_lua_values_only(box: Box) -> None:
    """Everything a script can walk to is a table, a function or a scalar: no userdata, hence no Python object."""
    walk = """
      local seen = {}
      local function walk(v, path)
        local t = type(v)
        assert(t ~= "userdata" and t ~= "thread", path)
        if t ~= "table" or seen[v] then return end
        seen[v] = true
        for k, x in next, v do walk(k, path .. "#") walk(x, path .. "." .. tostring(k)) end
        walk(getmetatable(v), path .. "!")
      end
      walk(_G, "_G")
      local co = coroutine.running()
      assert(type(co) == "thread")
    """
    assert box.run(walk) == Returned()


def test_errors_of_the_host_reach_lua_as_text(box: Box) -> None:
    source = "local ok, e = pcall(tools.refuse, 'because') print(ok, type(e), e)"
    assert box.run(source) == Returned()
    assert box.printed == ["false\tstring\trefuse: because"]


def test_the_end_of_the_budget_cannot_be_caught(box: Box) -> None:
    assert_stopped(box, "pcall(function() while true do end end) tools.tell('escaped')")
    assert_stopped(box, "coroutine.resume(coroutine.create(function() while true do end end)) tools.tell('escaped')")
    assert_stopped(box, "xpcall(function() while true do end end, function() tools.tell('escaped') end)")
    assert ("escaped",) not in box.told


def test_the_end_of_the_memory_cannot_be_caught(box: Box) -> None:
    assert_stopped(
        box,
        "local t = {} pcall(function() while true do t[#t + 1] = ('a'):rep(1e5) .. #t end end) tools.tell('escaped')",
    )
    assert ("escaped",) not in box.told


@pytest.mark.parametrize("eats", ["('x'):rep(1000) .. #t", "{#t}"])
def test_what_was_eaten_burdens_nobody_else(box: Box, eats: str) -> None:
    """A heap that is nearly full costs more budget: what a stopped callback left must be gone before the next one."""
    stopped = box.run(f"local t = {{}} while true do t[#t + 1] = {eats} end")
    assert isinstance(stopped, Raised)
    drawing = "local lines = {} for i = 1, 20000 do lines[i % 60] = ('line '):rep(10) .. i end"
    assert box.run(drawing) == Returned()
