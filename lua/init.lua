-- Owns the callbacks: what the host tells the interface, handed to the file whose business it is.
local alert = require "alert"
local chat = require "chat"
local drafts = require "drafts"
local here = require "here"
local keys = require "keys"
local line = require "line"
local notice = require "notice"
local page = require "page"
local recall = require "recall"
local rows = require "rows"
local screen = require "screen"
local search = require "search"
local settings = require "settings"
local status = require "status"
local text = require "text"

for _, file in ipairs { "asking", "help", "people", "reading", "rooms", "settings", "view" } do require("commands." .. file) end

function on_start()
  local session = here.start()
  settings.load()
  if here.is_screen() then recall.load() end
  local function say(words, level)
    if words == nil or words == "" then return end
    if here.is_screen() then chat.greet(words, level) else tools.notify(words) end
  end
  -- Line mode is for programs too: rows, and what must be known. After a reload all has been said.
  if here.is_screen() and not session.reloaded then
    for _, part in ipairs(text.split(session.motd or "", "\n")) do say(part, "info") end  -- the operator's own lines
  end
  say(session.notice, "warn")
end

-- The session ends, or the scripts are loaded anew.
function on_stop()
  recall.save()
  drafts.stop()
  chat.stop()
end

function on_key(name, text, size) keys.press(name, text or "", size or 0) end

-- A complete line, typed here or read in line mode. Returns false when it was refused.
function on_line(text)
  local taken, problem = line.send(text)
  if not taken then notice.show(problem, "error") end
  return taken
end

-- ---- rows; in line mode the host prints them -------------------------------------------------------------------
-- Registered, so that a script may have global functions of these names beside them.
tools.on_row_added(function(buffer_id, row)
  if here.is_screen() then rows.put(buffer_id, row) end
end)

tools.on_row_changed(function(buffer_id, row, delta)
  if here.is_screen() then rows.put(buffer_id, row, delta) end
end)

tools.on_row_done(function(buffer_id, row)
  if not here.is_screen() then return end
  alert.row(rows.put(buffer_id, row), row)
  status.answered(row)
end)

-- ---- the room and its people -----------------------------------------------------------------------------------
function on_room(room)
  here.forget()
  page.close()
  search.entered(room)
  if room.id ~= chat.room() then status.forget() end
  alert.people()
  drafts.enter(room)  -- before anything waits: what is typed from now on is for this room
  if here.is_screen() then chat.enter(room) end
end

function on_people()
  here.forget()
  alert.people()
  tools.mark_dirty("status")
end

function on_notice(text, level)
  if level == "message" then alert.message(text) else notice.told(text, level) end
end

-- ---- the screen ------------------------------------------------------------------------------------------------
function on_resize() tools.mark_dirty("chat") end

function on_tick(now)
  here.now = now
  recall.tick(now)
  drafts.tick(now)
  if notice.tick(now) or screen.moves() then tools.mark_dirty("rows") end
end

function on_frame(width, height) screen.draw(width, height) end
