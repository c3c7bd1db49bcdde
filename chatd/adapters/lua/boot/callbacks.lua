-- Owns the way in: Python calls these functions, each runs scripts in a coroutine of its own and says how it ended.
-- The main thread runs nothing but this file, with the memory limit off, so nothing here can fail for want of memory.
local box = ...
local E, AWAIT, watch, refill = box.environment, box.AWAIT, box.watch, box.refill
local limit_on, limit_off, decode_all = box.limit_on, box.limit_off, box.decode_all
local error, next, pcall, rawequal, rawget, type = error, next, pcall, rawequal, rawget, type
local string_meta = debug.getmetatable("")
local create, resume, status, close = coroutine.create, coroutine.resume, coroutine.status, coroutine.close
local unpack, sub, OOM, waiting = table.unpack, string.sub, box.OOM, box.waiting

local MAX_MESSAGE = 1000                          -- bytes of an error message
local MAX_HANDLERS = 64                           -- functions registered for one callback
local RETURNED, RAISED, SUSPENDED, ABSENT = 0, 1, 2, 3  -- what Python is told; RAISED with a message, SUSPENDED with an id
local handlers = {}                               -- callback name -> functions registered with tools.on_X
local suspended, last_id = {}, 0                  -- id -> coroutine
local often = {}                                  -- names of callbacks whose absence is worth knowing

local function message(e)
  if e == OOM then return "not enough memory, the limit is " .. box.memory .. " bytes" end
  if type(e) == "string" then return sub(e, 1, MAX_MESSAGE) end
  return "(the error is a " .. type(e) .. ")"
end

local function leave(co, ok, tag)
  limit_off()
  box.recover()
  if not ok then
    local why = box.killed()
    if why then return RAISED, why end  -- no `<close>` handlers: whatever still ran would be killed at once
    limit_on()
    pcall(close, co)
    limit_off()
    return RAISED, message(tag)
  end
  if status(co) == "dead" then return RETURNED end
  -- Raw: a script's `__eq` would run here without any limit, and be given AWAIT.
  if not rawequal(tag, AWAIT) then return RAISED, "attempt to yield from a callback" end
  last_id = last_id + 1
  suspended[last_id], waiting[co] = co, true
  return SUSPENDED, last_id
end

local function enter(co, ...)
  watch(co)
  waiting[co] = nil
  limit_on()
  return leave(co, resume(co, ...))
end

-- The global function unless it is `done`, then the registered ones, each once; one that fails does not keep the others
-- from running.
local function run_all(global, done, list, ...)
  local failed, first = false, nil
  local function try(f, ...)
    local ok, e = box.pcall(f, ...)
    if not ok and not failed then failed, first = true, e end
  end
  if global ~= nil and not done then try(global, ...) end
  for i = 1, #list do
    if not rawequal(list[i], global) then try(list[i], ...) end
  end
  if failed then error(first, 0) end
end

local api = {}

function api.call(name, ...)
  local global, list = rawget(E, name), handlers[name]
  if list then
    refill(1)
    return enter(create(run_all), global, false, list, ...)
  end
  if global == nil then return ABSENT end
  if type(global) ~= "function" then return RAISED, name .. " is not a function but a " .. type(global) end
  refill(1)
  return enter(create(global), ...)
end

function api.call_nested(name, ...)
  local values, n = decode_all(...)
  return api.call(name, unpack(values, 1, n))
end

function api.resume(id, ok, ...)
  local values = decode_all(...)
  local co = suspended[id]
  if not co then return ABSENT end
  suspended[id] = nil
  refill(1)
  return enter(co, ok, values[1])
end

function api.run_file(share, name, chunk, source, binary)
  refill(share)
  return enter(create(box.run_file), name, chunk, source, binary)
end

-- Throws "cancelled" into every suspended callback, oldest first, all within one budget.
function api.cancel_all()
  refill(1)
  for id = 1, last_id do
    local co = suspended[id]
    suspended[id] = nil
    if co and not box.killed() then
      if enter(co, false, "cancelled") == SUSPENDED then
        suspended[last_id] = nil
        limit_on()
        pcall(close, co)
        limit_off()
      end
    end
  end
end

-- Which of the first callbacks scripts have anything for: bit i - 1 for the i-th of those that happen often.
function api.heard()
  local bits = 0
  for i = 1, #often do
    if handlers[often[i]] or rawget(E, often[i]) ~= nil then bits = bits | 1 << i - 1 end
  end
  return bits
end

-- Lets go of what Lua itself refers to; when Python has dropped these functions too, a collection frees everything.
function api.close()
  string_meta.__index = nil
end

-- Registration: tools.on_row_added(f) and its sisters, and tools.emit(name, …), which runs one's own callbacks.
function box.add_callbacks(tools, names, frequent)
  local known = {}
  often = frequent
  for _, name in next, names do
    known[name] = true
    tools[name] = function(f)
      if type(f) ~= "function" then error(name .. ": function expected, got " .. type(f), 2) end
      local list = { unpack(handlers[name] or {}) }  -- a copy: a list that is being run through does not change
      if #list >= MAX_HANDLERS then error(name .. ": more than " .. MAX_HANDLERS .. " functions", 2) end
      list[#list + 1] = f
      handlers[name] = list
    end
  end
  function tools.emit(name, ...)
    if not known[name] then error("emit: no such callback", 2) end
    local global, result = rawget(E, name), nil
    if global ~= nil then result = global(...) end
    if handlers[name] then run_all(global, true, handlers[name], ...) end
    return result
  end
end

box.api = api
