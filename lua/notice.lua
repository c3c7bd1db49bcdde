-- Owns the notice: the newest thing the person alone is told. It stays for some seconds, or until a key is pressed;
-- what the host says stays a moment even then, for it may come in the middle of a word.
local here = require "here"

local M = {}

local SECONDS = { info = 6, warn = 10, error = 15 }
local HELD_MS = 2000
local MAX_BYTES = 2000   -- of a text: what is longer does not fit on a screen, nor through tools.wrap

local current  -- {text, level, ends, held, at}: times in milliseconds; at is when it was looked at last

-- Where the clock was set back, the notice stays as long as it would have.
local function look(now)
  if current and now < current.at then
    local back = current.at - now
    current.ends, current.held = current.ends - back, current.held - back
  end
  if current then current.at = now end
end

-- The beginning of a text that is too long, without half a character.
local function cut(text)
  if #text <= MAX_BYTES then return text end
  local to = MAX_BYTES
  while to > MAX_BYTES - 4 and text:byte(to + 1) // 64 == 2 do to = to - 1 end
  return text:sub(1, to) .. " …"
end

-- In line mode a notice is a line of its own and nothing is kept.
function M.show(text, level)
  if type(text) ~= "string" then error("notice.show: string expected, got " .. type(text), 2) end
  text = cut(text)
  level = SECONDS[level] and level or "info"
  if not here.is_screen() then
    tools.notify(text)
    return
  end
  here.now = tools.now()
  current = { text = text, level = level, ends = here.now + SECONDS[level] * 1000, held = 0, at = here.now }
  tools.mark_dirty("status")
end

-- The host's own words.
function M.told(text, level)
  M.show(text, level)
  if current then current.held = here.now + HELD_MS end
end

-- A key was pressed.
function M.dismiss()
  local now = tools.now()
  look(now)
  if current and now >= current.held then
    current = nil
    tools.mark_dirty("status")
  end
end

-- Time passed. Returns whether the notice just ended.
function M.tick(now)
  look(now)
  if not current or now < current.ends then return false end
  current = nil
  return true
end

-- Text and level of the notice to draw, nil without one.
function M.current()
  if current then return current.text, current.level end
end

return M
