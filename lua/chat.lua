-- Owns the view of the rows: what part of them is on the screen, scrolling, following the newest.
--
-- While it follows, the newest line is at the bottom. Else an anchor (an item and one of its lines) is at the top and
-- stays there, whatever grows or comes below.
local hooks = require "hooks"
local look = require "look"
local rows = require "rows"

local M = {}

local MAX_PENDING = 3       -- answers that have not begun which have a line

local anchor                -- {item, line}: the top of the screen; nil while following
local top                   -- where the top was when it was last drawn
local seen = 0              -- highest seq that has been on the screen
local width, height = 80, 20
local current               -- id of the room
local greeting = {}         -- {text, level}: shown once, when the first room is entered

-- Places are {item, line}.
local function set_anchor(to)
  anchor = to
  rows.following = to == nil
end

-- ---- entering --------------------------------------------------------------------------------------------------
function M.greet(text, level) greeting[#greeting + 1] = { text, level } end

-- We are in a room; in the one we are in already when too much happened at once to be told one by one.
function M.enter(room)
  if room.id == current and anchor then return rows.fell_behind(room.rows) end
  set_anchor(nil)
  top, seen, current = nil, 0, room.id
  local notes = greeting
  greeting = {}
  if room.topic and room.topic ~= "" then notes[#notes + 1] = { room.name .. ": " .. room.topic, "info" } end
  rows.enter(room, notes)
end

-- ---- scrolling -------------------------------------------------------------------------------------------------
local function index_of(item)
  for i = #rows.items, 1, -1 do
    if rows.items[i] == item then return i end
  end
end

-- The place `count` lines above one, and how many lines are missing when the loaded rows end before.
local function above(place, count)
  local index, line = index_of(place.item), place.line
  while index do
    if line > count then return { item = rows.items[index], line = line - count }, 0 end
    count = count - line
    if index == 1 then return { item = rows.items[1], line = 1 }, count + 1 end
    index = index - 1
    line = look.height(rows.items[index], width)
  end
  return place, 0
end

-- The place `count` lines below one, or the last line there is.
local function below(place, count)
  local index, line = index_of(place.item), place.line
  while index do
    local left = look.height(rows.items[index], width) - line
    if count <= left then return { item = rows.items[index], line = line + count } end
    if index == #rows.items then return { item = rows.items[index], line = math.max(1, line + left) } end
    count, line, index = count - left - 1, 1, index + 1
  end
  return place
end

-- How many lines there are from a place on, as far as `enough`.
local function lines_from(place, enough)
  local index, count = index_of(place.item), 1 - place.line
  while index and rows.items[index] and count < enough do
    count = count + look.height(rows.items[index], width)
    index = index + 1
  end
  return count
end

-- The top of a screen that ends with the newest line, nil when there is none.
local function newest_screen()
  local last = rows.items[#rows.items]
  return last and (above({ item = last, line = math.max(1, look.height(last, width)) }, height - 1))
end

local function scroll_up(count)
  local place = anchor or top
  if not place or not index_of(place.item) then place = newest_screen() end
  if not place then
    if rows.load_older() then tools.mark_dirty("rows") end
    return
  end
  set_anchor(place)
  local missing
  place, missing = above(place, count)
  set_anchor(place)
  while missing > 0 and rows.load_older() do
    if not anchor or not index_of(anchor.item) then return end  -- meanwhile the person went elsewhere
    place, missing = above(anchor, missing)
    set_anchor(place)
  end
  if rows.live and lines_from(anchor, height + 1) <= height then set_anchor(nil) end
end

-- Newer rows are loaded as far as the screen shows them; at the end of all, the newest are followed.
local function fill_below()
  while anchor and not rows.live and lines_from(anchor, height) < height and rows.load_newer() do end
  if anchor and rows.live and lines_from(anchor, height + 1) <= height then set_anchor(nil) end
end

local function scroll_down(count)
  if not anchor then return end
  set_anchor(below(anchor, count))
  fill_below()
end

-- Scrolls by so many screens, up when negative. A line of the old screen stays in sight.
function M.scroll(screens)
  local count = math.max(1, height - 1) * math.abs(screens)
  if screens < 0 then scroll_up(count) else scroll_down(count) end
  tools.mark_dirty("rows")
end

-- Back to the newest row, and on with it.
function M.follow()
  rows.load_newest()
  if rows.live then set_anchor(nil) end
  tools.mark_dirty("rows")
end

-- Brings the row with this seq on the screen, what is searched for in it a third below the top. False when there is no
-- such row (any more).
function M.show(seq)
  local item = rows.load_around(seq)
  if not item then return false end
  if look.height(item, width) == 0 and item.call then item = item.call end
  set_anchor((above({ item = item, line = look.find(item, width) }, height // 3)))
  fill_below()
  tools.mark_dirty("rows")
  return true
end

-- The room's id.
function M.room() return current end

function M.clear()
  rows.clear()
  set_anchor(nil)
  top = nil
  tools.mark_dirty("rows")
end

-- How many rows have come that were never on the screen, without those that a script hides; 0 while following.
function M.new_below()
  if not anchor then return 0 end
  local count = rows.newest() - seen
  for i = #rows.items, 1, -1 do
    local item = rows.items[i]
    if item.seq and item.seq <= seen then break end
    if item.seq then hooks.filter(item) end
    if item.seq and item.hidden then count = count - 1 end
  end
  return math.max(0, count)
end

-- ---- drawing ---------------------------------------------------------------------------------------------------
local function put_item(item, y, from, to)
  for i, spans in ipairs(look.lines(item, width, from, to)) do tools.put(y + i - 1, table.unpack(spans)) end
  if item.seq and item.seq > seen then seen = item.seq end
end

-- Whether there is time to draw more; else the next frame goes on.
local function may_go_on()
  if not look.is_spent() then return true end
  tools.mark_dirty("rows")
  return false
end

-- From the anchor on.
local function draw_down(y, bottom)
  local index, line = index_of(anchor.item), anchor.line
  line = math.max(1, math.min(line, look.height(rows.items[index], width)))
  top = { item = rows.items[index], line = line }
  while index <= #rows.items and y < bottom and may_go_on() do
    local item = rows.items[index]
    local to = math.min(look.height(item, width), line + bottom - y - 1)
    if to >= line then
      put_item(item, y, line, to)
      y = y + to - line + 1
    end
    line, index = 1, index + 1
  end
end

local function draw_up(y, bottom)
  local index = #rows.items
  while index >= 1 and y < bottom and may_go_on() do
    local item = rows.items[index]
    local n = look.height(item, width)
    local from = math.max(1, n - (bottom - y) + 1)
    if n > 0 then
      bottom = bottom - (n - from + 1)
      put_item(item, bottom, from, n)
      top = { item = item, line = from }
    end
    index = index - 1
  end
end

-- Draws into `h` lines from y on. `streams` are the answers that run.
function M.draw(y, w, h, streams)
  width, height = w, h
  look.begin(streams)
  if anchor and not index_of(anchor.item) then set_anchor(nil) end
  if anchor then
    -- What was below may take fewer lines now: folded, hidden, or on a wider screen.
    if not rows.live or lines_from(anchor, h) >= h then return draw_down(y, y + h) end
    set_anchor(nil)
  end
  local bottom, pending = y + h, 0
  for i = #streams, 1, -1 do
    if not streams[i].row_id and pending < MAX_PENDING and bottom - 1 > y then
      pending, bottom = pending + 1, bottom - 1
      tools.put(bottom, table.unpack(look.pending(streams[i], w)))
    end
  end
  if rows.live then draw_up(y, bottom) end
end

return M
