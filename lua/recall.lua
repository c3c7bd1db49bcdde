-- Owns what was typed before: going back through it, and searching in it (C-r, C-s). Members find it again at their
-- next login: what of it is short, is no secret, and does not begin with a blank.
local commands = require "commands.registry"
local input = require "input"

local M = {}

local MAX_ENTRIES, MAX_BYTES = 200, 65536
local KEY = "history"
local MAX_KEPT_ENTRY = 2048      -- bytes: one long text does not drive out a hundred lines
local MAX_KEPT_BYTES = 12288     -- of all that are kept: one value of the host's holds no more
local SAVE_AFTER_S = 10

local entries, bytes = {}, 0
local fresh = {}       -- entries that are not kept yet
local waiting = false  -- whether they will be in a while
local place            -- index of the entry in the editor, nil while the editor holds a new line
local draft = ""       -- that new line, meanwhile
local query, found     -- while searching: what is looked for, and the index of the entry that has it

local function put(text)
  entries[#entries + 1] = text
  bytes = bytes + #text
  while #entries > 1 and (#entries > MAX_ENTRIES or bytes > MAX_BYTES) do
    bytes = bytes - #table.remove(entries, 1)
  end
end

function M.add(text)
  place, draft, found = nil, "", nil
  if text == entries[#entries] then return end
  put(text)
  if #text <= MAX_KEPT_ENTRY and not text:find("^%s") and not commands.is_secret(text) then
    fresh[#fresh + 1] = text
    if #fresh > MAX_ENTRIES then table.remove(fresh, 1) end
    waiting = waiting or pcall(tools.after, SAVE_AFTER_S, M.save)
  end
end

-- A line was sent. As in shells, one that begins with a blank leaves no trace.
function M.sent(text)
  if text:find("^%s") then place, draft = nil, "" else M.add(text) end
end

local function show(index)
  place = index
  input.set(index and entries[index] or draft)
end

-- Returns whether there was an older one.
function M.older()
  if not place then
    if #entries == 0 then return false end
    draft = input.text()
    show(#entries)
  elseif place > 1 then
    show(place - 1)
  else
    return false
  end
  return true
end

function M.newer()
  if not place then return false end
  show(place < #entries and place + 1 or nil)
  return true
end

-- The new line, while an older one is in the editor as it was; nil when the editor holds what matters.
function M.unsent()
  if place and input.text() == entries[place] then return draft end
end

-- The editor was emptied: what is in it now is a new line.
function M.leave() place, draft = nil, "" end

-- ---- keeping ---------------------------------------------------------------------------------------------------
local function kept()
  local list = tools.kv_get(KEY)
  local texts = {}
  for _, text in ipairs(type(list) == "table" and list or {}) do
    if type(text) == "string" and text ~= "" and #text <= MAX_KEPT_ENTRY then texts[#texts + 1] = input.clean(text) end
  end
  return texts
end

-- Reads what was kept.
function M.load()
  for _, text in ipairs(kept()) do put(text) end
end

-- The newest entries that take at most so many bytes, oldest first.
local function newest(list, most)
  local from, used = #list + 1, 0
  while from > 1 and #list - from + 1 < MAX_ENTRIES and used + #list[from - 1] <= most do
    from = from - 1
    used = used + #list[from]
  end
  return table.move(list, from, #list, 1, {})
end

-- Keeps what is new. Other sessions of the same person keep theirs: what is there already stays.
function M.save()
  waiting = false
  if #fresh == 0 then return end
  local list = kept()
  for _, text in ipairs(fresh) do
    if text ~= list[#list] then list[#list + 1] = text end
  end
  fresh = {}
  -- How the host counts is its own: what is too much for it is tried again in halves.
  local most = MAX_KEPT_BYTES
  for _ = 1, 4 do
    if pcall(tools.kv_set, KEY, newest(list, most)) then return end
    most = most // 2
  end
end

-- ---- searching -------------------------------------------------------------------------------------------------
local function look(from, step)
  if query == "" then return end
  for i = from, step < 0 and 1 or #entries, step do
    if entries[i]:find(query, 1, true) then
      found = i
      return
    end
  end
end

-- What is searched for and the entry found, nil while nothing is.
function M.query()
  if query then return query, found and entries[found] end
end

-- Begins a search, or goes on with it to an older entry; `forward` to a newer one.
function M.search(forward)
  if not query then
    query, found = "", nil
  elseif forward then
    look((found or 0) + 1, 1)
  else
    look((found or #entries + 1) - 1, -1)
  end
end

function M.search_for(text)
  query = query .. text
  if not (found and entries[found]:find(query, 1, true)) then
    found = nil
    look(#entries, -1)
  end
end

function M.search_less()
  local cells = tools.graphemes(query)
  query, found = table.concat(cells, "", 1, #cells - 1), nil
  look(#entries, -1)
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
