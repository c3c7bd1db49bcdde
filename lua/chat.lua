-- Owns the view of the rows: what part of them is on the screen, scrolling, following the newest.
--
-- While it follows, the newest line is at the bottom. Else an anchor (an item and one of its lines) is at the top and
-- stays there, whatever grows or comes below.
local carried = require "carried"
local hooks = require "hooks"
local look = require "look"
local notes = require "notes"
local rows = require "rows"

local M = {}

local MAX_PENDING = 3       -- answers that have not begun which have a line
local CARRIED = "view"      -- what the next runtime is handed: where we are, and what is kept nowhere else
-- Bytes of notes in it, with what is around them less than 12 KiB. How the host counts is its own: what is too much for
-- it is tried again with less.
local NOTES_CARRIED = { 11000, 5500, 2750, 0 }

local anchor                -- {item, line}: the top of the screen; nil while following
local top                   -- where the top was when it was last drawn
local seen = 0              -- highest seq that has been on the screen
local width, height = 80, 20
local current               -- id of the room
local pending               -- what `mark` gave another runtime, while we are on the way there
local greeting = {}         -- {text, level}: shown once, when the first room is entered

-- Places are {item, line}.
local function set_anchor(to)
  anchor = to
  rows.following = to == nil
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

-- Scrolls by so many lines, up when negative.
function M.scroll_lines(count)
  if count < 0 then scroll_up(-count) else scroll_down(count) end
  tools.mark_dirty("rows")
end

-- Back to the newest row, and on with it.
function M.follow()
  rows.load_newest()
  if rows.live then set_anchor(nil) end
  tools.mark_dirty("rows")
end

-- Brings the row with this seq on the screen, the `place`-th of what is searched for in it a third below the top; a
-- negative one counts from the end. Returns which place that is, and how many there are; nil when there is no such row
-- (any more).
function M.show(seq, place)
  local item = rows.load_around(seq)
  if not item then return nil end
  if look.height(item, width) == 0 and item.call then item = item.call end
  local places = look.find(item, width, math.max(1, height // 2))
  if place < 0 then place = #places + 1 + place end
  place = math.max(1, math.min(place, #places))
  set_anchor((above({ item = item, line = places[place] }, height // 3)))
  fill_below()
  tools.mark_dirty("rows")
  return place, #places
end

-- ---- going on in another runtime -------------------------------------------------------------------------------
-- The top as it can be found again: a line of a row, and how many lines below that it is. What is no row is found by the
-- next row, or the last.
local function mark()
  local index = anchor and index_of(anchor.item)
  if not index then return nil end
  local by, last = 1 - anchor.line, #rows.items
  if anchor.item.seq then return { seq = anchor.item.seq, line = anchor.line, by = 0 } end
  for i = index, last do
    if rows.items[i].seq then return { seq = rows.items[i].seq, line = 1, by = -by } end
    by = by + look.height(rows.items[i], width)
  end
  by = anchor.line
  for i = index - 1, 1, -1 do
    local n = look.height(rows.items[i], width)
    if rows.items[i].seq then return { seq = rows.items[i].seq, line = math.max(1, n), by = by } end
    by = by + n
  end
end

local function is_number(value, from, to) return math.type(value) == "integer" and value >= from and value <= to end

-- Goes where another runtime was. This may wait.
local function go_back(to)
  if type(to) ~= "table" or not is_number(to.seq, 1, rows.newest()) or not is_number(to.line, 1, 1 << 20)
    or not is_number(to.by, -1000, 1000) then return end
  local mine = current
  local item = rows.load_around(to.seq)
  if mine ~= current or anchor and index_of(anchor.item) then return end  -- meanwhile the person went elsewhere
  if not item then return rows.load_newest() end
  local place = { item = item, line = to.line }
  if to.by ~= 0 then place = to.by < 0 and above(place, -to.by) or below(place, to.by) end
  set_anchor(place)
  while anchor and not rows.live and lines_from(anchor, height) < height and rows.load_newer() do end
  tools.mark_dirty("rows")
end

-- What the runtime before this one has handed over, for this room.
local function handed(room)
  if current then return nil end
  local view = carried.take(CARRIED)
  if not view or view.room ~= room.id then return nil end
  local session = tools.session()
  width, height = session.width, session.height  -- until the first frame
  return view
end

-- The session ends, or another runtime goes on with it.
function M.stop()
  if not current then return end
  local view = { room = current, seen = seen, top = mark() or pending, unread = rows.unread() }
  for _, most in ipairs(NOTES_CARRIED) do
    view.notes = notes.given(most)
    if carried.give(CARRIED, view) then return end
  end
end

-- ---- entering --------------------------------------------------------------------------------------------------
function M.greet(text, level) greeting[#greeting + 1] = { text, level } end

-- We are in a room; in the one we are in already when too much happened at once to be told one by one.
function M.enter(room)
  if room.id == current and anchor then return rows.fell_behind(room.rows) end
  local view = handed(room)
  local told = greeting
  if room.id ~= current and not view and room.topic and room.topic ~= "" then
    told[#told + 1] = { room.name .. ": " .. room.topic, "info" }
  end
  set_anchor(nil)
  greeting, top, seen, current, pending = {}, nil, 0, room.id, view and view.top
  rows.enter(room, told, view)
  if view and current == room.id and not anchor then
    seen = math.max(seen, is_number(view.seen, 0, rows.newest()) and view.seen or 0)
    go_back(view.top)
  end
  pending = nil
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
    -- It is not known how many those of a row are that is still being laid out.
    if not rows.live or lines_from(anchor, h) >= h or anchor.item.unfinished then return draw_down(y, y + h) end
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
