-- Owns what makes one look up: the bell, and who comes and goes.
local here = require "here"
local hooks = require "hooks"
local mention = require "mention"
local notice = require "notice"
local page = require "page"
local rows = require "rows"
local settings = require "settings"

local M = {}

local SILENT = { own = true, system = true, tool = true }
local MAX_NAMED = 5      -- people who are named when several come or go at once

local people             -- name -> true, of those who were here; nil when that is not known
local room               -- the id of the room they were in

-- A row is whole; the item is what is shown of it, if it is.
function M.row(item, row)
  local bell = settings.get("bell")
  if not item or bell == "off" or SILENT[item.kind] then return end
  hooks.filter(item)
  if item.hidden then return end
  if bell == "all" or mention.find_name(row.content:lower(), here.name:lower(), 1) then tools.bell() end
end

-- Words for this person alone that are kept nowhere else: they stay in the chat, and are told at once where that is not
-- what is being read.
function M.read(words)
  rows.note(words, "warn")
  if page.is_open() or not rows.following then notice.told(words, "warn") end
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
  rows.note(shown .. " " .. words, "info")
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

settings.watch("joins", M.people)

return M
