-- Owns the rows that are loaded: a window of the room's log, without gaps, which follows the end while it is `live`.
-- Between its items stand those that are no rows: see `item` and `notes`.
local hooks = require "hooks"
local item_of = require "item"
local notes = require "notes"
local notice = require "notice"
local settings = require "settings"

local M = { items = {}, live = true, following = true }

local MAX_ITEMS = 500   -- older or newer ones go, and are loaded again when they are scrolled to
local PAGE = 100        -- rows of one load
local TRIES = 3         -- of loading the newest rows, while more and more come

local by_id, buffer = {}, nil
local first, last       -- items of the window's first and last row; nil while there is none
local newest = 0        -- highest seq there is
local unread            -- {first, count}: where reading stopped last time
local generation, loading = 0, false

-- ---- the window ------------------------------------------------------------------------------------------------
local function forget(item)
  item.shown = nil
  if item.id then
    by_id[item.id] = nil
    item_of.unlink(item)
  end
end

-- The rows at the window's ends, after some have gone.
local function find_ends()
  local items = M.items
  first, last = nil, nil
  for i = 1, #items do
    if items[i].seq then
      first = items[i]
      break
    end
  end
  for i = #items, 1, -1 do
    if items[i].seq then
      last = items[i]
      break
    end
  end
end

local function is_between(item) return item.kind == "date" or item.kind == "unread" end

