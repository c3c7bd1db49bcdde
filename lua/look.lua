-- Owns how one item looks: when, who, what, and how it ended. Lines are lists of text and style in turns, as tools.put
-- takes them. What was drawn in the last frame is kept, so that a line that has not changed costs the host nothing.
local body = require "body"
local clock = require "clock"
local epoch = require "epoch"
local fold = require "fold"
local here = require "here"
local hooks = require "hooks"
local settings = require "settings"
local text = require "text"
local theme = require "theme"

local M = {}

local MAX_WAIT = 26     -- columns kept free of the name for what an answer waits for: "retrying in 60 s, 3 of 3"
local MARGIN = 2        -- columns kept free at the right, for the indicator
local LEAST = 4         -- columns below which there is no margin at the left either: nobody reads there
local MAX_FRESH = 250   -- lines made in one frame: three screens of a large terminal; the largest take several frames
local MAX_SPANS = 60    -- texts and styles of one line: tools.put takes 64 arguments

local drawn, drawing = {}, {}   -- item -> {laid, lines}: of the last frame, and of this one
local running = {}              -- row id -> stream
local fresh = 0                 -- lines made for this frame
local frames = 0                -- counts frames
local laid = 0                  -- counts layouts: what was drawn of another layout of an item is of no use

settings.watch("theme", epoch.begin)

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

local function has_column(width)
  local _, time = clock.column(width)
  return width - time >= 40
end

local function indicator()
  local frames = theme.frames
  return frames[here.now // 250 % #frames + 1]
end

local function author(item, width)
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
  local ok, n = pcall(tools.thoughts, item.id, room)
  if not ok then return { text.clip("- (the thoughts are no longer at hand)", room) } end
  item.thinks_on = n < 0  -- the host goes on laying them out in the next frame
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

-- Who wrote it, what was thought, the text, and how it ended, when that has no room behind the text.
local function measure_row(item, width)
  local room = room_of(width)
  if item.kind ~= "system" and not has_column(width) then item.head = 1 end
  item.t = body.measure(item, room)
  local mark = theme.state_marks[item.status]
  if mark and not item.lost then
    local used = width_of(body.lines(item, item.t, item.t)[1])
    if used + 1 + #mark > room + MARGIN then item.tail = 1 end
  end
  measure_thoughts(item, width)
  item.n = item.above + item.head + item.pre + item.t + item.tail
end

-- Lays an item out for a width: n, the number of its lines; of these `above` are what was thought before a call,
-- `head` the author's own, `pre` what was thought, `t` the text's, and `tail` that of a state. `form` says which lines
-- they are.
local function measure_anew(item, width)
  item.above, item.head, item.pre, item.tail, item.t, item.thoughts, item.own = 0, 0, 0, 0, 0, nil, nil
  item.thinks_on = false
  hooks.filter(item)
  if item.hidden or fold.is_in_call(item) then
    item.form, item.n = "none", 0
    return
  end
  local room = math.max(1, width - columns(width) - MARGIN)
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

-- The same, unless nothing has changed.
local function measure(item, width)
  local again = (item.unfinished or item.thinks_on) and item.tried ~= frames  -- the host goes on with it once in a frame
  if item.width == width and item.epoch == epoch.number and not again then return end
  item.tried = frames
  item.width = nil  -- a hook may have to be stopped in the middle of this
  measure_anew(item, width)
  laid = laid + 1
  item.width, item.epoch, item.laid = width, epoch.number, laid
end

-- How many lines an item takes; none when it is hidden.
function M.height(item, width)
  measure(item, width)
  return item.n
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
  if who and (has_column(width) or item.kind == "system") then name, style = author(who, math.max(1, margin - 1)) end
  spans[#spans + 1], spans[#spans + 2] = text.fit(name, margin), style
  return spans
end

local function folded_line(item, width)
  local room = room_of(width)
  local spans = margins(item, width, item.above + 1)
  if not has_column(width) then  -- then there is no time, either
    local name, style = author(item, width - MARGIN - 1)
    spans = { name .. " ", style }
    room = width - MARGIN - text.width(name) - 1
  end
  local parts = fold.line(item, math.max(0, room))
  return table.move(parts, 1, #parts, #spans + 1, spans)
end

local function name_line(who, width)
  local name, style = author(who, width - MARGIN)
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
  local mark = i == item.n and item.form == "row" and theme.state_marks[item.status]
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
  local moving = table.move(spans, 1, #spans, 1, {})
  moving[#moving + 1], moving[#moving + 2] = " " .. indicator(), theme.indicator
  local stream = running[item.id]
  local speed = stream and math.type(stream.tokens_per_s) and stream.tokens_per_s > 0 and stream.tokens_per_s < 1e6
    and (" %.0f tok/s"):format(stream.tokens_per_s)
  if speed and width_of(moving) + #speed <= width then moving[#moving + 1], moving[#moving + 2] = speed, theme.fold end
  return moving
end

-- A frame begins; these answers run.
function M.begin(streams)
  drawn, drawing, running, fresh = drawing, {}, {}, 0
  frames = frames + 1
  for _, stream in ipairs(streams) do
    if stream.row_id then running[stream.row_id] = stream end
  end
end

-- Whether this frame has had its share of work: what is missing belongs into the next one.
function M.is_spent() return fresh > MAX_FRESH end

-- Makes the lines from `from` to `to` that are not in `known`.
local function complete(known, item, width, from, to)
  while from <= to and known[from] do from = from + 1 end
  while to >= from and known[to] do to = to - 1 end
  if from > to then return end
  fresh = fresh + to - from + 1
  local above = item.above + item.head + item.pre
  local first, last = math.max(1, from - above), math.min(item.t, to - above)
  local lines = item.form == "rendered" and table.move(item.own, first, last, 1, {})
    or item.form ~= "folded" and last >= first and body.lines(item, first, last) or {}
  for i = from, to do known[i] = joined(line(item, width, i, lines, first)) end
end

-- Lines from `from` to `to` of an item, each a list of text and style in turns.
function M.lines(item, width, from, to)
  measure(item, width)
  local old = drawing[item] or drawn[item]
  local known = { laid = item.laid }
  if old and old.laid == item.laid then
    for i = from, to do known[i] = old[i] end
  end
  complete(known, item, width, from, to)
  drawing[item] = known
  local result = table.move(known, from, to, 1, {})
  if to == item.n and (item.open or item.form == "folded" and fold.runs(item)) then
    result[#result] = with_indicator(result[#result], item, width)
  end
  return result
end

-- The lines of an item where what is searched for stands nearest together, at least one.
function M.find(item, width, apart)
  measure(item, width)
  if item.form ~= "row" then return { item.above + 1 } end
  local lines = {}
  for i, k in ipairs(body.find(item, item.t, 2000, apart)) do lines[i] = item.above + item.head + item.pre + k end
  return #lines > 0 and lines or { 1 }
end

-- ---- answers that have not begun -------------------------------------------------------------------------------
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
