-- Owns what vi's commands do with the text: operators over a stretch of it, putting back, and small changes. Each
-- returns "insert" when typing is to follow.
local input = require "input"
local kills = require "kills"
local letters = require "letters"
local motions = require "vi_motions"
local places = require "places"

local M = {}

local MAX_UNDO_WORK = 100000  -- graphemes that one u may lay out anew: a callback has its limits

local register = { text = "", lines = false }

local function keep(text, lines)
  if text == "" then return end
  register = { text = text, lines = lines }
  kills.keep(text)
end

-- ---- operators -------------------------------------------------------------------------------------------------
local function delete_lines(cells, from, to)
  if to < #cells then to = to + 1 elseif from > 0 then from = from - 1 end
  input.replace(from, to, "", "vi")
  input.go(motions.indent(input.cells()))
end

-- Applies d, c or y to the cells after `from` up to `to`, or to the lines these are in.
function M.operate(operator, from, to, lines)
  local cells = input.cells()
  if lines then from, to = places.line_start(cells, from), places.line_end(cells, to) end
  keep(input.slice(from, to) .. (lines and "\n" or ""), lines)
  if operator == "y" then
    if not lines then input.go(from) end
  elseif operator == "d" and lines then
    delete_lines(cells, from, to)
  else
    input.replace(from, to, "", "vi")
    input.go(from)
  end
  return operator == "c" and "insert" or nil
end

-- ---- putting back ----------------------------------------------------------------------------------------------
local function put(after)
  return function(count)
    local cells, at = input.cells()
    local text = register.text
    if text == "" or #text * count > input.max_bytes then return end
    text = text:rep(count)
    if register.lines then
      local place = after and places.line_end(cells, at) or places.line_start(cells, at)
      if input.replace(place, place, after and "\n" .. text:sub(1, -2) or text, "vi") then
        input.go(motions.indent(cells, after and place + 1 or place))
      end
      return
    end
    local place = after and at < places.line_end(cells, at) and at + 1 or at
    if input.replace(place, place, text, "vi") then input.go(select(2, input.cells()) - 1) end
  end
end

-- ---- small changes ---------------------------------------------------------------------------------------------
-- Puts something in place of `count` characters of the line; nothing when there are fewer, unless `fewer` will do.
local function change(count, fewer, new)
  local cells, at = input.cells()
  local left = places.line_end(cells, at) - at
  if left == 0 or (left < count and not fewer) then return end
  count = math.min(count, left)
  local changed = {}
  for i = 1, count do changed[i] = new(cells[at + i]) end
  if input.replace(at, at + count, table.concat(changed), "vi") then return at, count end
end

local function open_line(below)
  return function()
    local cells, at = input.cells()
    local place = below and places.line_end(cells, at) or places.line_start(cells, at)
    if input.replace(place, place, "\n", "vi") and not below then input.go(place) end
    return "insert"
  end
end

local function join()
  local cells, at = input.cells()
  local stop = places.line_end(cells, at)
  if stop == #cells then return end
  local rest = motions.indent(cells, stop + 1)
  local blank = stop > at and not places.is_blank(cells[stop]) and cells[rest + 1] and cells[rest + 1] ~= "\n"
  input.replace(stop, rest, blank and " " or "", "vi")
  input.go(stop)
end

local function times(action)
  return function(count)
    for _ = 1, math.max(1, math.min(count, MAX_UNDO_WORK // (#input.cells() + 1))) do action() end
  end
end

local function inserts(place_of)
  return function()
    input.go(place_of(input.cells()))
    return "insert"
  end
end

-- What a key does by itself: function(count, char) → "insert" or nothing.
M.by_key = {
  i = inserts(function(_, at) return at end),
  a = inserts(function(cells, at) return math.min(at + 1, places.line_end(cells, at)) end),
  I = inserts(motions.indent), A = inserts(places.line_end),
  o = open_line(true), O = open_line(false), J = join, p = put(true), P = put(false),
  u = times(input.undo), ["C-r"] = times(input.redo),
  r = function(count, char)
    local at, changed = change(count, false, function() return char end)
    if at then input.go(at + changed - 1) end
  end,
  ["~"] = function(count)
    local at, changed = change(count, true, letters.turn)
    if at then input.go(at + changed) end
  end,
}

-- Keys that stand for an operator with a motion.
M.short = {
  x = { "d", "l" }, X = { "d", "h" }, D = { "d", "$" }, C = { "c", "$" }, s = { "c", "l" },
  S = { "c", "c" }, Y = { "y", "y" },
}

return M
