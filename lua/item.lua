-- Owns what is kept of a row to draw it: an item. Its text stays with the host, but for the beginning of what tools
-- said. Items without a `seq` are no rows: notes, and the lines between rows.
local clock = require "clock"
local fold = require "fold"
local here = require "here"
local hooks = require "hooks"
local text = require "text"

local M = {}

local KINDS = { ["message.user"] = "user", ["message.model"] = "model", ["message.model.chunk"] = "model",
                ["message.system"] = "system", ["tool.call"] = "tool", ["tool.result"] = "tool" }

-- Lays an item out anew when it is next seen.
function M.again(item) item.width = nil end

-- The item of a row as it is now.
function M.refresh(item, row)
  local kind = KINDS[row.content_method] or "user"
  item.action = nil
  if kind == "user" then
    kind = row.author == here.name and "own" or "other"
    if row.content:sub(1, 4) == "/me " and row.length <= #row.content then item.action = row.content:sub(5) end
  elseif kind == "tool" then
    item.tool = row.tool_name or row.author
    item.short = fold.short(row.content)
  end
  item.id, item.seq, item.kind, item.author = row.id, row.seq, kind, row.author
  item.method, item.parent, item.created = row.content_method, row.parent_id, row.created_at
  item.status, item.open = row.status, row.status == "open"
  item.thought = row.meta and row.meta.thought
  if not item.open then item.chunk = nil end
  item.row, item.filtered = hooks.any() and row or nil, nil
  M.again(item)
  if item.call then M.again(item.call) end
  return item
end

-- A result stands with its call, when both are at hand; whichever comes last finds the other.
function M.link(item, by_id)
  local call = item.method == "tool.result" and item.parent and by_id[item.parent]
  if call and call.method == "tool.call" then
    item.call, call.result = call, item
    M.again(call)
    M.again(item)
  end
end

-- The item is let go.
function M.unlink(item)
  if item.result then
    item.result.call = nil
    M.again(item.result)
  elseif item.call then
    item.call.result = nil
    M.again(item.call)
  end
end

-- A line for this person alone.
function M.note(text, level) return { kind = "note", note = text, level = level } end

-- Where the person stopped reading, as another runtime has known it, which may be rubbish; nil when it is.
function M.unread(given)
  local from, count = type(given) == "table" and given.first, type(given) == "table" and given.count
  if math.type(from) ~= "integer" or math.type(count) ~= "integer" or from < 1 or count < 1 then return nil end
  return { first = from, count = count }
end

-- What stands between two rows that follow each other: the day, when it is another, and where the person stopped
-- reading last time. `unread` is {first, count}: the seq of the first row that was not read, and how many there were.
-- Without an item before, it is the first that is loaded: its day is said unless it is today.
function M.between(before, item, unread)
  local list, day = {}, clock.day(item.created)
  if day ~= clock.day(before and before.created or here.now) then list[1] = { kind = "date", day = day } end
  if unread and item.seq >= unread.first and (before and before.seq < unread.first or item.seq == unread.first) then
    list[#list + 1] = { kind = "unread", count = unread.count }
  end
  return list
end

local function ruled(words, columns)
  return #words + 6 > columns and text.clip(words, columns) or "── " .. words .. " ──"
end

-- What an item says that has words of its own, nil when its text is the host's.
function M.words(item, columns)
  if item.kind == "date" then return ruled(clock.date(item.day), columns) end
  if item.kind == "unread" then return ruled(item.count .. " new", columns) end
  if item.action then return "* " .. (item.by or item.author) .. " " .. item.action end
  return item.note
end

return M
