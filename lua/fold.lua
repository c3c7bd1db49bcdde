-- Owns what is folded: what models thought, and what they had tools do. Folded, a call and its result are one line.
local settings = require "settings"
local text = require "text"
local theme = require "theme"

local M = {}

local MAX_SHORT = 240    -- bytes that are kept of what a call or a result says

local open = { thoughts = false, tools = false }

function M.is_open(what) return open[what] end

-- What is folded is open from now on, or what is open is folded: "thoughts" or "tools".
function M.toggle(what) open[what] = not open[what] end

for what in pairs(open) do
  settings.watch(what, function(value) open[what] = value == "open" end)
end

-- The beginning of a text, on one line.
function M.short(words)
  local from = words:find("%S") or 1
  local to = from + MAX_SHORT - 1
  if to < #words then
    while to > from and (words:byte(to + 1) or 0) // 64 == 2 do to = to - 1 end  -- not within a character
  end
  local line = words:sub(from, to):gsub("%s+", " ")
  return to < #words and line .. " …" or text.trim(line)
end

-- Whether an item is a result that stands in the line of its call.
function M.is_in_call(item) return item.in_call and not open.tools end

local function result_of(item)
  if item.method == "tool.result" then return item end
  return item.result
end

-- Whether a folded call still runs.
function M.runs(item)
  local result = result_of(item)
  return result ~= nil and result.open
end

-- The one line of a folded call and its result, or of a result without a call: text and style in turns, at most `width`
-- columns. How it ended has its place, however long the arguments are.
function M.line(item, width)
  local result, spans, left = result_of(item), {}, width
  local function put(piece, style)
    piece = text.clip(piece, left)
    left = left - text.width(piece)
    if piece ~= "" then spans[#spans + 1], spans[#spans + 2] = piece, style end
  end
  local mark = theme.state_marks[result and result.status or item.status]
  local said = result and result.short or ""
  local ending = (mark and #mark + 1 or 0) + (result and 3 + math.min(text.width(said), width // 2) or 2)
  if item ~= result then put(text.clip(item.short, math.max(0, width - ending)), theme.tool_text) end
  put(result and (#spans > 0 and " → " or "→ ") or mark and " " or " …", theme.fold)
  if mark then put(said ~= "" and mark .. " " or mark, theme.state) end
  put(said, theme.tool_text)
  if #spans == 0 then spans[1], spans[2] = "", "" end
  return spans
end

return M
