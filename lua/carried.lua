-- Owns what a runtime hands to the one that goes on with its session, when scripts were saved or the name is another: a
-- value and a text by name, in keys that live as long as the session. Whoever takes them forgets them. A script may have
-- written anything there: the fields of a value are to be judged by whoever takes it.
local here = require "here"

local M = {}

local PIECE = 8000        -- bytes of a text in one value: as JSON it is twice as long at worst, and that may be 16 KiB
local MAX_PIECES = 9      -- an editor holds 64 KiB

local function key_of(name) return "session.carried." .. name end

-- The value is there before the pieces are, and goes with them: where there is none, nothing is.
local function forget(key)
  if tools.kv_get(key) == nil then return end
  tools.kv_set(key, nil)
  for i = 1, MAX_PIECES do tools.kv_set(key .. "." .. i, nil) end
end

-- A text in pieces, none of which ends in half a character.
local function cut(text)
  local pieces, from = {}, 1
  while from <= #text do
    local to = math.min(from + PIECE - 1, #text)
    while to > from and to < #text and text:byte(to + 1) // 64 == 2 do to = to - 1 end
    pieces[#pieces + 1] = text:sub(from, to)
    from = to + 1
  end
  return pieces
end

local function keep(key, value, pieces)
  value.pieces = #pieces
  tools.kv_set(key, value)
  for i, piece in ipairs(pieces) do tools.kv_set(key .. "." .. i, piece) end
end

-- Hands over a table, and a text with it. Returns false when the host does not keep so much: then nothing is handed over.
function M.give(name, value, text)
  local key, pieces = key_of(name), cut(text or "")
  forget(key)
  if #pieces <= MAX_PIECES and pcall(keep, key, value, pieces) then return true end
  forget(key)
  return false
end

-- The table and the text that the runtime before this one has handed over, nil when it has not.
function M.take(name)
  if not here.reloaded then return nil end
  local key, pieces = key_of(name), {}
  local value = tools.kv_get(key)
  if value == nil then return nil end
  for i = 1, MAX_PIECES do
    local piece = tools.kv_get(key .. "." .. i)
    if type(piece) ~= "string" then break end
    pieces[i] = piece
  end
  forget(key)
  if type(value) ~= "table" or value.pieces ~= #pieces then return nil end
  return value, table.concat(pieces)
end

return M
