"""What the fuzz runs in Lua: an interface that makes odd values from a number, and pieces of code that misuse it."""

from __future__ import annotations

INIT = r"""
local kept, threads = {}, {}
local odd = {
  0, -1, 1.5, 1e308, 0/0, 1/0, -1/0, math.mininteger, math.maxinteger, true, false, "", "x", "\0", "\27Lua\x55\0",
  "\xff\xfe\x80", "\xed\xa0\x80", ("y"):rep(5000), "%d%p", print, tools.same, coroutine.create(print), {}, { 1, 2 },
  { 1, nil, 3 }, { a = 1 }, { [1] = 1, a = 2 }, { { { {} } } }, { a = { b = { "x", 1 } } }, { [{}] = 1 },
  { f = print }, { [""] = "" }, { ["\0"] = "\27" }, setmetatable({ a = 1 }, { __index = error, __pairs = error }),
  setmetatable({}, { __tostring = error, __name = 1 }), setmetatable({}, { __len = function() return 1e9 end }),
  setmetatable({ 1 }, { __close = error, __metatable = false, __eq = error, __lt = error, __concat = error }),
}
local itself = {} itself.itself = itself
odd[#odd + 1] = itself
local deep = {} do local d = deep for _ = 1, 40 do d[1] = {} d = d[1] end end
odd[#odd + 1] = deep
N = 1
function any()
  N = (N * 1103515245 + 12345) % 2147483648
  return odd[N // 8 % (#odd + 1)]
end
function several() return any(), any(), any() end
function keep(v) kept[#kept % 50 + 1] = v end
function kept_one() return kept[1 + N % 50] end
function thread(co) threads[#threads % 20 + 1] = co return co end
function old_thread() return threads[1 + N % 20] end
function fill(bytes) local t = {} for i = 1, bytes // 100 do t[i] = ("z"):rep(60) .. i end return t end
function on_line(source, number)
  N = number or N
  local f, problem = load(source, "=fuzz")
  if not f then error(problem, 0) end
  return f()
end
function on_key(...) keep({ ... }) return tools.echo(...) end
function on_row_added(...) keep(...) tools.same((...)) end
function on_tick(a, b) tools.tell(a, b) local _ = tools.odd() end
function on_resize(n) N = n keep(tools.odd()) pcall(tools.later, any()) keep(tools.odd()) end
function on_stop() local f = load(CLOSING or "") if f then f() end end
"""

