-- Owns the callbacks: what the host tells the interface, handed to the file whose business it is.
local chat = require "chat"
local here = require "here"
local keys = require "keys"
local line = require "line"
local notice = require "notice"
local page = require "page"
local rows = require "rows"
local screen = require "screen"
local status = require "status"

for _, file in ipairs { "help", "rooms", "talk", "view" } do require("commands." .. file) end

function on_start()
  local session = here.start()
  local function say(words, level)
    if words == nil or words == "" then return end
    if here.is_screen() then chat.greet(words, level) else tools.notify(words) end
  end
  if here.is_screen() then say(session.motd, "info") end  -- line mode is for programs too: rows, and what must be known
  say(session.notice, "warn")
end

function on_key(name, text, size) keys.press(name, text or "", size or 0) end

-- A complete line, typed here or read in line mode. Returns false when it was refused.
function on_line(text)
  local taken, problem = line.send(text)
  if not taken then notice.show(problem, "error") end
  return taken
end

-- ---- rows; in line mode the host prints them -------------------------------------------------------------------
function on_row_added(buffer_id, row)
  if here.is_screen() then rows.put(buffer_id, row) end
end

function on_row_changed(buffer_id, row)
  if here.is_screen() then rows.put(buffer_id, row) end
end

function on_row_done(buffer_id, row)
  if not here.is_screen() then return end
  rows.put(buffer_id, row)
  status.answered(row)
end

-- ---- the room and its people -----------------------------------------------------------------------------------
function on_room(room)
  here.forget()
  page.close()
  if here.is_screen() then chat.enter(room) end
end

function on_people()
  here.forget()
  tools.mark_dirty("status")
end

function on_notice(text, level) notice.told(text, level) end

-- ---- the screen ------------------------------------------------------------------------------------------------
function on_resize() tools.mark_dirty("chat") end

function on_tick(now)
  here.now = now
  if notice.tick(now) or screen.moves() then tools.mark_dirty("chat") end
end

function on_frame(width, height) screen.draw(width, height) end
