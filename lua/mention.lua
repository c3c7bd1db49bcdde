-- Owns what a typed line means: speech, a question to models, or a command. Decides nothing about whether it is allowed.
local text = require "text"

local M = {}

-- A trimmed line as {kind="say", text} or {kind="ask", names, message, text} or {kind="command", name, rest, text}.
function M.parse(line)
  if line:sub(1, 1) == "/" then
    if line:sub(2, 2) == "/" then return { kind = "say", text = line:sub(2) } end
    local name, rest = text.split_word(line:sub(2))
    return { kind = "command", name = name:lower(), rest = rest, text = line }
  end
  local asked = tools.asked(line)
  if not asked then return { kind = "say", text = line } end
  return { kind = "ask", names = asked.names, message = asked.message, text = line }
end

local function bytes(characters)
  local set = {}
  for i = 1, #characters do set[characters:byte(i)] = true end
  return set
end

local IN_NAMES = bytes("0123456789_-abcdefghijklmnopqrstuvwxyz")
local BEFORE = bytes("0123456789_-abcdefghijklmnopqrstuvwxyz.~/")
local DOT = 46

-- Where `name` stands in s as a word of its own (any case), from index `from` on: first and last index, nil if nowhere.
-- `lower` is s in lower case.
function M.find_name(lower, name, from)
  while true do
    local a, b = lower:find(name, from, true)
    if not a then return nil end
    local after, next = lower:byte(b + 1, b + 2)
    -- A dot belongs to a name only when the name goes on behind it.
    local goes_on = IN_NAMES[after] or after == DOT and IN_NAMES[next] and next ~= 45 and next ~= 95
    if not goes_on and not (a > 1 and BEFORE[lower:byte(a - 1)]) then return a, b end
    from = b + 1
  end
end

return M
