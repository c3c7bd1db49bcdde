-- Owns the environment scripts see: the standard library without its dangers. What runs long in C is charged by size,
-- nothing prints an address (the same seed must give the same run), and only plain tables reach the table functions,
-- whose loops in C would believe a lying `__len`.
--
-- The functions are the same for all sessions of a state: a function cannot be changed. Each session has tables of its
-- own with them. What a function keeps it keeps in `box.session`.
local box = ...
local G, charge = box.globals, box.charge
local error, getmetatable, load, next, rawget, select, type =
  error, getmetatable, load, next, rawget, select, type
local tostring, setmetatable, tonumber = tostring, setmetatable, tonumber
local pack, unpack, move, sort = table.pack, table.unpack, table.move, table.sort
local find, format, gsub, rep, sub = string.find, string.format, string.gsub, string.rep, string.sub

local MAX_REPEATED = 4194304   -- bytes that one string.rep may make
local MAX_MOVED = 100000       -- elements that one table.move or table.unpack may touch
local MAX_CHUNK = 262144       -- bytes of source for `load`
local BYTES = 10000            -- of string work in C, charged like 1000 instructions
local FORMATTED = 2000         -- bytes of a formatted string, likewise
local ELEMENTS = 2000          -- of table work in C, likewise
local PARSED = 200             -- bytes of source, likewise

local E = {}
for _, name in next, { "assert", "error", "ipairs", "next", "pairs", "rawequal", "rawget", "rawlen", "rawset", "select",
                       "type", "_VERSION" } do
  E[name] = G[name]
end

-- ---- tostring without addresses --------------------------------------------------------------------------------
local WEAK = { __mode = "k" }
local function numbered(v, name)
  local session = box.session
  local numbers, counts = session.numbers, session.counts
  if not numbers then
    numbers, counts = setmetatable({}, WEAK), {}
    session.numbers, session.counts = numbers, counts
  end
  local number = numbers[v]
  if not number then
    number = (counts[name] or 0) + 1
    counts[name], numbers[v] = number, number
  end
  return name .. ": " .. number
end
local function stable(v)
  local t = type(v)
  if t == "string" or t == "number" or t == "boolean" or t == "nil" then return tostring(v) end
  local mt = t == "table" and getmetatable(v)
  local name = t
  if type(mt) == "table" then
    local convert = rawget(mt, "__tostring")
    if convert then
      local text = convert(v)
      if type(text) ~= "string" then error("'__tostring' must return a string", 2) end
      return text
    end
    if type(rawget(mt, "__name")) == "string" then name = rawget(mt, "__name") end
  end
  return numbered(v, name)
end
function E.tostring(...)
  if select("#", ...) == 0 then error("bad argument #1 to 'tostring' (value expected)", 2) end
  return stable((...))
