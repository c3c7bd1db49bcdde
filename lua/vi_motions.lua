-- Owns where vi's motions lead: from a place among graphemes (the number of cells before the cursor) to another.
local places = require "places"

local M = {}

-- ---- words -----------------------------------------------------------------------------------------------------
local BLANK, WORD, OTHER = 0, 1, 2

-- What kind of character a cell is; for W, B and E all that is not blank is the same.
local function kind_of(cell, big)
  if places.is_blank(cell) then return BLANK end
  return (big or places.in_word(cell)) and WORD or OTHER
end

local function next_word(cells, at, big)
  local n, kind = #cells, cells[at + 1] and kind_of(cells[at + 1], big)
  while at < n and kind ~= BLANK and kind_of(cells[at + 1], big) == kind do at = at + 1 end
  while at < n and places.is_blank(cells[at + 1]) do at = at + 1 end
  return at
end

local function word_start(cells, at, big)
  while at > 0 and places.is_blank(cells[at]) do at = at - 1 end
  local kind = at > 0 and kind_of(cells[at], big)
  while at > 0 and kind_of(cells[at], big) == kind do at = at - 1 end
  return at
end

-- The place before a word's last character.
local function word_end(cells, at, big)
  local n, here = #cells, at
  at = math.min(at + 1, n)
  while at < n and places.is_blank(cells[at + 1]) do at = at + 1 end
  local kind = at < n and kind_of(cells[at + 1], big)
  while at + 1 < n and kind_of(cells[at + 2], big) == kind do at = at + 1 end
  return math.max(here, math.min(at, n - 1))
end

-- The place behind the end of the word one is in, or of the count-th from there.
function M.word_stop(cells, at, big, count)
  local n = #cells
  for _ = 1, count do
    while at < n and places.is_blank(cells[at + 1]) do at = at + 1 end
    local kind = at < n and kind_of(cells[at + 1], big)
    while at < n and kind_of(cells[at + 1], big) == kind do at = at + 1 end
  end
  return at
end

local function words(step, big, reaches)
  return function(cells, at, count)
    for _ = 1, count do
      local to = step(cells, at, big)
      if to == at then break end
      at = to
    end
    return at, reaches
  end
end

-- ---- in a line -------------------------------------------------------------------------------------------------
-- The first character of a line that is not blank.
function M.indent(cells, at)
  at = places.line_start(cells, at)
  while cells[at + 1] == " " or cells[at + 1] == "\t" do at = at + 1 end
  return at
end

-- To the count-th `char` in the line; `till` stops beside it. nil when there are not so many.
local function find(step, till)
  return function(cells, at, count, char, again)
    local i = at
    if again and till then i = i + step end  -- not the one we stopped beside before
    while count > 0 do
      i = i + step
      local cell = cells[i + 1]
      if i < 0 or not cell or cell == "\n" then return nil end
      if cell == char then count = count - 1 end
    end
    return till and i - step or i, step > 0 and "on" or "to"
  end
end

-- ---- lines -----------------------------------------------------------------------------------------------------
local function lines_down(cells, at, count)
  for _ = 1, count do
    local stop = places.line_end(cells, at)
    if stop == #cells then break end
    at = stop + 1
  end
  return at
end

local function lines_up(cells, at, count)
  for _ = 1, count do
    local start = places.line_start(cells, at)
    if start == 0 then break end
    at = start - 1
  end
  return at
end

-- ---- motions ---------------------------------------------------------------------------------------------------
-- Each is function(cells, at, count, char, again) → the place, and how an operator reaches it: "to" without the
-- character there, "on" with it, "lines" with all lines on the way. nil when there is no such place.
M.by_key = {
  h = function(cells, at, count) return math.max(places.line_start(cells, at), at - count), "to" end,
  l = function(cells, at, count) return math.min(places.line_end(cells, at), at + count), "to" end,
  ["0"] = function(cells, at) return places.line_start(cells, at), "to" end,
  ["^"] = function(cells, at) return M.indent(cells, at), "to" end,
  ["$"] = function(cells, at, count) return places.line_end(cells, lines_down(cells, at, count - 1)), "to" end,
  w = words(next_word, false, "to"), W = words(next_word, true, "to"),
  b = words(word_start, false, "to"), B = words(word_start, true, "to"),
  e = words(word_end, false, "on"), E = words(word_end, true, "on"),
  f = find(1, false), t = find(1, true), F = find(-1, false), T = find(-1, true),
  j = function(cells, at, count) return lines_down(cells, at, count), "lines" end,
  k = function(cells, at, count) return lines_up(cells, at, count), "lines" end,
  gg = function(cells, _, count) return M.indent(cells, lines_down(cells, 0, count - 1)), "lines" end,
  G = function(cells, _, count, _, _, counted)
    return M.indent(cells, counted and lines_down(cells, 0, count - 1) or #cells), "lines"
  end,
}

-- The word at a place: where it begins and ends; with `around`, the blanks beside it too.
function M.word_at(cells, at, big, around)
  local kind = cells[at + 1] and kind_of(cells[at + 1], big)
  if not kind or cells[at + 1] == "\n" then return nil end
  local from, to = at, at
  local function same(cell) return cell and cell ~= "\n" and kind_of(cell, big) == kind end
  while from > 0 and same(cells[from]) do from = from - 1 end
  while same(cells[to + 1]) do to = to + 1 end
  if around then
    local stop = to
    while cells[to + 1] == " " or cells[to + 1] == "\t" do to = to + 1 end
    if to == stop then
      while from > 0 and (cells[from] == " " or cells[from] == "\t") do from = from - 1 end
    end
  end
  return from, to
end

return M
