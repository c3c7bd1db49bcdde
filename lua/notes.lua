-- Owns the lines for this person alone, in the room we are in, and behind which row each of them stands. They are kept
-- nowhere else: they come back with the rows around them when these were let go and are loaded again, and after scripts
-- were loaded anew.
local item_of = require "item"

local M = {}

local MAX_NOTES, MAX_BYTES = 200, 131072   -- that are remembered
local MAX_GIVEN = 50                       -- that are handed to the next runtime
local LEAST = 200                          -- bytes: a shorter beginning of a note says nothing
local LEVELS = { info = true, warn = true, error = true }

local list, bytes = {}, 0                  -- oldest first; `behind` is a row's seq, `shown` those in the window

-- We are elsewhere.
function M.forget() list, bytes = {}, 0 end

-- A new one behind the row with this seq: its item.
function M.add(text, level, behind)
  local item = item_of.note(tostring(text), level)
  item.behind = behind
  list[#list + 1] = item
  bytes = bytes + #item.note
  while #list > 1 and (#list > MAX_NOTES or bytes > MAX_BYTES) do bytes = bytes - #table.remove(list, 1).note end
  return item
end

-- Those behind the rows from one seq on and below another which are not shown yet; from now on they are.
function M.between(from, below)
  local found, index = {}, #list
  while index > 0 and list[index].behind >= from do index = index - 1 end
  for i = index + 1, #list do
    local item = list[i]
    if item.behind >= below then break end
    if not item.shown then
      item.shown = true
      found[#found + 1] = item
    end
  end
  return found
end

-- No row is shown any more, and no note.
function M.hide()
  for _, item in ipairs(list) do item.shown = nil end
end

-- ---- handing them over -----------------------------------------------------------------------------------------
local function beginning(text, size)
  while size > 0 and text:byte(size + 1) // 64 == 2 do size = size - 1 end  -- no half characters
  return text:sub(1, size) .. "…"
end

-- The newest ones, in at most so many bytes, as values that can be kept.
function M.given(most)
  local given = {}
  for i = #list, math.max(1, #list - MAX_GIVEN + 1), -1 do
    local item = list[i]
    local words = item.note
    if #words > most then words = most >= LEAST and beginning(words, most) end
    if not words then break end
    most = most - #words
    table.insert(given, 1, { behind = item.behind, text = words, level = item.level })
  end
  return given
end

-- Takes such values, which may be rubbish; `newest` is the seq of the newest row.
function M.take(given, newest)
  local last = 0
  for i = 1, type(given) == "table" and math.min(#given, MAX_GIVEN) or 0 do
    local one = given[i]
    if type(one) == "table" and type(one.text) == "string" and math.type(one.behind) == "integer" then
      last = math.max(last, math.min(one.behind, newest))  -- they are in the order of the rows
      M.add(one.text, LEVELS[one.level] and one.level or "info", last)
    end
  end
end

return M
