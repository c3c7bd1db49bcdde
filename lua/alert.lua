-- Owns what makes one look up: the bell, and who comes and goes.
local chat = require "chat"
local here = require "here"
local hooks = require "hooks"
local mention = require "mention"
local notice = require "notice"
local page = require "page"
local settings = require "settings"

local M = {}

local MAX_NAMED = 5      -- people who are named when several come or go at once

local people             -- name -> true, of those who were here; nil when that is not known
local room               -- the id of the room they were in

-- Somebody else's row is whole: one that names this person, or any, as `bell` says.
function M.row(row)
  if settings.get("bell") == "mention" and not mention.find_name(row.content:lower(), here.name:lower(), 1) then return end
  if not hooks.hides(row) then tools.bell() end
end

settings.watch("bell", function(value) tools.alert(value) end)

-- Words for this person alone that are kept nowhere else: they stay in the chat, and are told at once where that is not
-- what is being read.
function M.read(words)
  chat.note(words, "warn")
  if page.is_open() or not tools.following() then notice.told(words, "warn") end
end

-- Somebody said something to this person alone.
function M.message(words)
  M.read(words)
  if settings.get("bell") ~= "off" then tools.bell() end
end

local function tell(names, words)
  if #names == 0 then return end
  local shown = table.concat(names, ", ", 1, math.min(#names, MAX_NAMED))
  if #names > MAX_NAMED then shown = shown .. " and " .. #names - MAX_NAMED .. " more" end
  chat.note(shown .. " " .. words, "info")
end

-- People came or went, or we are elsewhere.
function M.people()
  if not here.is_screen() or settings.get("joins") == "off" then
    people = nil
    return
  end
  local now, came, gone, place = {}, {}, {}, here.room().id
  local known = room == place and people or nil
  for _, name in ipairs(here.people()) do
    now[name] = true
    if known and not known[name] then came[#came + 1] = name end
  end
  for name in pairs(known or {}) do
    if not now[name] then gone[#gone + 1] = name end
  end
  table.sort(gone)
  tell(came, "came")
  tell(gone, "left")
  people, room = now, place
end

-- Who does not want to know who comes and goes is not woken for it.
settings.watch("joins", function(value)
  on_people = value == "on" and M.people or nil
  M.people()
end)

return M