-- What stands before the window's first row: it is not known any more what came before it.
local function begin()
  local lines = first and M.items[1] == first and item_of.between(nil, first, unread) or {}
  table.move(M.items, 1, #M.items, #lines + 1)
  table.move(lines, 1, #lines, 1, M.items)
end

local function trim_front()
  local over = #M.items - MAX_ITEMS
  if over <= 0 then return end
  for i = 1, over do forget(M.items[i]) end
  local n = #M.items
  table.move(M.items, over + 1, n, 1)
  for i = n - over + 1, n do M.items[i] = nil end
  find_ends()
  begin()
end

-- What stood before the rows that go, goes as well.
local function trim_back()
  local n = #M.items
  if n <= MAX_ITEMS then return end
  while n > MAX_ITEMS or (n > 0 and is_between(M.items[n])) do
    forget(table.remove(M.items))
    n, M.live = n - 1, false
  end
  find_ends()
end

-- A row's item, which is at hand from now on.
local function make(row)
  local item = item_of.refresh({}, row)
  by_id[row.id] = item
  item_of.link(item, by_id)
  return item
end

local function push(to, list) table.move(list, 1, #list, #to + 1, to) end

local function append(row)
  local item = make(row)
  if last then push(M.items, notes.between(last.seq, item.seq)) end
  push(M.items, item_of.between(last, item, unread))
  M.items[#M.items + 1] = item
  first, last = first or item, item
end

-- Now it is known what comes before the window's first row. What stands there already stays, as it may be at the top of
-- the screen; a day that is not another one is hidden.
local function join(added, before)
  local there, lines = {}, item_of.between(before, first, unread)
  for i = 1, #M.items do
    if not is_between(M.items[i]) then break end
    there[M.items[i].kind] = M.items[i]
  end
  if there.date and (not lines[1] or lines[1].kind ~= "date") then
    there.date.hidden = true
    item_of.again(there.date)
  end
  for _, line in ipairs(lines) do
    if not there[line.kind] then added[#added + 1] = line end
  end
end

-- Puts rows before the window. Returns whether there were any that it does not have.
local function prepend(list)
  local before, added = nil, {}
  for i = 1, #list do
    if first and list[i].seq >= first.seq then break end
    local item = make(list[i])
    local from = before and before.seq or item.seq == 1 and 0
    if from then push(added, notes.between(from, item.seq)) end
    push(added, item_of.between(before, item, unread))
    added[#added + 1] = item
    before = item
  end
  if not before then return false end
  for _, item in ipairs(M.items) do  -- their calls may have come only now
    if item.method == "tool.result" and not item.call then item_of.link(item, by_id) end
  end
  push(added, notes.between(before.seq, first and first.seq or M.live and math.huge or before.seq))
  if first then join(added, before) end
  table.move(M.items, 1, #M.items, #added + 1)
  table.move(added, 1, #added, 1, M.items)
  newest = math.max(newest, before.seq)
  find_ends()
  return true
end

local function reset()
  notes.hide()
  M.items, M.live, by_id, first, last = {}, true, {}, nil, nil
end

-- The days may have changed: what stands between rows is put there anew.
local function separate()
  local items, before = {}, nil
  for _, item in ipairs(M.items) do
    if item.seq then
      for _, line in ipairs(item_of.between(before, item, unread)) do items[#items + 1] = line end
      before = item
    end
    if not is_between(item) then items[#items + 1] = item end
  end
  M.items = items
end

settings.watch("zone", separate)

-- ---- what happens ----------------------------------------------------------------------------------------------
-- A row was added or has changed; `delta` is what it has grown by. Returns its item, nil when it is not shown.
function M.put(buffer_id, row, delta)
  if buffer_id ~= buffer then return nil end
  newest = math.max(newest, row.seq)
  tools.mark_dirty("rows")
  local item = by_id[row.id]
  if item then
    item_of.refresh(item, row)
    if delta then hooks.grown(item, row, delta) end
  elseif M.live and row.seq > (last and last.seq or 0) then
    if #M.items >= MAX_ITEMS and not M.following then
      M.live = false
      return nil
    end
    append(row)
    trim_front()
    item = by_id[row.id]
  end
  return item
end

-- A line for this person alone, after the newest row. Where that is not loaded, it comes with it.
function M.note(text, level)
  local item = notes.add(text, level, newest)
  if M.live then
    item.shown = true
    M.items[#M.items + 1] = item
  end
  tools.mark_dirty("rows")
end

function M.newest() return newest end

-- Where reading stopped last time: {first, count}, nil when all was read.
function M.unread() return unread end

-- The item of the row with this seq, nil when it is not loaded.
function M.at(seq)
  for _, item in ipairs(M.items) do
    if item.seq == seq then return item end
  end
end

-- ---- loading; each of these may suspend the callback that calls it ---------------------------------------------
local function load(request)
  if loading then return nil end
  loading = true
  local mine = generation
  local ok, list = pcall(tools.history, request)
  if mine ~= generation then return nil end  -- we are elsewhere by now
  loading = false
  tools.mark_dirty("rows")
  if ok then return list end
  notice.show(list, "error")
end

-- We are in a room: its newest rows, then the notes, {text, level} each, and what comes while rows are loaded. In the
-- room we are in already what stood between the rows stays; `given` has what another runtime has known of it.
function M.enter(room, told, given)
  local count = room.unread or 0
  if room.buffer_id ~= buffer then
    notes.forget()
    unread = nil
  end
  if count > 0 and room.seen then unread = { first = room.seen + 1, count = count } end
  reset()
  buffer, newest, loading = room.buffer_id, room.rows or 0, false
  generation = generation + 1
  if given then
    notes.take(given.notes, newest)
    unread = item_of.unread(given.unread) or unread
  end
  push(M.items, notes.between(newest, math.huge))
  for _, note in ipairs(told) do M.note(note[1], note[2]) end
  local list = load(PAGE)
  if list then prepend(list) end
end

-- Changes were lost: the window ends before the newest row, whose seq this is, and nothing in it is known to grow.
function M.fell_behind(seq)
  M.live, newest = false, math.max(newest, seq or 0)
  for _, item in ipairs(M.items) do
    if item.open then
      item.open = false
      item_of.again(item)
    end
  end
end

-- The page before the window. False when there is none.
function M.load_older()
  local before = first and first.seq or newest + 1
  if before <= 1 then return false end
  local list = load { limit = PAGE, before = before }
  if not list or not prepend(list) then return false end
  trim_back()
  return true
end

-- The page after the window. False when there is none.
function M.load_newer()
  if M.live or not last then return false end
  local list = load { limit = PAGE, before = last.seq + PAGE + 1 }
  if not list then return false end
  for i = 1, #list do
    if list[i].seq > last.seq then append(list[i]) end
  end
  trim_front()
  M.live = last.seq >= newest
  if M.live then push(M.items, notes.between(last.seq, math.huge)) end
  return true
end

-- Other rows instead of the window.
local function replace(list)
  reset()
  M.live = (#list > 0 and list[#list].seq or 0) >= newest
  prepend(list)
end

-- The newest page instead of the window, when the window does not reach the end.
function M.load_newest()
  for _ = 1, TRIES do
    if M.live then return end
    local list = load(PAGE)
    if not list then return end
    replace(list)
  end
end

-- The rows around one instead of the window, unless it is there. Returns its item, nil when there is no such row.
function M.load_around(seq)
  local item = M.at(seq)
  if item then return item end
  local list = load { limit = PAGE, before = math.min(newest, seq + PAGE // 2) + 1 }
  if not list then return nil end
  replace(list)
  return M.at(seq)
end

-- Nothing is shown any more; scrolling up loads it again.
function M.clear()
  reset()
  M.live = true
end

return M
