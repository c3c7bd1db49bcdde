-- Owns what was typed and not sent: it stays with its room, and comes back with the person, also after a lost
-- connection. All sessions of a person share what is kept; what is in a session's own editor stays there when scripts
-- are loaded anew, whatever the others have kept meanwhile.
local carried = require "carried"
local commands = require "commands.registry"
local here = require "here"
local input = require "input"
local notice = require "notice"
local recall = require "recall"
local text = require "text"

local M = {}

local MAX_ROOMS = 20
local MAX_DRAFT = 16384         -- bytes of one: a message is not longer
local MAX_HERE = 8              -- longer ones: an editor may hold 64 KiB, and scripts have their memory limit
local SAVE_AFTER_S = 10          -- of typing: what is lost with the server
local MAX_SHOWN = 4096          -- bytes of an older line in the editor that is handed to the next runtime
local LIST = "drafts"           -- the names of the rooms that have one, oldest first
local function key_of(room) return "draft:" .. room end

local room                      -- the name of the one we are in
local here_only = {}            -- {room, words}: what the host did not keep stays as long as the session, newest last
local saved, version = "", -1   -- what we have kept or taken for this room, and the editor's version then
local typed = false             -- whether that was typed here, not taken
local mine = {}                 -- room -> bytes of what was typed here and is kept there
local waiting = false           -- whether it will be kept in a while

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
  if words == "" and #others == #names and tools.kv_get(key_of(name)) == nil then return nil end
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

local function stays_here(name, words)
  here_only[#here_only + 1] = { name, words }
  if #here_only > MAX_HERE then table.remove(here_only, 1) end
end

-- Puts words into the editor. Whatever is there already was typed ahead, for this room.
local function put(words)
  if input.is_empty() then return input.insert(words) end
  recall.add(words)
  notice.show("what you had not sent is in the history (Up)")
  return false
end

-- Goes on with the draft of the room we are in.
local function take()
  local words = take_from_here(room) or tools.kv_get(key_of(room))
  saved, version, typed = "", -1, false
  if type(words) ~= "string" or text.trim(words) == "" then return false end
  saved, typed = input.clean(words), mine[room] == #words
  if not put(saved) then return false end
  version = input.version
  return true
end

local function unsent()
  local words = recall.unsent() or input.text()
  return text.trim(words) ~= "" and words or ""
end

-- ---- going on in another runtime -------------------------------------------------------------------------------
-- What is in the editor, an older line perhaps, and what stays with other rooms here.
local function hand_over()
  local words, shown = recall.unsent(), input.text()
  local _, at = input.cells()
  local older = words and #shown <= MAX_SHOWN and shown or nil
  local place = { name = here.name, room = room, typed = typed, at = not words and at or nil, older = older }
  carried.give("draft0", place, words or shown)
  for i, one in ipairs(here_only) do carried.give("draft" .. i, { room = one[1] }, one[2]) end
end

-- Goes back to an older line, as if Up had been pressed on the new one, which is in the editor.
local function go_back_to(older)
  local words = input.text()
  input.begin_group()
  repeat until not recall.older() or input.text() == older
  if input.text() ~= older then  -- not every line is kept
    recall.leave()
    input.set(older)
    if text.trim(words) ~= "" then recall.add(words) end
  end
  input.end_group()
end

-- Takes what the runtime before this one had in its editor. Returns whether there was one, and it was in this room.
local function take_over()
  local given, words = carried.take "draft0"
  for i = 1, MAX_HERE do
    local other, kept = carried.take("draft" .. i)
    if other and type(other.room) == "string" then stays_here(other.room, input.clean(kept)) end
  end
  if not given or type(given.room) ~= "string" then return false end
  words = input.clean(words)
  if given.room ~= room then
    if text.trim(words) ~= "" then stays_here(given.room, words) end
    return false
  end
  if words == "" and not given.older and given.name ~= here.name then return false end  -- that name has its own drafts
  saved, version, typed = text.trim(words) ~= "" and words or "", -1, given.typed == true
  if words == "" or put(words) then
    version = input.version
    if math.type(given.at) == "integer" then input.go(given.at) end
    if type(given.older) == "string" then go_back_to(input.clean(given.older)) end
  end
  return true
end

-- ---- keeping ---------------------------------------------------------------------------------------------------
-- Keeps the draft of the room we are in, when it has changed.
local function save()
  if not room or version == input.version then return nil end
  local words = unsent()
  if commands.is_secret(words) then words = "" end
  version = input.version
  if words == saved then return nil end
  saved, typed = words, words ~= ""
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
    if problem or commands.is_secret(words) then stays_here(room, words) end
    if problem then
      notice.show("what you had not sent in " .. room .. " stays there until you leave: " .. problem, "warn")
    end
    mine[room] = typed and #saved or nil
    input.reset()
    recall.leave()
  end
  room = entered.name
  if first and take_over() then return end
  if take() and first and not here.reloaded then
    notice.show("what you had not sent in " .. room .. " is here again")
  end
end

-- A line was sent: no draft of it must come back.
function M.sent()
  if saved ~= "" and input.is_empty() then save() end
end

-- Something may have been typed: in a while it is kept.
function M.touched()
  if waiting or not room or version == input.version then return end
  waiting = pcall(tools.after, SAVE_AFTER_S, function()
    waiting = false
    save()
  end)
end

-- The session ends, or another runtime goes on with it. Another session of the person may have sent and forgotten what
-- was typed here; but what was only taken, or what it keeps instead, is not written over.
function M.stop()
  if not room or not here.is_screen() then return end
  save()
  if typed and #saved <= MAX_DRAFT and tools.kv_get(key_of(room)) == nil then keep(room, saved) end
  hand_over()
end

return M
