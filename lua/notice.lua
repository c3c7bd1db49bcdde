-- Owns the notice: the newest thing the person alone is told. It stays for some seconds, or until a key is pressed;
-- what the host says stays a moment even then, for it may come in the middle of a word.
local here = require "here"
local text = require "text"

local M = {}

local SECONDS = { info = 6, warn = 10, error = 15 }
local HELD_MS = 2000
local MAX_BYTES = 2000   -- of a text: what is longer does not fit on a screen, nor through tools.wrap
local HANG = "  "         -- before the later lines: what somebody wrote in it looks like no other one

local current            -- {text, level, told}: told is when the host said it, nil for what a script did
local timer              -- of its end

-- The beginning of a text that is too long, without half a character.
local function cut(words)
  if #words <= MAX_BYTES then return words end
  local to = MAX_BYTES
  while to > MAX_BYTES - 4 and words:byte(to + 1) // 64 == 2 do to = to - 1 end
  return words:sub(1, to) .. " …"
end

local function stop()
  if timer then tools.cancel_timer(timer) end
  current, timer = nil, nil
  tools.mark_dirty("status")
end

-- In line mode a notice is a line of its own and nothing is kept.
function M.show(words, level)
  if type(words) ~= "string" then error("notice.show: string expected, got " .. type(words), 2) end
  words = cut(words)
  level = SECONDS[level] and level or "info"
  if not here.is_screen() then
    tools.notify(words)
    return
  end
  stop()
  current = { text = words, level = level }
  local ok, id = pcall(tools.after, SECONDS[level], stop)
  timer = ok and id or nil  -- where scripts have taken all timers it stays until a key is pressed
end

-- The host's own words.
function M.told(words, level)
  M.show(words, level)
  if current then current.told = tools.now() end
end

-- A key was pressed.
function M.dismiss()
  if not current then return end
  local since = current.told and tools.now() - current.told
  if not since or since < 0 or since >= HELD_MS then stop() end
end

-- The text of it, nil without a notice.
function M.current() return current and current.text end

-- The lines for a width, at most `most`, and the level; nil without a notice. The others hang below the first.
function M.lines(width, most)
  if not current then return nil end
  local lines = tools.wrap(current.text, math.max(1, width - 2 - #HANG), math.max(1, width - 2))
  if #lines > most then
    lines = table.move(lines, 1, most, 1, {})
    lines[most] = text.clip(lines[most] .. " …", math.max(1, width - 2 - (most > 1 and #HANG or 0)))
  end
  for i = 2, #lines do lines[i] = HANG .. lines[i] end
  return lines, current.level
end

return M
