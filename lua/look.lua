-- Owns the drawing of what the host shows by itself: rows, notes, what stands between rows, answers that have not begun,
-- and the status line. Each is drawn from nothing but the thing and the look, so that everybody for whom both are the
-- same can be shown the same; the host keeps what was drawn, and asks again when anything is otherwise.
local clock = require "clock"
local highlight = require "highlight"
local item_of = require "item"
local row = require "row"
local settings = require "settings"
local status = require "status"
local text = require "text"
local theme = require "theme"

local M = {}

local MAX_WAIT = 26     -- columns kept free of the name for what an answer waits for: "retrying in 60 s, 3 of 3"
local MARGIN = 2        -- columns kept free at the right
local WHOLE = 64        -- lines: what has no more is drawn as a whole

local NOBODYS = tools.session().mode == "look"   -- there is no person here, and no settings but those of the look

local width = 80

-- From now on things are drawn for this look: the settings, what is searched for, and how many columns there are.
function M.name(look)
  width = look.width
  if NOBODYS then settings.use(look) end
  highlight.search(look.terms or {}, look.current)
end

-- ---- items -----------------------------------------------------------------------------------------------------
-- Draws the lines from `first` to `last` of an item, from the end where these are negative; all of a short one.
local function draw(item, first, last, above)
  row.measure(item, width)
  local n = item.n
  if n <= WHOLE then
    first, last = 1, n
  elseif first < 0 then
    first, last = n + 1 + first, n + 1 + last
  end
  first, last = math.max(1, first), math.min(n, last)
  for i, spans in ipairs(row.lines(item, width, first, last)) do
    tools.put((above or 0) + first + i - 1, table.unpack(spans))
  end
  return n
end

local drawers = {}

function drawers.row(first, last, given, extra, result)
  local item = item_of.of(given, extra, result)
  local n = draw(item, first, last)
  tools.height(item.hidden and -1 or n, clock.day(item.created))
end

function drawers.note(first, last, note)
  tools.height(draw(item_of.note(note), first, last))
end

-- The day, when it is another, and where the person stopped reading last time.
function drawers.between(_, _, between)
  local n = 0
  if between.day then n = draw(item_of.date(between.day, row.room(width)), 1, WHOLE) end
  if between.count then n = n + draw(item_of.unread(between.count, row.room(width)), 1, WHOLE, n) end
  tools.height(n)
end

-- A moment looks like nothing; what is asked for is its day.
function drawers.moment(_, _, moment) tools.height(0, clock.day(moment.created)) end

-- Where in a row that stands which is searched for, at least so many lines apart.
function drawers.places(_, apart, given, extra, result)
  local item = item_of.of(given, extra, result)
  row.measure(item, width)
  tools.found(table.unpack(row.find(item, apart)))
  tools.height(0)
end

-- An answer that has not begun. A long name leaves what it waits for as much as says where it stands.
function drawers.pending(_, _, stream, extra)
  local words = status.waits(stream)
  local room = math.max(1, width - MARGIN)
  local kept = words and math.min(text.width(words) + 1, MAX_WAIT, room // 2 + 7) or 0
  local name, style = row.author({ kind = "model", author = stream.model }, math.max(1, room - kept))
  local spans = { name, style, " " .. row.indicator(extra.phase), theme.indicator }
  local left = width - text.width(name) - 3
  if words and left > 0 then spans[5], spans[6] = " " .. text.clip(words, left), theme.thought end
  tools.put(1, table.unpack(spans))
  tools.height(1)
end

function drawers.status(_, _, facts, people, streams)
  tools.put(1, table.unpack(status.line(facts, people, streams, width)))
  tools.height(1)
end

-- Draws a thing of a kind: lines `first` to `last` of it.
function M.draw(kind, first, last, ...)
  local drawer = drawers[kind]
  if drawer then drawer(first, last, ...) end
end

-- Another way to draw all things of a kind, or things of a kind of one's own.
function M.define(kind, drawer) drawers[kind] = drawer end

return M
