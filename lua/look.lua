-- Owns how one item looks: its author, its text from the host line by line, its state. Lines are lists of text and
-- style in turns, as tools.put takes them.
local here = require "here"
local mention = require "mention"
local text = require "text"
local theme = require "theme"

local M = { thoughts_open = false }

local MAX_TOOL_LINES = 3
local MAX_WAIT = 26     -- columns kept free of the name for what an answer waits for: "retrying in 60 s, 3 of 3"
local MARGIN = 2        -- columns kept free at the right, for the indicator
local states = theme.state_marks

-- Columns of the author and of the text. Without an author column the author has a line of its own.
local function columns(width, kind)
  local author = width >= 60 and 15 or width >= 40 and 11 or 0
  if author == 0 then author = kind == "system" and 2 or width >= 12 and 1 or 0 end
  return author, math.max(1, width - author - MARGIN)
end

local function has_column(width) return width >= 40 end

local function indicator()
  local frames = theme.frames
  return frames[here.now // 250 % #frames + 1]
end

-- Text of its own that an item has, instead of a row's: an action or a note.
local function own_text(item)
  if item.action then return "* " .. item.author .. " " .. item.action end
  return item.note
end

-- What the model thought, folded to one line or open: the lines, nil when it has not.
local function thoughts(item, room)
  if not item.thought then return nil end
  if not M.thoughts_open then
    return { text.clip("+ thought, " .. item.thought .. " characters (Ctrl-T opens)", room) }
  end
  local ok, lines = pcall(tools.thoughts, item.id, room)
  if not ok then return { text.clip("- (the thoughts are no longer at hand)", room) } end
  return lines
end

-- Lays an item out for a width: n, the number of its lines; of these `head` are the author's own, `pre` what was
-- thought, `t` the text's, and `tail` those of a state that has no room behind the text. Kept until the width or the
-- row changes.
local function measure(item, width)
  if item.width == width and item.folded == not M.thoughts_open then return end
  item.width, item.folded = width, not M.thoughts_open
  item.head, item.pre, item.tail, item.lines, item.thoughts = 0, 0, 0, nil, nil
  local own = own_text(item)
  if own then
    item.lines = tools.wrap(own, math.max(1, width - MARGIN))
    item.n, item.t = #item.lines, #item.lines
    return
  end
  local _, room = columns(width, item.kind)
  if item.kind ~= "system" and not has_column(width) then item.head = 1 end
  local ok, count = pcall(tools.lines, item.id, room)
  item.lost = not ok
  item.t = ok and math.max(1, count) or 1
  if item.kind == "tool" then item.t = math.min(item.t, MAX_TOOL_LINES) end
  local mark = states[item.status]
  if mark and ok then
    local final = tools.lines(item.id, room, item.t, item.t)[1] or ""
    if text.width(final) + 1 + #mark > room + MARGIN then item.tail = 1 end
  end
  item.thoughts = thoughts(item, room)
  item.pre = item.thoughts and #item.thoughts or 0
  item.n = item.head + item.pre + item.t + item.tail
end

-- How many lines an item takes.
function M.height(item, width)
  measure(item, width)
  return item.n
end

local function author(item, width)
  local kind = item.kind
  if kind == "system" then return theme.marks.system, theme.system end
  local name = theme.marks[kind] .. (kind == "tool" and item.tool or item.author)
  return text.clip(name, width), theme[kind]
end

-- Appends a piece of text, with the person's own name made to stand out.
local function append(spans, piece, style, watch)
  local from, name = 1, here.name:lower()
  local lower = watch and piece:lower()
  while watch do
    local a, b = mention.find_name(lower, name, from)
    if not a then break end
    if piece:sub(a - 1, a - 1) == "@" then a = a - 1 end
    spans[#spans + 1], spans[#spans + 2] = piece:sub(from, a - 1), style
    spans[#spans + 1], spans[#spans + 2] = piece:sub(a, b), theme.highlight
    from = b + 1
  end
  spans[#spans + 1], spans[#spans + 2] = piece:sub(from), style
end

local STYLES = { system = theme.system_text, tool = theme.tool_text }

local function text_style(item)
  if item.action then return theme.action end
  if item.note then return theme.notes[item.level] or theme.notes.info end
  return STYLES[item.kind] or theme.text
end

-- The text's lines from a to b, in one call to the host.
local function fetch(item, room, a, b)
  if item.lines then return table.move(item.lines, a, b, 1, {}) end
  if item.lost then return { "(this row is no longer at hand; End goes to the newest)" } end
  local ok, lines = pcall(tools.lines, item.id, room, a, b)
  return ok and lines or { "(this row is no longer at hand; End goes to the newest)" }
end

local function line(item, width, i, fetched, from)
  local margin = columns(width, item.kind)
  local column = has_column(width)
  if item.head == 1 and i == 1 then
    local name, style = author(item, width - MARGIN)
    return { name, style }
  end
  local k = i - item.head - item.pre
  local spans = {}
  if not item.lines then
    local name, style = "", ""
    if i == item.head + 1 and (column or item.kind == "system") then name, style = author(item, math.max(1, margin - 1)) end
    spans[1], spans[2] = text.fit(name, margin), style
  end
  if k < 1 then
    spans[#spans + 1], spans[#spans + 2] = item.thoughts[i - item.head], theme.thought
  elseif k <= item.t then
    local watch = item.kind ~= "own" and here.name ~= ""
    append(spans, fetched[i - from + 1] or "", text_style(item), watch)
  end
  if i == item.n then
    local mark = states[item.status]
    if item.open then
      spans[#spans + 1], spans[#spans + 2] = " " .. indicator(), theme.indicator
    elseif mark then
      spans[#spans + 1], spans[#spans + 2] = (item.tail == 1 and "" or " ") .. mark, theme.state
    end
  end
  return spans
end

-- Lines from `from` to `to` of an item, each a list of text and style in turns.
function M.lines(item, width, from, to)
  measure(item, width)
  local _, room = columns(width, item.kind)
  local above = item.head + item.pre
  local a, b = math.max(1, from - above), math.min(item.t, to - above)
  local fetched = b >= a and fetch(item, room, a, b) or {}
  local result = {}
  for i = from, to do result[#result + 1] = line(item, width, i, fetched, a + above) end
  return result
end

-- What an answer waits for, in words that follow its model's name; nil when it does not wait.
function M.waits(stream)
  if stream.stage == "queued" then return "number " .. (stream.position or "?") .. " in the queue" end
  if stream.stage == "retrying" then return stream.retry end
end

-- The line of an answer that has not begun. A long name leaves what it waits for as much as says where it stands.
function M.pending(stream, width)
  local words = M.waits(stream)
  local room = math.max(1, width - MARGIN)
  local kept = words and math.min(text.width(words) + 1, MAX_WAIT, room // 2 + 7) or 0
  local name, style = author({ kind = "model", author = stream.model }, math.max(1, room - kept))
  local spans = { name, style, " " .. indicator(), theme.indicator }
  local left = width - text.width(name) - 3
  if words and left > 0 then spans[5], spans[6] = " " .. text.clip(words, left), theme.thought end
  return spans
end

return M
