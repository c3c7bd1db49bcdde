-- Owns the text of the line editor: a list of graphemes, a cursor between them, undo and redo. What keys do with it is
-- `edit`'s and `vi`'s, what is drawn of it `prompt`'s.
--
-- The graphemes are always those of the whole text. After a change only a stretch around it is cut anew: from a
-- character that stands for itself whatever is beside it (ASCII, common ideographs) to the next such one.
local text_of = require "text"

local M = { version = 0 }  -- the version counts changes of text and cursor

M.max_bytes = 65536        -- of the text: four messages; laying it out must stay cheap
local MAX_UNDO, MAX_UNDO_BYTES = 100, 131072
local JOINED = { type = true, kill = true, complete = true }  -- changes that undo as one with the next of their kind

local cells, at, bytes = {}, 0, 0
local undo, redo = { bytes = 0 }, { bytes = 0 }  -- states {text, at}, oldest first
local last                 -- the kind of the last change; nil when the cursor has moved since
local group                -- "open" or "begun" (it has its place in undo): everything until its end undoes as one

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

-- ---- undo ------------------------------------------------------------------------------------------------------
local function push(stack)
  local text = table.concat(cells)
  stack[#stack + 1] = { text = text, at = at }
  stack.bytes = stack.bytes + #text
  while #stack > 1 and (#stack > MAX_UNDO or stack.bytes > MAX_UNDO_BYTES) do
    stack.bytes = stack.bytes - #table.remove(stack, 1).text
  end
end

local function remember(kind)
  local joins = group == "begun" or kind == last and JOINED[kind]
  last = kind
  if joins then return end
  if group then group = "begun" end
  push(undo)
  redo = { bytes = 0 }
end

-- Goes to the newest state of `from` that is another text than this one: taking back what came to nothing is no step.
local function swap(from, to)
  if group then group = "open" end
  local now, state = table.concat(cells), nil
  repeat
    state = table.remove(from)
    if not state then return end
    from.bytes = from.bytes - #state.text
  until state.text ~= now
  push(to)
  splice(0, #cells, state.text)
  at, last = math.min(state.at, #cells), nil
end

function M.undo() swap(undo, redo) end
function M.redo() swap(redo, undo) end

-- All changes from here to `end_group` are undone in one.
function M.begin_group() group = group or "open" end
function M.end_group() group, last = nil, nil end

-- ---- reading ---------------------------------------------------------------------------------------------------
function M.text() return table.concat(cells) end
function M.before() return table.concat(cells, "", 1, at) end
function M.is_empty() return #cells == 0 end
function M.cells() return cells, at end
function M.slice(from, to) return table.concat(cells, "", from + 1, to) end

-- Whether the last change was of this kind, and the cursor has not moved since.
function M.just(kind) return last == kind end

-- ---- changing --------------------------------------------------------------------------------------------------
-- Text as the editor holds it: no control characters but LF and TAB.
function M.clean(text)
  if text:find("%c") and text:find("[^%C\n\t]") then
    text = text:gsub("\r\n?", "\n"):gsub("[^%C\n\t]", "")
  end
  return text
end

-- Puts text in place of the cells after `from` up to `to`. `kind` says with which changes it is undone. False when the
-- editor is full.
function M.replace(from, to, text, kind)
  if text ~= "" then
    local removed = 0
    for i = from + 1, to do removed = removed + #cells[i] end
    if bytes - removed + #text > M.max_bytes then return false end
  elseif from == to then
    return true
  end
  remember(kind)
  splice(from, to, text)
  return true
end

-- Inserts text at the cursor. False when the editor is full.
function M.insert(text)
  text = M.clean(text)
  local typed = #text <= 4 and text ~= " " and text ~= "\n"
  return M.replace(at, at, text, typed and "type" or "insert")
end

-- Puts `new` in place of `old`, with which the text before the cursor ends. False when it does not, or all is full.
function M.replace_tail(old, new, kind)
  local from, found = at, 0
  while from > 0 and found < #old do
    found = found + #cells[from]
    from = from - 1
  end
  local whole = table.concat(cells, "", from + 1, at)
  if whole:sub(found - #old + 1) ~= old then return false end
  return M.replace(from, at, whole:sub(1, found - #old) .. new, kind)
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
  cells, at, bytes, last, group = {}, 0, 0, nil, nil
  undo, redo = { bytes = 0 }, { bytes = 0 }
  M.version = M.version + 1
end

function M.go(place)
  at, last = math.max(0, math.min(place, #cells)), nil
  M.version = M.version + 1
end

return M
