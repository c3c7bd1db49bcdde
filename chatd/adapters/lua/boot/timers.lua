-- Owns tools.after, tools.every and tools.cancel_timer. The functions stay here; the host counts the time and knows a
-- timer by its number, which it gives back with the callback on_timer.
local box = ...
local error, gsub, pcall, tostring, type = error, string.gsub, box.pcall, tostring, type

-- Of a session: `timers`, number -> function, and `once`, number -> true: it runs but once.
box.timer_handlers = { function(id)
  local session = box.session
  local f = session.timers[id]
  if session.once[id] then session.timers[id], session.once[id] = nil, nil end
  if f then return f(id) end
end }

function box.add_timers(tools, offered)
  local start, stop = offered.timer_start, offered.timer_stop
  tools.timer_start, tools.timer_stop = nil, nil

  local function timer(name, repeats)
    return function(seconds, f)
      if not start then error(name .. ": there are no timers here", 2) end
      if type(f) ~= "function" then error(name .. ": function expected, got " .. type(f), 2) end
      local ok, id = pcall(start, seconds, repeats)
      if not ok then error(name .. ": " .. gsub(tostring(id), "^.-timer_start: ", "", 1), 2) end
      local session = box.session
      session.timers[id], session.once[id] = f, not repeats or nil
      return id
    end
  end

  tools.after, tools.every = timer("after", false), timer("every", true)
  function tools.cancel_timer(id)
    local session = box.session
    if id == nil or not session.timers[id] then return false end
    session.timers[id], session.once[id] = nil, nil
    return stop(id)
  end
end
