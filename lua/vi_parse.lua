-- Owns the grammar of vi's commands: what a list of keys means.
local commands = require "vi_commands"
local motions = require "vi_motions"

local M = {}

local MAX_COUNT = 9999
local OPERATORS = { d = true, c = true, y = true }
local NEEDS_CHAR = { f = true, F = true, t = true, T = true }
local TURNED = { f = "F", F = "f", t = "T", T = "t" }

-- The number that begins with the key at `from`, and where it ends.
local function number(keys, from)
  local digits = ""
  while keys[from] and keys[from]:find("^%d$") and (digits ~= "" or keys[from] ~= "0") do
    digits, from = digits .. keys[from], from + 1
  end
  return digits ~= "" and math.min(math.tointeger(tonumber(digits:sub(1, 6))), MAX_COUNT) or nil, from
end

-- A motion from the keys: {key=, char=}, nil when it is not complete, false when it is none.
local function motion_at(keys, i, sought)
  local key = keys[i]
  if not key then return nil end
  if key == "g" then
    if not keys[i + 1] then return nil end
    return keys[i + 1] == "g" and { key = "gg" }
  elseif NEEDS_CHAR[key] then
    return keys[i + 1] and { key = key, char = keys[i + 1] }
  elseif key == ";" or key == "," then
    if not sought then return false end
    return { key = key == ";" and sought.key or TURNED[sought.key], char = sought.char, again = true }
  elseif key == " " or key == "Backspace" then
    return { key = key == " " and "l" or "h" }
  end
  return motions.by_key[key] and { key = key } or false
end

-- An operator's stretch: its own key again (lines), a word (iw, aW), or a motion.
local function stretch_at(keys, i, operator, sought)
  if keys[i] == operator then return { lines = true } end
  if keys[i] == "i" or keys[i] == "a" then
    local object = keys[i + 1]
    if not object then return nil end
    return (object == "w" or object == "W") and { word = object, around = keys[i] == "a" }
  end
  local motion = motion_at(keys, i, sought)
  return motion and { motion = motion } or motion
end

-- The command that the keys are: nil when more are to come, false when it is none. `sought` is the last f, F, t or T.
--
-- {count=} and one of: motion={key=, char=, again=}; operator= with stretch={lines=} or {word=, around=} or {motion=};
-- act=, char=.
function M.command(keys, sought)
  local count, i = number(keys, 1)
  local key = keys[i]
  if not key then return nil end
  local short = commands.short[key]
  if short then
    return { count = count, operator = short[1],
             stretch = short[1] == short[2] and { lines = true } or { motion = { key = short[2] } } }
  elseif OPERATORS[key] then
    local more
    more, i = number(keys, i + 1)
    if more then count = math.min(more * (count or 1), MAX_COUNT) end
    local stretch = stretch_at(keys, i, key, sought)
    return stretch and { count = count, operator = key, stretch = stretch } or stretch
  elseif key == "r" then
    return keys[i + 1] and { count = count, act = key, char = keys[i + 1] }
  elseif commands.by_key[key] or key == "." or key == "/" then
    return { count = count, act = key }
  end
  local motion = motion_at(keys, i, sought)
  return motion and { count = count, motion = motion } or motion
end

return M
