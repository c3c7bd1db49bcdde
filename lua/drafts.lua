-- Owns what was typed and not sent: it stays with its room, and comes back with the person, also after a lost
-- connection.
local here = require "here"
local input = require "input"
local notice = require "notice"
local recall = require "recall"
local text = require "text"

local M = {}

local MAX_ROOMS = 20
local MAX_DRAFT = 16384         -- bytes of one: a message is not longer
local MAX_HERE = 8              -- longer ones: an editor may hold 64 KiB, and scripts have their memory limit
local SAVE_EVERY_MS = 10000
local LIST = "drafts"           -- the names of the rooms that have one, oldest first
local function key_of(room) return "draft:" .. room end

local room                      -- the name of the one we are in
local here_only = {}            -- {room, words}: what the host did not keep stays as long as the session, newest last
local saved, version = "", -1   -- what is kept for this room, and the editor's version then
local saved_at = 0

local function rooms_with_one()
  local list, names = tools.kv_get(LIST), {}
  for _, name in ipairs(type(list) == "table" and list or {}) do
    if type(name) == "string" then names[#names + 1] = name end
  end
  return names
end

-- Keeps a room's draft, or forgets it when it is "". Returns why not, when the host refused.
local function keep(name, words)
  local names, others = rooms_with_one(), {}
  for _, other in ipairs(names) do
    if other ~= name then others[#others + 1] = other end
  end
  if words == "" and #others == #names then return nil end
  if words ~= "" then others[#others + 1] = name end
  while #others > MAX_ROOMS do tools.kv_set(key_of(table.remove(others, 1)), nil) end
  if not pcall(tools.kv_set, key_of(name), words ~= "" and words or nil) then return "it is too much to be kept" end
  pcall(tools.kv_set, LIST, others[1] and others or nil)
end

local function take_from_here(name)
  for i, one in ipairs(here_only) do
    if one[1] == name then return table.remove(here_only, i)[2] end
  end
end

-- Goes on with the draft of the room we are in. Whatever is in the editor already was typed ahead, for this room.
local function take()
  local words = take_from_here(room) or tools.kv_get(key_of(room))
  saved, version = "", input.version
  if type(words) ~= "string" or text.trim(words) == "" then return false end
  words = input.clean(words)
  if input.is_empty() then
    input.insert(words)
    saved, version = words, input.version
    return true
  end
  recall.add(words)
  notice.show("what you had not sent is in the history (Up)")
  return false
end

local function unsent()
  local words = recall.unsent() or input.text()
  return text.trim(words) ~= "" and words or ""
end

-- Keeps the draft of the room we are in, when it has changed.
local function save()
  if not room or version == input.version then return nil end
  local words = unsent()
  version = input.version
  if words == saved then return nil end
  saved = words
  if #words > MAX_DRAFT then return "it is longer than " .. text.size(MAX_DRAFT) end
  return keep(room, words)
end

-- We are in a room; perhaps in the one we were in.
function M.enter(entered)
  if not here.is_screen() or entered.name == room then return end
  local first = room == nil
  if not first then
    local words = unsent()
    local problem = save()
    if problem then
      here_only[#here_only + 1] = { room, words }
      if #here_only > MAX_HERE then table.remove(here_only, 1) end
      notice.show("what you had not sent in " .. room .. " stays there until you leave: " .. problem, "warn")
    end
    input.reset()
    recall.leave()
  end
  room = entered.name
  if take() and first and not tools.session().reloaded then notice.show("what you had not sent in " .. room .. " is here again") end
end

-- A line was sent: no draft of it must come back.
function M.sent()
  if saved ~= "" and input.is_empty() then save() end
end

function M.tick(now)
  if now < saved_at then saved_at = now end  -- the clock was set back
  if now - saved_at < SAVE_EVERY_MS then return end
  saved_at = now
  save()
end

-- The session ends. Another one of the same person may have sent and forgotten what we hold.
function M.stop()
  if not room or not here.is_screen() then return end
  local words = unsent()
  if words ~= "" and #words <= MAX_DRAFT then keep(room, words) else save() end
end

return M
