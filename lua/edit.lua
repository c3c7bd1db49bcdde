-- Owns what the keys of the line editor do with its text, as readline has them: moving, deleting, bringing back, words.
local input = require "input"
local kills = require "kills"
local letters = require "letters"
local places = require "places"

local M = {}

local LONGEST_WORD = 4096  -- graphemes: what is longer is no word, and a callback has its limits

-- ---- moving ----------------------------------------------------------------------------------------------------
local function goes(place_of)
  return function() input.go(place_of(input.cells())) end
end

M.left = goes(function(_, at) return at - 1 end)
M.right = goes(function(_, at) return at + 1 end)
M.home = goes(places.line_start)
M.finish = goes(places.line_end)
M.word_left = goes(places.word_left)
M.word_right = goes(places.word_right)
M.first = goes(function() return 0 end)
M.last = goes(function(cells) return #cells end)

-- ---- deleting --------------------------------------------------------------------------------------------------
local function delete(from, to)
  if from >= 0 and to <= #input.cells() then input.replace(from, to, "", "delete") end
end

function M.backspace()
  local _, at = input.cells()
  delete(at - 1, at)
end

function M.delete()
  local _, at = input.cells()
  delete(at, at + 1)
end

-- To the end of the line; at its end, the line break.
function M.kill_to_end()
  local cells, at = input.cells()
  local stop = places.line_end(cells, at)
  kills.kill(at, stop > at and stop or math.min(at + 1, #cells))
end

local function kills_back(place_of)
  return function()
    local cells, at = input.cells()
    kills.kill(place_of(cells, at), at)
  end
end

M.kill_to_start = kills_back(places.line_start)
M.kill_word_back = kills_back(places.word_left)
M.kill_blank_word_back = kills_back(places.blank_word_left)

function M.kill_word()
  local cells, at = input.cells()
  kills.kill(at, places.word_right(cells, at))
end

-- ---- words -----------------------------------------------------------------------------------------------------
-- Changes the word after the cursor, letter by letter: `letter(cell, first)`. The cursor goes behind it.
local function change_word(letter)
  return function()
    local cells, at = input.cells()
    local stop = math.min(places.word_right(cells, at), at + LONGEST_WORD)
    local changed, first = {}, true
    for i = at + 1, stop do
      changed[#changed + 1] = letter(cells[i], first)
      if places.in_word(cells[i]) then first = false end
    end
    input.replace(at, stop, table.concat(changed), "case")
  end
end

M.upper = change_word(letters.upper)
M.lower = change_word(letters.lower)
M.capital = change_word(function(cell, first) return first and letters.upper(cell) or letters.lower(cell) end)

-- The word before the cursor and the one after it (at the end the last two) change places.
function M.transpose()
  local cells, at = input.cells()
  local stop = places.word_right(cells, at)
  local second = places.word_left(cells, stop)
  local first = places.word_left(cells, second)
  local first_stop = places.word_right(cells, first)
  if first_stop > second or not (cells[first + 1] and places.in_word(cells[first + 1])) then return end
  while stop > second and not places.in_word(cells[stop]) do stop = stop - 1 end
  local turned = input.slice(second, stop) .. input.slice(first_stop, second) .. input.slice(first, first_stop)
  input.replace(first, stop, turned, "transpose")
end

return M
