-- Owns what is known of a thing to draw it: an item. Of a row that is the row as the host gives it, whether it is one's
-- own, and the result of a call; other things have words of their own.
local clock = require "clock"
local fold = require "fold"
local hooks = require "hooks"
local text = require "text"

local M = {}

local KINDS = { ["message.user"] = "user", ["message.model"] = "model", ["message.model.chunk"] = "model",
                ["message.system"] = "system", ["tool.call"] = "tool", ["tool.result"] = "tool" }

-- "sources #12 #45": the rows that an answer's model was given as related ones; nil when there were none.
local function sources_of(meta)
  local named = {}
  for i, seq in ipairs(meta and type(meta.sources) == "table" and meta.sources or {}) do named[i] = "#" .. tostring(seq) end
  return #named > 0 and "sources " .. table.concat(named, " ") or nil
end

-- The item of a row as it is now. `extra` is what the host knows beside it: `own`, `name` (one's own, where it stands in
-- the row), `in_call` (a result with a call), `phase` and `tokens_per_s`; `result` is the row with a call's result.
function M.of(row, extra, result)
  local item = { row = row, id = row.id, seq = row.seq, kind = KINDS[row.content_method] or "user", author = row.author }
  item.method, item.created, item.status, item.open = row.content_method, row.created_at, row.status, row.status == "open"
  item.name, item.in_call, item.phase, item.tokens_per_s = extra.name, extra.in_call, extra.phase, extra.tokens_per_s
  item.thought, item.cached = row.meta and row.meta.thought, row.meta and row.meta.cached
  item.sources = sources_of(row.meta)
  if item.kind == "user" then
    item.kind = extra.own and "own" or "other"
    if row.content:sub(1, 4) == "/me " and row.length <= #row.content then item.action = row.content:sub(5) end
  elseif item.kind == "tool" then
    item.tool = row.tool_name or row.author
    item.short = fold.short(row.content)
  end
  if result then
    item.result = { status = result.status, open = result.status == "open", short = fold.short(result.content) }
  end
  hooks.filter(item)
  return item
end

-- A line for this person alone.
function M.note(note) return { kind = "note", words = note.text, level = note.level } end

local function ruled(words, columns)
  return #words + 6 > columns and text.clip(words, columns) or "── " .. words .. " ──"
end

-- What stands before a row of another day.
function M.date(day, columns) return { kind = "date", words = ruled(clock.date(day), columns) } end

-- What stands before the first of `count` rows that were not read.
function M.unread(count, columns) return { kind = "unread", words = ruled(count .. " new", columns) } end

-- What an item says that has words of its own, nil when its text is the host's.
function M.words(item)
  if item.action then return "* " .. (item.by or item.author) .. " " .. item.action end
  return item.words
end

return M
