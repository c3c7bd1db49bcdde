-- Owns how one item looks: when, who, what, and how it ended. Lines are lists of text and style in turns, as tools.put
-- takes them.
local body = require "body"
local clock = require "clock"
local fold = require "fold"
local text = require "text"
local theme = require "theme"

local M = {}

local MARGIN = 2        -- columns kept free at the right, for the indicator
local LEAST = 4         -- columns below which there is no margin at the left either: nobody reads there
local MAX_SPANS = 60    -- texts and styles of one line: tools.put takes 64 arguments

-- ---- columns ---------------------------------------------------------------------------------------------------
-- Columns of the time, the author and the text. Without an author column the author has a line of its own. A text
-- never begins where names do, so that no line of it can be taken for another row.
local function columns(width)
  local _, time = clock.column(width)
  local inner = width - time
  local author = inner >= 60 and 15 or inner >= 40 and 11 or inner >= LEAST and 2 or 0
  return time, author, math.max(1, inner - author - MARGIN)
end

local function room_of(width) return select(3, columns(width)) end

-- Columns of what stands over the whole width, but for the time.
function M.room(width) return math.max(1, width - columns(width) - MARGIN) end

local function has_column(width)
  local _, time = clock.column(width)
  return width - time >= 40
end

-- What moves, in so many columns kept free for it.
function M.indicator(phase) return theme.frames[phase % #theme.frames + 1] end

-- The author's name with its mark, and its style.
function M.author(item, width)
  local kind = item.kind
  if kind == "system" then return theme.marks.system, theme.system end
  local name = theme.marks[kind] .. (kind == "tool" and item.tool or item.by or item.author)
  return text.clip(name, width), theme[kind]
end

-- ---- laying out ------------------------------------------------------------------------------------------------
-- What the model thought, folded to one line or open: the lines, nil when it has not.
local function thoughts(item, room)
  if not item.thought then return nil end
  if not fold.is_open("thoughts") then
    return { text.clip("+ thought, " .. item.thought .. " characters (Ctrl-T opens)", room) }
  end
  local n = tools.thoughts(item.id, room)
  return tools.thoughts(item.id, room, 1, n < 0 and -n - 1 or n)
end

local function width_of(spans)
  local width = 0
  for i = 1, #spans, 2 do width = width + text.width(spans[i]) end
  return width
end

-- What was thought: before a call it stands above the call's line, as lines of the model's own.
local function measure_thoughts(item, width)
  item.thoughts = thoughts(item, room_of(width))
  if not item.thoughts then return end
  local name = has_column(width) and 0 or 1
  if item.kind == "tool" then item.above = name + #item.thoughts else item.pre = #item.thoughts end
end

-- How it ended, where that is to be said, or that it is an answer which was given before; and which rows its model was
-- given as related ones.
local function mark_of(item)
  local mark = theme.state_marks[item.status] or item.cached and "[cached]"
  if not item.sources or item.open then return mark end
  return (mark and mark .. " " or "") .. item.sources
end

-- Who wrote it, what was thought, the text, and how it ended, when that has no room behind the text.
local function measure_row(item, width)
  local room = room_of(width)
  if item.kind ~= "system" and not has_column(width) then item.head = 1 end
  item.t = body.measure(item, room)
  local mark = mark_of(item)
  if mark then
    local used = width_of(body.lines(item, item.t, item.t)[1])
    if used + 1 + #mark > room + MARGIN then item.tail = 1 end
  end
  measure_thoughts(item, width)
  item.n = item.above + item.head + item.pre + item.t + item.tail
end

-- Lays an item out for a width: n, the number of its lines; of these `above` are what was thought before a call,
-- `head` the author's own, `pre` what was thought, `t` the text's, and `tail` that of a state. `form` says which lines
-- they are.
function M.measure(item, width)
  item.above, item.head, item.pre, item.tail, item.t, item.n = 0, 0, 0, 0, 0, 0
  if item.hidden or fold.is_in_call(item) then
    item.form = "none"
    return
  end
  local room = M.room(width)
  item.own = body.rendered(item, room)
  if item.own then
    item.form, item.t, item.n = "rendered", #item.own, #item.own
  elseif item.action or not item.seq then
    item.form, item.t = "words", body.measure(item, room_of(width), room)
    item.n = item.t
  elseif item.kind == "tool" and not fold.is_open("tools") then
    measure_thoughts(item, width)
    item.form, item.t, item.n = "folded", 1, item.above + 1
  else
    item.form = "row"
    measure_row(item, width)
  end
end

-- ---- lines -----------------------------------------------------------------------------------------------------
-- Whose name stands in line i, nil when none does: the author's, or that of the model which thought and then called.
local function named(item, i)
  if i == 1 and item.above > 0 then return { kind = "model", by = item.by, author = item.author } end
  if i == item.above + item.head + 1 then return item end
end

-- What stands before the text of line i: the time, and the author's name or blanks instead of both.
local function margins(item, width, i)
  local time, margin = columns(width)
  local spans = {}
  if time > 0 then
    local when = i == 1 and item.created and clock.stamp(item.created, (clock.column(width))) .. " " or (" "):rep(time)
    spans[1], spans[2] = when, theme.time
  end
  if item.form == "rendered" or item.form == "words" and i == 1 or margin == 0 then return spans end
  local name, style, who = "", "", named(item, i)
  if who and (has_column(width) or item.kind == "system") then
    name, style = M.author(who, math.max(1, margin - 1))
  end
  spans[#spans + 1], spans[#spans + 2] = text.fit(name, margin), style
  return spans
end

local function folded_line(item, width)
  local room = room_of(width)
  local spans = margins(item, width, item.above + 1)
  if not has_column(width) then  -- then there is no time, either
    local name, style = M.author(item, width - MARGIN - 1)
    spans = { name .. " ", style }
    room = width - MARGIN - text.width(name) - 1
  end
  local parts = fold.line(item, math.max(0, room))
  return table.move(parts, 1, #parts, #spans + 1, spans)
end

local function name_line(who, width)
  local name, style = M.author(who, width - MARGIN)
  return { name, style }
end

-- Line i of what was thought before a call.
local function line_above(item, width, i)
  local own = item.above - #item.thoughts  -- lines of the name
  if i <= own then return name_line(named(item, i), width) end
  local spans = margins(item, width, i)
  spans[#spans + 1], spans[#spans + 2] = item.thoughts[i - own], theme.thought
  return spans
end

-- Line i, without what moves; `lines` are those of the text, from its line `first` on.
local function line(item, width, i, lines, first)
  if i <= item.above then return line_above(item, width, i) end
  if item.form == "folded" then return folded_line(item, width) end
  if item.head == 1 and i == item.above + 1 then return name_line(item, width) end
  local spans = margins(item, width, i)
  local k = i - item.above - item.head - item.pre
  if k < 1 then
    spans[#spans + 1], spans[#spans + 2] = item.thoughts[i - item.head], theme.thought
  elseif k <= item.t then
    table.move(lines[k - first + 1], 1, #lines[k - first + 1], #spans + 1, spans)
  end
  local mark = i == item.n and item.form == "row" and mark_of(item)
  if mark then
    local words = item.tail == 1 and text.clip(mark, room_of(width) + MARGIN) or " " .. mark
    spans[#spans + 1], spans[#spans + 2] = words, theme.state
  end
  return spans
end

-- Neighbours of one style joined, and not more of them than tools.put takes.
local function joined(spans)
  if #spans <= 4 then return spans end
  local result, n = {}, 0
  for i = 1, #spans, 2 do
    if n > 0 and (result[n] == spans[i + 1] or n >= MAX_SPANS) then
      result[n - 1] = result[n - 1] .. spans[i]
    else
      result[n + 1], result[n + 2] = spans[i], spans[i + 1]
      n = n + 2
    end
  end
  return result
end

-- What moves behind the last line of an answer: that it is being written, and how fast.
local function with_indicator(spans, item, width)
  spans[#spans + 1], spans[#spans + 2] = " " .. M.indicator(item.phase or 0), theme.indicator
  local per_second = item.tokens_per_s
  local speed = math.type(per_second) and per_second > 0 and per_second < 1e6 and (" %.0f tok/s"):format(per_second)
  if speed and width_of(spans) + #speed <= width then spans[#spans + 1], spans[#spans + 2] = speed, theme.fold end
  return spans
end

-- Lines from `from` to `to` of an item that has been measured, each a list of text and style in turns.
function M.lines(item, width, from, to)
  local above = item.above + item.head + item.pre
  local first, last = math.max(1, from - above), math.min(item.t, to - above)
  local lines = item.form == "rendered" and table.move(item.own, first, last, 1, {})
    or item.form ~= "folded" and last >= first and body.lines(item, first, last) or {}
  local made = {}
  for i = from, to do made[i - from + 1] = joined(line(item, width, i, lines, first)) end
  if to == item.n and to >= from and (item.open or item.form == "folded" and fold.runs(item)) then
    made[#made] = with_indicator(made[#made], item, width)
  end
  return made
end

-- The lines of an item that has been measured where what is searched for stands nearest together, at least one.
function M.find(item, apart)
  if item.form ~= "row" then return { item.above + 1 } end
  local lines = {}
  for i, k in ipairs(body.find(item, item.t, 2000, apart)) do lines[i] = item.above + item.head + item.pre + k end
  return #lines > 0 and lines or { 1 }
end

return M