CALLS = (
    "tools.tell(several())",
    "keep(tools.same(any()))",
    "keep(tools.echo(several()))",
    "for i = 1, 20 do pcall(tools.echo, several()) end",
    "for i = 1, 30 do keep(tools.odd()) end",
    "pcall(tools.refuse, several())",
    "error(tools.refuse())",
    "tools.park()",
    "pcall(tools.park) while true do pcall(tools.park) end",
    "tools.later(any())",
    "keep(tools.later()) tools.same(any()) keep(tools.later()) return tools.echo(any())",
    "local ok, e = pcall(tools.later) keep(e) error(e)",
    (
        "local co = thread(coroutine.create(function() keep(tools.later()) coroutine.yield(any()) tools.tell(1) end))"
        " coroutine.resume(co) coroutine.resume(co)"
    ),
    "coroutine.resume(old_thread(), any())",
    "coroutine.close(old_thread())",
    "local co = thread(coroutine.wrap(function() while true do coroutine.yield(tools.odd()) end end)) co() co()",
    "old_thread()(any())",
    "thread(coroutine.running()) tools.later()",
    (
        "thread(coroutine.create(function() local x <close> = setmetatable({}, {__close = tools.later})"
        " coroutine.yield() end)) coroutine.resume(old_thread()) coroutine.close(old_thread())"
    ),
    "local x <close> = setmetatable({}, {__close = function() tools.echo(any()) error(any()) end}) tools.later()",
    "local x <close> = setmetatable({}, {__close = function() while true do end end}) tools.later()",
    "table.sort({3, 1, 2}, function(a, b) tools.later() return a < b end)",
    "('xyz'):gsub('.', function(c) return tools.same(c) end)",
    "('xyz'):gsub('.', tools.later)",
    "local t = fill(200000) keep(tools.odd()) tools.echo(any())",
    "local t = fill(350000) while true do tools.echo({1, 2}, 'x') end",
    "local t = {} while true do t[#t + 1] = ('a'):rep(100) .. #t end",
    "local t = fill(250000) pcall(tools.later) keep(tools.odd())",
    "pcall(function() local t = {} while true do t[#t + 1] = tools.odd() or 1 end end)",
    "local s = 'x' while true do s = s .. s tools.tell(s) end",
    "while true do tools.same(any()) end",
    "while true do pcall(tools.same, any()) end",
    "local function f() return tools.same(f()) end f()",
    "local function f() return pcall(f) and tools.later() end f()",
    "load(kept_one() and tostring(kept_one()) or '')",
    "local f = load('\\27Lua' .. ('\\0'):rep(40), 'x', 'b') if f then error('ESCAPED') end",
    (
        "for _, mode in ipairs{'b', 'bt', 't', 'x', any()} do"
        " local f = load('\\27Lua\\x55\\0\\x19\\x93\\r\\n\\x1a\\n', 'x', mode) if f then error('ESCAPED') end end"
    ),
    "if string.dump or load == nil or debug or package or io or os then error('ESCAPED') end",
    "local ok, e = pcall(require, 'binary') if ok then error('ESCAPED') end",
    "pcall(load, function() return '\\27Lua' end)",
    "pcall(require, any())",
    "tools.after(any(), any())",
    "keep(tools.every(1, function(id) tools.cancel_timer(id) tools.same(any()) tools.later() end))",
    "keep(tools.after(1, function() while true do end end)) tools.cancel_timer(any())",
    "tools.on_tick(function(...) tools.echo(...) end)",
    "pcall(tools.on_key, any()) pcall(tools.emit, 'on_key', several())",
    "tools.emit('on_row_added', several())",
    "tools.define{name = any(), run = any()}",
    "tools.tell, tools.same = tools.same, tools.tell",
    "for k in pairs(tools) do if k:find('on_') then tools[k] = nil end end",
    "setmetatable(tools, {__index = function() return any() end, __newindex = error})",
    "setmetatable(_G, {__index = function() return any() end}) setmetatable(_G, nil)",
    "_G.on_key = any()",
    "_G.on_stop = any() CLOSING = 'while true do tools.echo(any()) end'",
    "CLOSING = 'tools.later() coroutine.yield()'",
    "CLOSING = 'local t = fill(400000) tools.park()'",
    "coroutine.yield(any())",
    "error(any())",
    "tostring(any()) print(several())",
    "string.format('%s %s', several())",
    "pcall(string.format, '%p %s %q', several())",
    "pcall(string.rep, any(), any(), any()) pcall(table.concat, any(), any(), any(), any())",
    "pcall(table.insert, any(), any(), any()) pcall(table.move, any(), any(), any(), any())",
    "pcall(table.unpack, any(), any(), any()) pcall(utf8.codepoint, any(), any(), any())",
    "pcall(setmetatable, any(), any()) pcall(rawset, any(), any(), any()) pcall(next, any(), any())",
    "pcall(string.find, any(), any(), any(), any()) pcall(string.gsub, any(), any(), any())",
    "xpcall(tools.odd, function() tools.later() end) xpcall(error, tools.same, any())",
    "tools.tell(table.unpack({}, 1, 63)) pcall(tools.tell, table.unpack({}, 1, 65))",
    "tools.tell(('y'):rep(262144))",
    "local t = {} for i = 1, 2000 do t[i] = {a = i, b = 'x'} end keep(tools.same(t))",
    "local t = {} for i = 1, 30000 do t[i] = i end keep(tools.same(t)) keep(tools.same(t))",
)
