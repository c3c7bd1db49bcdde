-- Owns what was deleted and may come back: the newest first (C-y), then one after the other (M-y).
local input = require "input"

local M = {}

local MAX_KILLS, MAX_BYTES = 16, 131072  -- two editors full

local ring, bytes = {}, 0
local place                -- which of them was brought back last
local brought, version     -- that text in the editor, and the editor's version then

local function push(text)
  ring[#ring + 1] = text
  bytes = bytes + #text
  while #ring > 1 and (#ring > MAX_KILLS or bytes > MAX_BYTES) do bytes = bytes - #table.remove(ring, 1) end
  place = #ring
end

-- Keeps a text that is deleted otherwise.
function M.keep(text)
  if text ~= "" then push(text) end
end

-- Deletes the cells after `from` up to `to` and keeps them; deleted in one go, they come back in one go.
function M.kill(from, to)
  if from >= to then return end
  local _, at = input.cells()
  local text = input.slice(from, to)
  if input.just("kill") and ring[1] then
    local before = table.remove(ring)
    bytes = bytes - #before
    text = from == at and before .. text or text .. before
  end
  push(text)
  input.replace(from, to, "", "kill")
end

-- Brings the newest back; after `rotate` the one that it chose.
function M.yank()
  local text = ring[place]
  if text and input.replace(select(2, input.cells()), select(2, input.cells()), text, "yank") then
    brought, version = text, input.version
  end
end

-- Right after `yank`: what was deleted before that takes its place.
function M.rotate()
  if not brought or version ~= input.version then return end
  local other = (place - 2) % #ring + 1
  if input.replace_tail(brought, ring[other], "yank") then
    place, brought, version = other, ring[other], input.version
  end
end

return M
