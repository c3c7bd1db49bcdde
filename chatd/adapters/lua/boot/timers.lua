-- Owns tools.after, tools.every and tools.cancel_timer. The functions stay here; the host counts the time and knows a
-- timer by its number, which it gives back with the callback on_timer.
local box = ...
local error, gsub, pcall, tostring, type = error, string.gsub, box.pcall, tostring, type

local TIMER = "on_timer"

local functions = {}     -- number -> function
local once = {}          -- number -> true: it runs but once

function box.add_timers(tools)
  local start, stop, register = tools.timer_start, tools.timer_stop, tools[TIMER]
  tools.timer_start, tools.timer_stop, tools[TIMER] = nil, nil, nil

  local function timer(name, repeats)
    return function(seconds, f)
      if not start then error(name .. ": there are no timers here", 2) end
      if type(f) ~= "function" then error(name .. ": function expected, got " .. type(f), 2) end
      local ok, id = pcall(start, seconds, repeats)
      if not ok then error(name .. ": " .. gsub(tostring(id), "^.-timer_start: ", "", 1), 2) end
      functions[id], once[id] = f, not repeats or nil
      return id
    end
  end

  tools.after, tools.every = timer("after", false), timer("every", true)
  function tools.cancel_timer(id)
    if id == nil or not functions[id] then return false end
    functions[id], once[id] = nil, nil
    return stop(id)
  end
  register(function(id)
    local f = functions[id]
    if once[id] then functions[id], once[id] = nil, nil end
    if f then return f(id) end
  end)
end
