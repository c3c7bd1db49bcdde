-- Owns the view of the room as the person moves it: scrolling, following, notes, and how things look to them. What is
-- shown of it is composed by the host, and drawn by `look`.
local fold = require "fold"
local highlight = require "highlight"
local hooks = require "hooks"
local settings = require "settings"

local M = {}

local height = 20     -- lines of the view when it was drawn last
local current         -- id of the room
local leaving         -- what is to be done when another one is entered

-- Tells the host how things look from now on.
local function tell_look()
  local look = settings.of_look()
  local terms, id = highlight.current()
  look.thoughts = fold.is_open("thoughts") and "open" or "folded"
  look.tools = fold.is_open("tools") and "open" or "folded"
  look.terms, look.current = #terms > 0 and terms or nil, id
  tools.look(look, hooks.is_personal())
end

settings.watch_look(tell_look)

-- Opens what is folded, or folds it again: "thoughts" or "tools".
function M.toggle(what)
  fold.toggle(what)
  tell_look()
end

-- What is searched for stands out from now on: words and phrases, and the id of the row where the search stands.
function M.search(terms, id)
  highlight.search(terms, id)
  tell_look()
end

-- Scrolls by so many screens, up when negative. A line of the old screen stays in sight.
function M.scroll(screens) tools.scroll(math.max(1, height - 1) * screens) end

-- Scrolls by so many lines, up when negative.
function M.scroll_lines(count) tools.scroll(count) end

-- Back to the newest row, and on with it.
function M.follow() tools.follow() end

-- Brings the row with this seq on the screen, the `place`-th of what is searched for in it a third below the top; a
-- negative one counts from the end. Returns which place that is, and how many there are; nil when there is no such row
-- (any more). This may wait.
function M.show(seq, place)
  local shown = tools.show_row(seq, place)
  if shown then return shown.place, shown.places end
end

-- A line for this person alone, after the newest row.
function M.note(words, level) tools.note(tostring(words), level) end

-- We are in a room; perhaps in the one we are in already, when too much happened at once to be told one by one.
function M.enter(room)
  local f = room.id ~= current and leaving
  current = room.id
  if f then
    leaving = nil
    f()
  end
  if room.entered and room.topic and room.topic ~= "" then M.note(room.name .. ": " .. room.topic, "info") end
end

-- The room's id.
function M.room() return current end

-- Calls f, and nothing that was to be called before, when another room is entered.
function M.when_elsewhere(f) leaving = f end

function M.clear() tools.clear() end

-- Has the host show the room on `rows` lines from y on.
function M.draw(y, rows)
  height = rows
  tools.view(y, rows)
end

return M
