-- Owns what was typed before: going back through it, and searching in it (C-r). Kept for this session only.
local input = require "input"

local M = {}

local MAX_ENTRIES, MAX_BYTES = 200, 262144

local entries, bytes = {}, 0
local place            -- index of the entry in the editor, nil while the editor holds a new line
local draft = ""       -- that new line, meanwhile
local query, found     -- while searching: what is looked for, and the index of the entry that has it

function M.add(text)
  place, draft = nil, ""
  if text == entries[#entries] then return end
  entries[#entries + 1] = text
  bytes = bytes + #text
  while #entries > 1 and (#entries > MAX_ENTRIES or bytes > MAX_BYTES) do
    bytes = bytes - #table.remove(entries, 1)
  end
end

local function show(index)
  place = index
  input.set(index and entries[index] or draft)
end

function M.older()
  if not place then
    if #entries == 0 then return end
    draft = input.text()
    show(#entries)
  elseif place > 1 then
    show(place - 1)
  end
end

function M.newer()
  if not place then return end
  show(place < #entries and place + 1 or nil)
end

-- The editor was emptied: what is in it now is a new line.
function M.leave() place, draft = nil, "" end

-- ---- searching -------------------------------------------------------------------------------------------------
local function look(from)
  if query == "" then return end
  for i = from, 1, -1 do
    if entries[i]:find(query, 1, true) then
      found = i
      return true
    end
  end
end

-- What is searched for and the entry found, nil while nothing is.
function M.query()
  if query then return query, found and entries[found] end
end

function M.search()
  if query then
    look((found or #entries + 1) - 1)
  else
    query, found = "", nil
  end
end

function M.search_for(text)
  query = query .. text
  if not (found and entries[found]:find(query, 1, true)) then
    found = nil
    look(#entries)
  end
end

function M.search_less()
  local cells = tools.graphemes(query)
  query, found = table.concat(cells, "", 1, #cells - 1), nil
  look(#entries)
end

-- Ends the search; with `take` the entry found comes into the editor.
function M.search_end(take)
  if take and found then
    if not place then draft = input.text() end
    show(found)
  end
  query, found = nil, nil
end

return M
