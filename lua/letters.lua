-- Owns large and small letters: of Latin, Greek and Cyrillic, where the one is found from the other by counting.
local M = {}

-- {first, last, step}: small letters, and how far above the large ones they stand; 1: large and small take turns.
local RANGES = {
  { 0x61, 0x7A, 32 }, { 0xE0, 0xF6, 32 }, { 0xF8, 0xFE, 32 }, { 0x101, 0x12F, 1 }, { 0x133, 0x137, 1 },
  { 0x13A, 0x148, 1 }, { 0x14B, 0x177, 1 }, { 0x17A, 0x17E, 1 }, { 0x3AD, 0x3AF, 37 }, { 0x3B1, 0x3C1, 32 },
  { 0x3C3, 0x3CB, 32 }, { 0x430, 0x44F, 32 }, { 0x450, 0x45F, 80 }, { 0x461, 0x481, 1 }, { 0x48B, 0x4BF, 1 },
}

local large, small = {}, {}
for _, range in ipairs(RANGES) do
  local first, last, step = table.unpack(range)
  for code = first, last, step == 1 and 2 or 1 do
    local low, high = utf8.char(code), utf8.char(code - step)
    large[low], small[high] = high, low
  end
end

-- A grapheme's first character changes, what combines with it stays.
local function change(cell, letters)
  local other = letters[cell]
  if other or #cell < 3 then return other or cell end
  local first = utf8.char(utf8.codepoint(cell))
  return letters[first] and letters[first] .. cell:sub(#first + 1) or cell
end

function M.upper(cell) return change(cell, large) end
function M.lower(cell) return change(cell, small) end

-- The other one.
function M.turn(cell)
  local other = change(cell, large)
  return other ~= cell and other or change(cell, small)
end

return M
