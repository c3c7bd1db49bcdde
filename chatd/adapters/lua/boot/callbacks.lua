-- Owns the way in: Python calls these functions, each runs scripts in a coroutine of its own and says how it ended.
-- The main thread runs nothing but this file, with the memory limit off, so nothing here can fail for want of memory.
local box = ...
local AWAIT, watch, refill, turn = box.AWAIT, box.watch, box.refill, box.turn
local limit_on, limit_off, decode_all = box.limit_on, box.limit_off, box.decode_all
local error, next, pcall, rawequal, rawget, type = error, next, pcall, rawequal, rawget, type
local create, resume, status, close = coroutine.create, coroutine.resume, coroutine.status, coroutine.close
local unpack, sub, OOM, waiting = table.unpack, string.sub, box.OOM, box.waiting

local MAX_MESSAGE = 1000                          -- bytes of an error message
local MAX_HANDLERS = 64                           -- functions registered for one callback
local RETURNED, RAISED, SUSPENDED, ABSENT = 0, 1, 2, 3  -- what Python is told; RAISED with a message, SUSPENDED with an id
-- Of a session: `handlers`, callback name -> functions registered with tools.on_X, and `suspended`, id -> coroutine.

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
  local session = box.session
  local id = session.last_id + 1
  session.last_id, session.suspended[id], waiting[co] = id, co, true
  return SUSPENDED, id
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

-- Each is told first whose turn it is.
local api = {}

local function call(name, ...)
  local session = box.session
  local global, list = rawget(session.environment, name), session.handlers[name]
  if list then
    refill(1)
    return enter(create(run_all), global, false, list, ...)
  end
  if global == nil then return ABSENT end
  if type(global) ~= "function" then return RAISED, name .. " is not a function but a " .. type(global) end
  refill(1)
  return enter(create(global), ...)
end

function api.call(session_id, floor, name, ...)
  turn(session_id, floor)
  return call(name, ...)
end

function api.call_nested(session_id, floor, name, ...)
  turn(session_id, floor)
  local values, n = decode_all(...)
  return call(name, unpack(values, 1, n))
end

function api.resume(session_id, floor, id, ok, ...)
  local suspended = turn(session_id, floor).suspended
  local values = decode_all(...)
  local co = suspended[id]
  if not co then return ABSENT end
  suspended[id] = nil
  refill(1)
  return enter(co, ok, values[1])
end

function api.run_file(session_id, floor, share, name, chunk, source, binary)
  turn(session_id, floor)
  refill(share)
  return enter(create(box.run_file), name, chunk, source, binary)
end

-- Throws "cancelled" into every suspended callback, oldest first, all within one budget.
function api.cancel_all(session_id, floor)
  local session = turn(session_id, floor)
  local suspended = session.suspended
  refill(1)
  for id = 1, session.last_id do
    local co = suspended[id]
    suspended[id] = nil
    if co and not box.killed() then
      if enter(co, false, "cancelled") == SUSPENDED then
        suspended[session.last_id] = nil
        limit_on()
        pcall(close, co)
        limit_off()
      end
    end
  end
end

-- Which of the callbacks that happen often a session's scripts have anything for: bit i - 1 for the i-th.
local often = box.often
function api.heard(session_id)
  local session, bits = box.sessions[session_id], 0
  local environment, handlers = session.environment, session.handlers
  for i = 1, #often do
    if handlers[often[i]] or rawget(environment, often[i]) ~= nil then bits = bits | 1 << i - 1 end
  end
  return bits
end

api.add_catalogue, api.open, api.close = box.add_catalogue, box.open, box.forget

-- Registration: tools.on_row_added(f) and its sisters, and tools.emit(name, …), which runs one's own callbacks.
local known = {}
for _, name in next, box.callbacks do known[name] = true end
for _, name in next, box.internal do known[name] = true end
function box.add_callbacks(tools)
  for _, name in next, box.callbacks do
    tools[name] = function(f)
      local handlers = box.session.handlers
      if type(f) ~= "function" then error(name .. ": function expected, got " .. type(f), 2) end
      local list = { unpack(handlers[name] or {}) }  -- a copy: a list that is being run through does not change
      if #list >= MAX_HANDLERS then error(name .. ": more than " .. MAX_HANDLERS .. " functions", 2) end
      list[#list + 1] = f
      handlers[name] = list
    end
  end
  function tools.emit(name, ...)
    if not known[name] then error("emit: no such callback", 2) end
    local session, result = box.session, nil
    local global, handlers = rawget(session.environment, name), session.handlers
    if global ~= nil then result = global(...) end
    if handlers[name] then run_all(global, true, handlers[name], ...) end
    return result
  end
end

box.api = api
