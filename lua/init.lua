-- Owns the callbacks: what the host tells the interface, handed to the file whose business it is.
local alert = require "alert"
local chat = require "chat"
local drafts = require "drafts"
local figures = require "figures"
local here = require "here"
local later = require "later"
local notice = require "notice"
local page = require "page"
local recall = require "recall"
local screen = require "screen"
local settings = require "settings"
local text = require "text"

local keys, line, waiting = later "keys", later "line", later "waiting"

-- Questions that wait for their models: looked after where there are some.
local function wait()
  if tools.kv_get("later") ~= nil then waiting.begin() end
end

function on_start()
  local session = here.start()
  settings.load()
  if here.is_screen() then recall.load() end
  local function say(words, level)
    if words == nil or words == "" then return end
    if here.is_screen() then chat.note(words, level) else tools.notify(words) end
  end
  -- Line mode is for programs too: rows, and what must be known. After a reload all has been said.
  if here.is_screen() and not session.reloaded then
    for _, part in ipairs(text.split(session.motd or "", "\n")) do say(part, "info") end  -- the operator's own lines
  end
  say(session.notice, "warn")
  wait()
end

-- The session ends, or the scripts are loaded anew.
function on_stop()
  recall.save()
  drafts.stop()
end

function on_key(name, words, size)
  keys.press(name, words or "", size or 0)
  drafts.touched()
end

-- A complete line, typed here or read in line mode. Returns false when it was refused.
function on_line(words)
  local taken, problem = line.send(words)
  if not taken then notice.show(problem, "error") end
  wait()
  return taken
end

-- ---- the room and its people; in line mode the host prints rows ------------------------------------------------
function on_room(room)
  page.close()
  if room.id ~= chat.room() then figures.forget() end
  alert.people()
  drafts.enter(room)  -- before anything waits: what is typed from now on is for this room
  if here.is_screen() then chat.enter(room) end
  wait()
end

-- Registered, so that a script may have global functions of these names beside them.
tools.on_alert(function(row) alert.row(row) end)
tools.on_answered(function(row) figures.answered(row) end)
tools.on_failed(function(row) waiting.failed(row) end)

function on_notice(words, level)
  if level == "message" then alert.message(words) else notice.told(words, level) end
end

-- ---- the screen ------------------------------------------------------------------------------------------------
function on_frame(width, height) screen.draw(width, height) end

-- How things look is drawn where it is the same for everybody, or here, where one's own scripts draw rows: elsewhere
-- these files are not needed.
tools.on_look(function(look) require("look").name(look) end)
tools.on_draw(function(...) require("look").draw(...) end)
