-- Owns a line that was refused: it comes back into the editor to be mended. What arrives in the same breath mends
-- nothing, it is the rest of what was pasted or typed ahead: it begins a new line, and the refused one is one Up away.
local input = require "input"
local notice = require "notice"
local recall = require "recall"

local M = {}

M.BREATH_MS = 150        -- faster than anybody reads why and begins to mend

local line, version      -- the refused line in the editor, and the editor's version then: it is untouched
local at = 0             -- when a line was last refused
local kept = 0           -- lines of this breath that went into the history
local why, said          -- why the last one was refused; our own notice, which is nobody's reason

local function in_one_breath()
  local passed = tools.now() - at
  return passed >= 0 and passed < M.BREATH_MS  -- below 0: the clock was set back
end

-- The host's notices stay a moment although keys are pressed, and so must these: more of the paste is to come.
local function tell(words)
  said = why and why .. "; " .. words or words
  notice.told(said, "error")
end

local function keep(text)
  recall.add(text)
  kept = kept + 1
  tell(kept == 1 and "the refused line is in the history (Up)"
    or "the " .. kept .. " refused lines are in the history (Up)")
end

-- A line was refused, and the notice says why.
function M.back(text)
  if not in_one_breath() then kept = 0 end
  local words = notice.current()
  if words ~= said then why = words end
  at = tools.now()
  if not input.is_empty() then return keep(text) end  -- sending it took a while, another is begun
  input.set(text)
  line, version = text, input.version
  if kept == 1 then
    tell("a line refused before it is in the history (Up)")
  elseif kept > 1 then
    tell(kept .. " lines refused before it are in the history (Up)")
  end
end

-- Something is about to be inserted.
function M.make_way()
  if line and version == input.version and in_one_breath() then
    keep(line)
    input.clear()
  end
  line = nil
end

return M