end
function E.tonumber(v, base)
  if type(v) == "string" then charge(#v / BYTES) end
  if base == nil then return tonumber(v) end
  return tonumber(v, base)
end

-- ---- errors, loading, metatables -------------------------------------------------------------------------------
E.pcall = box.pcall
-- The handler runs after unwinding: inside, Lua would run it with hooks off.
function E.xpcall(f, handler, ...)
  local r = pack(box.pcall(f, ...))
  if r[1] then return unpack(r, 1, r.n) end
  return false, handler(r[2])
end
function E.load(source, name, _, env)
  if type(source) ~= "string" then error("bad argument #1 to 'load' (string expected, got " .. type(source) .. ")", 2) end
  if #source > MAX_CHUNK then error("load: more than " .. MAX_CHUNK .. " bytes", 2) end
  charge(#source / PARSED)
  return box.uncatchable(load(source, type(name) == "string" and name or "=(load)", "t", env or box.session.environment))
end
function E.setmetatable(t, mt)
  if type(mt) == "table" and rawget(mt, "__gc") ~= nil then error("__gc is not allowed", 2) end
  return setmetatable(t, mt)
end
function E.getmetatable(v)
  if type(v) == "table" then return getmetatable(v) end
end

-- ---- string ----------------------------------------------------------------------------------------------------
local S = {}
box.string = S
S.char, S.len = string.char, string.len
local byte = string.byte
function S.byte(s, i, j)
  if j and type(s) == "string" then
    local first, last = tonumber(i) or 1, tonumber(j) or 1
    charge(((last < 0 and #s + last + 1 or last) - (first < 0 and #s + first + 1 or first)) / ELEMENTS)
  end
  return byte(s, i, j)
end
for _, name in next, { "lower", "upper", "reverse", "sub" } do
  local f = string[name]
  S[name] = function(...)
    local result = f(...)
    if #result > BYTES then charge(#result / BYTES) end
    return result
  end
end
function S.rep(s, n, separator)
  if type(s) ~= "string" or type(n) ~= "number" then error("string.rep: a string and a number expected", 2) end
  local size = #s + (type(separator) == "string" and #separator or 0)
  if n > 0 and (n > MAX_REPEATED or size * n > MAX_REPEATED) then
    error("string.rep: more than " .. MAX_REPEATED .. " bytes", 2)
  end
  if n > 0 then charge(size * n / BYTES) end
  return rep(s, n, separator)
end
function S.format(template, ...)
  if type(template) == "string" and find(template, "p", 1, true) and #template < 1000
    and find(gsub(template, "%%%%", ""), "%%[-#0 +%d.]*p") then
    error("string.format: %p is not available", 2)
  end
  local values = pack(...)
  for i = 1, values.n do
    local t = type(values[i])
    if t == "table" or t == "function" or t == "thread" then values[i] = stable(values[i]) end
  end
  local result = format(template, unpack(values, 1, values.n))
  charge(#result / FORMATTED)
  return result
end

-- ---- table, utf8, math -----------------------------------------------------------------------------------------
local T = { pack = pack }
local function plain(t)
  if type(t) ~= "table" then error("table expected, got " .. type(t), 3) end
  local mt = getmetatable(t)
  if mt ~= nil and (type(mt) ~= "table" or rawget(mt, "__len") ~= nil) then error("a plain table expected", 3) end
end
local function moved(t, position)
  position = tonumber(position)
  if position then charge((#t - position) / ELEMENTS) end
end
local insert, remove, concat = table.insert, table.remove, table.concat
function T.insert(t, ...)
  plain(t)
  if select("#", ...) > 1 then moved(t, (...)) end
  return insert(t, ...)
end
function T.remove(t, ...)
  plain(t)
  moved(t, (...))
  return remove(t, ...)
end
function T.concat(t, separator, i, j)
  plain(t)
  local first, last = tonumber(i) or 1, tonumber(j) or #t
  charge((last - first) / ELEMENTS)
  local result = concat(t, separator, i, j)
  charge(#result / BYTES)
  return result
end
local function less(a, b) return a < b end
-- Always with a comparator in Lua: between its calls the hook sees the time pass.
function T.sort(t, comparator)
  plain(t)
  sort(t, comparator or less)
end
local function range(first, last)
  if type(first) ~= "number" or type(last) ~= "number" then error("number expected", 3) end
  if last - first > MAX_MOVED then error("more than " .. MAX_MOVED .. " elements", 3) end
  if last > first then charge((last - first) / ELEMENTS) end
end
function T.unpack(t, i, j)
  plain(t)
  i, j = i or 1, j or #t
  range(i, j)
  return unpack(t, i, j)
end
function T.move(from, first, last, at, to)
  plain(from)
  if to ~= nil then plain(to) end
  range(first, last)
  return move(from, first, last, at, to)
end

local U = { char = utf8.char, charpattern = utf8.charpattern, codes = utf8.codes }
for _, name in next, { "len", "codepoint", "offset" } do
  local f = utf8[name]
  U[name] = function(s, ...)
    if type(s) == "string" then charge(#s / ELEMENTS) end
    return f(s, ...)
  end
end

local M = {}
for name, f in next, math do M[name] = f end
M.random, M.randomseed = box.random, box.randomseed

-- A line for the log, when the host offers one.
function E.print(...)
  local values = pack(...)
  for i = 1, values.n do values[i] = stable(values[i]) end
  local log = box.session.environment.tools.log
  if log then log("info", sub(table.concat(values, "\t"), 1, 4096)) end
end

box.library = { string = S, table = T, utf8 = U, math = M, coroutine = box.coroutine }
box.globals_of_scripts = E
