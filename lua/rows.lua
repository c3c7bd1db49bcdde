-- Owns the rows that are loaded: a window of the room's log, without gaps, which follows the end while it is `live`.
-- An item keeps what is needed to draw a row, not its text: that stays with the host. Notes are items without a `seq`.
local here = require "here"
local notice = require "notice"

local M = { items = {}, live = true, following = true }

local MAX_ITEMS = 500   -- older or newer ones go, and are loaded again when they are scrolled to
local PAGE = 100        -- rows of one load

local by_id, buffer = {}, nil
local first, last       -- seq of the window's first and last row; nil while there is none
local newest = 0        -- highest seq there is
local generation, loading = 0, false

local KINDS = { ["message.user"] = "user", ["message.model"] = "model", ["message.model.chunk"] = "model",
                ["message.system"] = "system", ["tool.call"] = "tool", ["tool.result"] = "tool" }

local function refresh(item, row)
  local kind = KINDS[row.content_method] or "user"
  if kind == "user" then
    kind = row.author == here.name and "own" or "other"
    if row.content:sub(1, 4) == "/me " and row.length <= #row.content then item.action = row.content:sub(5) end
  end
  item.id, item.seq, item.kind, item.author = row.id, row.seq, kind, row.author
  item.status, item.open = row.status, row.status == "open"
  item.thought = row.meta and row.meta.thought
  item.tool = row.tool_name or (row.content_method == "tool.result" and "result") or nil
  item.width = nil  -- lay it out anew
  return item
end

local function forget(item)
  if item.id then by_id[item.id] = nil end
end

-- The seqs at the window's ends, after rows have gone.
local function find_ends()
  first, last = nil, nil
  for i = 1, #M.items do
    local seq = M.items[i].seq
    if seq then first, last = first or seq, seq end
  end
end

local function trim_front()
  local over = #M.items - MAX_ITEMS
  if over <= 0 then return end
  for i = 1, over do forget(M.items[i]) end
  local n = #M.items
  table.move(M.items, over + 1, n, 1)
  for i = n - over + 1, n do M.items[i] = nil end
  find_ends()
end

local function trim_back()
  while #M.items > MAX_ITEMS do forget(table.remove(M.items)) M.live = false end
  find_ends()
end

local function add(row, index)
  local item = refresh({}, row)
  by_id[row.id] = item
  if index then table.insert(M.items, index, item) else M.items[#M.items + 1] = item end
end

-- A row was added or has changed.
function M.put(buffer_id, row)
  if buffer_id ~= buffer then return end
  newest = math.max(newest, row.seq)
  tools.mark_dirty("chat")
  local item = by_id[row.id]
  if item then
    refresh(item, row)
  elseif M.live and row.seq > (last or 0) then
    if #M.items >= MAX_ITEMS and not M.following then
      M.live = false
      return
    end
    add(row)
    first, last = first or row.seq, row.seq
    trim_front()
  end
end

-- A line for this person alone, after the newest row.
function M.note(text, level)
  if M.live then M.items[#M.items + 1] = { kind = "note", note = text, level = level } end
  tools.mark_dirty("chat")
end

function M.newest() return newest end

-- ---- loading; each of these may suspend the callback that calls it ----------------------------------------------
local function load(request)
  if loading then return nil end
  loading = true
  local mine = generation
  local ok, list = pcall(tools.history, request)
  if mine ~= generation then return nil end  -- we are elsewhere by now
  loading = false
  tools.mark_dirty("chat")
  if ok then return list end
  notice.show(list, "error")
end

local function reset()
  M.items, M.live, by_id, first, last = {}, true, {}, nil, nil
end

local function prepend(list)
  local count = 0
  for i = 1, #list do
    if first and list[i].seq >= first then break end
    count = i
  end
  table.move(M.items, 1, #M.items, count + 1)
  for i = 1, count do
    local item = refresh({}, list[i])
    M.items[i], by_id[item.id] = item, item
  end
  newest = math.max(newest, count > 0 and list[count].seq or 0)
  find_ends()
  return count > 0
end

-- We are in another room: its newest rows, then the notes, {text, level} each, and what comes while the rows are loaded.
function M.enter(room, notes)
  reset()
  buffer, newest, loading = room.buffer_id, 0, false
  generation = generation + 1
  for _, note in ipairs(notes) do M.note(note[1], note[2]) end
  local list = load(PAGE)
  if list then prepend(list) end
end

-- Changes were lost: the window ends before the newest row, whose seq this is, and nothing in it is known to grow.
function M.fell_behind(seq)
  M.live, newest = false, math.max(newest, seq or 0)
  for _, item in ipairs(M.items) do
    if item.open then item.open, item.width = false, nil end
  end
end

-- The page before the window. False when there is none.
function M.load_older()
  local before = first or newest + 1
  if before <= 1 then return false end
  local list = load { limit = PAGE, before = before }
  if not list or not prepend(list) then return false end
  trim_back()
  return true
end

-- The page after the window. False when there is none.
function M.load_newer()
  if M.live or not last then return false end
  local list = load { limit = PAGE, before = last + PAGE + 1 }
  if not list then return false end
  for i = 1, #list do
    if list[i].seq > last then add(list[i]) end
  end
  trim_front()
  find_ends()
  M.live = last >= newest
  return true
end

-- The newest page instead of the window, when the window does not reach the end.
function M.load_newest()
  if M.live then return end
  local list = load(PAGE)
  if not list then return end
  reset()
  prepend(list)
end

-- Nothing is shown any more; scrolling up loads it again.
function M.clear()
  reset()
  M.live = true
end

return M
