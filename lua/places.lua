-- Owns where words and lines begin and end among graphemes. A place is the number of cells before it.
local M = {}

local WORD = {}
for c in ("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"):gmatch(".") do WORD[c] = true end

function M.in_word(cell) return #cell > 1 or WORD[cell] == true end
function M.is_blank(cell) return cell == " " or cell == "\n" or cell == "\t" end

function M.line_start(cells, at)
  while at > 0 and cells[at] ~= "\n" do at = at - 1 end
  return at
end

function M.line_end(cells, at)
  while at < #cells and cells[at + 1] ~= "\n" do at = at + 1 end
  return at
end

-- The beginning of the word before a place.
function M.word_left(cells, at)
  while at > 0 and not M.in_word(cells[at]) do at = at - 1 end
  while at > 0 and M.in_word(cells[at]) do at = at - 1 end
  return at
end

-- The end of the word after a place.
function M.word_right(cells, at)
  while at < #cells and not M.in_word(cells[at + 1]) do at = at + 1 end
  while at < #cells and M.in_word(cells[at + 1]) do at = at + 1 end
  return at
end

-- The beginning of what stands between blanks before a place.
function M.blank_word_left(cells, at)
  while at > 0 and M.is_blank(cells[at]) do at = at - 1 end
  while at > 0 and not M.is_blank(cells[at]) do at = at - 1 end
  return at
end

return M
