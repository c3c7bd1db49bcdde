-- Owns what becomes of a line that is sent: it goes into the history, or, refused, comes back into the editor to be
-- mended. What arrives in the same breath mends nothing, it is the rest of what was pasted or typed ahead: it begins a
-- new line, and the refused one is one Up away.
local input = require "input"
local notice = require "notice"
local recall = require "recall"

local M = {}

local WATCH_S = 0.25
M.BREATH_MS = 150        -- faster than anybody reads why and begins to mend

local line, version      -- the refused line in the editor, and the editor's version then: it is untouched
local at = 0             -- when a line was last refused
local kept = 0           -- lines of this breath that went into the history
local why, said          -- why the last one was refused; our own notice, which is nobody's reason
local watching           -- the timer that looks after them, while there are any
local sending = {}       -- {text, co, taken} of the lines that are being sent, by the coroutines `co`; oldest first

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
local function back(text)
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

-- ---- sending ---------------------------------------------------------------------------------------------------
local function settle(one)
  if one.taken then recall.sent(one.text) else back(one.text) end
end

local function watch()
  local ok, id = pcall(tools.every, WATCH_S, M.look_after)
  watching = ok and id or nil  -- where scripts have taken all timers, the next key looks after them
end

local function rest()
  if #sending == 0 and watching then
    tools.cancel_timer(watching)
    watching = nil
  end
end

local function forget(one)
  for i = #sending, 1, -1 do
    if sending[i] == one then table.remove(sending, i) end
  end
  rest()
end

-- A script's error while a line was being sent; the server's log has it for who wrote the script.
local function failed(problem)
  if type(problem) ~= "string" then problem = "(the error is a " .. type(problem) .. ")" end
  local words = "script error in on_line: " .. problem
  notice.told(words, "error")
  pcall(tools.log, "warn", words:sub(1, 1000))
end

-- The line that this coroutine sends has been taken: whatever scripts do after that, it does not come back.
function M.taken()
  local co = coroutine.running()
  for i = #sending, 1, -1 do
    if sending[i].co == co then
      sending[i].taken = true
      return
    end
  end
end

-- Sends a line, which may wait, or fail. Returns whether it was taken.
function M.send(text)
  local one = { text = text, co = coroutine.running() }
  sending[#sending + 1] = one
  if not watching then watch() end
  local ok, result = pcall(tools.emit, "on_line", text)
  if ok then one.taken = result ~= false else failed(result) end
  settle(one)
  forget(one)
  return one.taken
end

-- A script that takes too long is stopped, and nothing after it is run: neither is `send`. Its coroutine is dead then,
-- while one that waits is not. So this looks after what it left behind, whenever something happens.
function M.look_after()
  local i = 1
  while sending[i] do
    if coroutine.status(sending[i].co) == "dead" then
      local one = table.remove(sending, i)
      if not notice.current() then notice.told("a script was stopped while the line was being sent", "error") end
      settle(one)
    else
      i = i + 1
    end
  end
  rest()
end

tools.on_notice(M.look_after)

return M
