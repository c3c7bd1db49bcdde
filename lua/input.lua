-- Owns the line editor: a list of graphemes and a cursor between them. What is drawn of it is `prompt`'s.
--
-- The graphemes are always those of the whole text. After a change only a stretch around it is cut anew: from a
-- character that stands for itself whatever is beside it (ASCII, common ideographs) to the next such one.
local text_of = require "text"

local M = { version = 0 }

M.max_bytes = 65536        -- of the text: four messages; laying it out must stay cheap
local MAX_UNDO, MAX_UNDO_BYTES = 100, 131072

local cells, at, bytes = {}, 0, 0
local killed = ""          -- what C-y brings back
local undo, undo_bytes = {}, 0
local last                 -- the kind of the last change: "type" and "kill" join with the next of their kind

-- ---- graphemes -------------------------------------------------------------------------------------------------
local function stands_alone(cell)
  local n = #cell
  if n == 1 then return true end
  local first = cell:byte()
  return n == 3 and first >= 0xE4 and first <= 0xE9
end

local CHARACTERS = {}
for code = 0, 127 do CHARACTERS[code] = string.char(code) end

-- The graphemes of s, and whether each is one byte.
local function cut(s)
  if not text_of.is_ascii(s) then return tools.graphemes(s), false end
  local list = {}
  for from = 1, #s, 4096 do
    local codes = { s:byte(from, from + 4095) }
    for i = 1, #codes do list[from + i - 1] = CHARACTERS[codes[i]] end
  end
  return list, true
end

-- Puts `text` in place of the cells after `from` up to `to`; the cursor goes behind it.
local function splice(from, to, text)
  local n = #cells
  local first, stop = from, to
  while first > 0 and not stands_alone(cells[first]) do first = first - 1 end
  while stop < n and not stands_alone(cells[stop + 1]) do stop = stop + 1 end
  if stop < n then stop = stop + 1 end
  first = math.max(first, 1)
  local before = table.concat(cells, "", first, from) .. text
  local new, single = cut(before .. table.concat(cells, "", to + 1, stop))
  local removed = 0
  for i = from + 1, to do removed = removed + #cells[i] end
  bytes = bytes + #text - removed

  local length = n - (stop - first + 1) + #new
  table.move(cells, stop + 1, n, first + #new)
  for i = length + 1, n do cells[i] = nil end
  table.move(new, 1, #new, first, cells)
  local left = #before
  at = first - 1
  if single then at, left = at + left, 0 end
  while left > 0 do
    at = at + 1
    left = left - #cells[at]
  end
  M.version = M.version + 1
end

local function remember(kind)
  local joins = kind == last and (kind == "type" or kind == "kill")
  last = kind
  if joins then return end
  local text = table.concat(cells)
  undo[#undo + 1] = { text = text, at = at }
  undo_bytes = undo_bytes + #text
  while #undo > 1 and (#undo > MAX_UNDO or undo_bytes > MAX_UNDO_BYTES) do
    undo_bytes = undo_bytes - #table.remove(undo, 1).text
  end
end

-- ---- reading ---------------------------------------------------------------------------------------------------
function M.text() return table.concat(cells) end
function M.before() return table.concat(cells, "", 1, at) end
function M.is_empty() return #cells == 0 end
function M.cells() return cells, at end

-- ---- changing --------------------------------------------------------------------------------------------------
-- Inserts text at the cursor. False when the editor is full.
function M.insert(text)
  if text:find("%c") and text:find("[^%C\n\t]") then
    text = text:gsub("\r\n?", "\n"):gsub("[^%C\n\t]", "")
  end
  if text == "" then return true end
  if bytes + #text > M.max_bytes then return false end
  local typed = #text <= 4 and text ~= " " and text ~= "\n"
  remember(typed and "type" or "insert")
  splice(at, at, text)
  return true
end

function M.replace_before(count, text)
  remember("replace")
  splice(math.max(0, at - count), at, text)
end

function M.set(text)
  remember("set")
  splice(0, #cells, text)
  at = #cells
end

function M.clear()
  if #cells > 0 then M.set("") end
end

-- A new line begins: nothing of the old one comes back.
function M.reset()
  cells, at, bytes, undo, undo_bytes, last = {}, 0, 0, {}, 0, nil
  M.version = M.version + 1
end

function M.undo()
  local state = table.remove(undo)
  if not state then return end
  undo_bytes = undo_bytes - #state.text
  splice(0, #cells, state.text)
  at, last = math.min(state.at, #cells), nil
end

-- ---- places ----------------------------------------------------------------------------------------------------
local function line_start()
  local i = at
  while i > 0 and cells[i] ~= "\n" do i = i - 1 end
  return i
end

local function line_end()
  local i = at
  while i < #cells and cells[i + 1] ~= "\n" do i = i + 1 end
  return i
end

local WORD = {}
for c in ("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"):gmatch(".") do WORD[c] = true end
local function in_word(cell) return #cell > 1 or WORD[cell] end
local function blank(cell) return cell == " " or cell == "\n" or cell == "\t" end

local function word_start()
  local i = at
  while i > 0 and not in_word(cells[i]) do i = i - 1 end
  while i > 0 and in_word(cells[i]) do i = i - 1 end
  return i
end

local function word_end()
  local i = at
  while i < #cells and not in_word(cells[i + 1]) do i = i + 1 end
  while i < #cells and in_word(cells[i + 1]) do i = i + 1 end
  return i
end

local function blank_word_start()
  local i = at
  while i > 0 and blank(cells[i]) do i = i - 1 end
  while i > 0 and not blank(cells[i]) do i = i - 1 end
  return i
end

-- ---- moving ----------------------------------------------------------------------------------------------------
local function go(place)
  at, last = math.max(0, math.min(place, #cells)), nil
  M.version = M.version + 1
end

function M.left() go(at - 1) end
function M.right() go(at + 1) end
function M.home() go(line_start()) end
function M.finish() go(line_end()) end
function M.word_left() go(word_start()) end
function M.word_right() go(word_end()) end

-- To the line above or below, at the same distance from its start. False when there is none.
function M.up()
  local start = line_start()
  if start == 0 then return false end
  local column = at - start
  go(start - 1)
  local above = line_start()
  go(math.min(above + column, at))
  return true
end

function M.down()
  local column, stop = at - line_start(), line_end()
  if stop == #cells then return false end
  go(stop + 1)
  local start = at
  go(math.min(start + column, line_end()))
  return true
end

-- ---- deleting --------------------------------------------------------------------------------------------------
local function kill(from, to)
  if from >= to then return end
  local forward = from == at
  local again = last == "kill"
  local text = table.concat(cells, "", from + 1, to)
  if not again then killed = "" end
  killed = forward and killed .. text or text .. killed
  remember("kill")
  splice(from, to, "")
end

local function delete(from, to)
  if from < 0 or to > #cells then return end
  remember("delete")
  splice(from, to, "")
end

function M.backspace() delete(at - 1, at) end
function M.delete() delete(at, at + 1) end
function M.kill_to_end()
  local stop = line_end()
  kill(at, stop > at and stop or math.min(at + 1, #cells))
end
function M.kill_to_start() kill(line_start(), at) end
function M.kill_word() kill(at, word_end()) end
function M.kill_word_back() kill(word_start(), at) end
function M.kill_blank_word_back() kill(blank_word_start(), at) end
function M.yank()
  if killed ~= "" and bytes + #killed <= M.max_bytes then
    remember("yank")
    splice(at, at, killed)
  end
end

return M
