-- Owns coroutines: those of scripts draw on the same budget, and a call that waits inside one suspends the whole
-- callback, so AWAIT travels up through every resume between the call and the callback.
local box = ...
local charge, look, watch, uncatchable, AWAIT = box.charge, box.look, box.watch, box.uncatchable, box.AWAIT
local error, rawequal, setmetatable, type = error, rawequal, setmetatable, type
local create, resume, yield = coroutine.create, coroutine.resume, coroutine.yield
local status, running, close, isyieldable = coroutine.status, coroutine.running, coroutine.close, coroutine.isyieldable

-- Coroutines inside a call that waits, those of callbacks themselves too: only the host resumes them.
local waiting = setmetatable({}, { __mode = "k" })
box.waiting = waiting

local function check(co, level)
  if type(co) ~= "thread" then error("coroutine expected, got " .. type(co), level + 1) end
end

local pump
local function settle(co, ok, tag, ...)
  if not ok or not rawequal(tag, AWAIT) then return ok, tag, ... end
  if not isyieldable() then
    return pump(co, false, "this call must wait, which is not possible here")
  end
  waiting[co] = true
  return pump(co, yield(AWAIT))
end
pump = function(co, ...)
  waiting[co] = nil
  return settle(co, resume(co, ...))
end

local function wrapped_resume(co, ...)
  check(co, 2)
  charge(1)
  look()
  if waiting[co] then return false, "cannot resume a coroutine that waits for the host" end
  return uncatchable(pump(co, ...))
end

local function wrapped_create(f)
  if type(f) ~= "function" then error("function expected, got " .. type(f), 2) end
  charge(1)
  local co = create(f)
  watch(co)
  return co
end

local function raise_if_failed(co, ok, ...)
  if ok then return ... end
  if status(co) == "dead" then close(co) end
  error((...), 0)
end

box.coroutine = {
  create = wrapped_create,
  resume = wrapped_resume,
  yield = yield,
  status = function(co) check(co, 2) return status(co) end,
  running = running,
  isyieldable = function() return isyieldable() end,
  wrap = function(f)
    local co = wrapped_create(f)
    return function(...) return raise_if_failed(co, wrapped_resume(co, ...)) end
  end,
  close = function(co)
    check(co, 2)
    if co == running() then error("a coroutine cannot close itself", 2) end
    charge(1)
    return uncatchable(close(co))
  end,
}
