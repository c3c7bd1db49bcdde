-- Owns how the status line looks: the room, who is here, which answers run, what is new below, or that one is not at the
-- newest.
local text = require "text"
local theme = require "theme"

local M = {}

local MAX_NUMBER = 1e12   -- from here on a number is nonsense, and longer than the line

-- A number as words, nil when it is none that makes sense: a model's server may say anything.
function M.amount(format, value, unit)
  if not math.type(value) or not (value >= 0 and value < MAX_NUMBER) then return nil end
  return format:format(value / (unit or 1))
end

-- The time to the first token, nil when there is none that makes sense.
function M.first_of(ms)
  return math.type(ms) and ms < 100 and M.amount("first %.0f ms", ms) or M.amount("first %.1f s", ms, 1000)
end

-- What an answer waits for, in words that follow its model's name; nil when it does not wait.
function M.waits(stream)
  if stream.stage == "queued" then return "number " .. (stream.position or "?") .. " in the queue" end
  if stream.stage == "retrying" then return stream.retry end
end

-- How the only running answer is getting on.
local function stage_of(stream)
  local stage = stream.stage
  if stage == "queued" then return "waits for its turn, " .. M.waits(stream) end
  if stage == "retrying" and stream.retry then return stream.retry end
  if stage == "thinking" then return "is thinking" end
  if stage == "calling" then return "runs " .. (stream.tool or "a tool") end
  return "is answering " .. stream.asker
end

-- How fast it comes: tokens a second, and the time to the first.
local function speed_of(stream)
  local words = {}
  if stream.tokens_per_s ~= 0 then words[1] = M.amount(" %.0f tok/s", stream.tokens_per_s) end
  local first = M.first_of(stream.first_token_ms)
  words[#words + 1] = first and " " .. first
  return table.concat(words, ",")
end

local function running(facts, streams)
  if #streams == 0 then return facts.words end
  local frame = theme.frames[facts.phase % #theme.frames + 1]
  local only = streams[1]
  if #streams == 1 then return frame .. " " .. only.model .. " " .. stage_of(only) .. speed_of(only) end
  for i = #streams, 1, -1 do
    local waits = streams[i].mine and M.waits(streams[i])
    if waits then return frame .. " " .. streams[i].model .. " " .. waits .. ", " .. #streams .. " answers running" end
  end
  local models = {}
  for i = 1, math.min(#streams, 4) do models[i] = streams[i].model end
  if #streams > 4 then models[5] = "…" end
  return frame .. " " .. #streams .. " answers running: " .. table.concat(models, ", ")
end

-- "· 3 here: ann, bob, …" in at most `width` columns, "" when not even the number fits.
local function here(names, width)
  local head = "· " .. #names .. " here"
  if text.width(head) > width then return "" end
  local list = head .. ":"
  for i = 1, #names do
    local longer = list .. " " .. names[i] .. (i < #names and "," or "")
    if text.width(longer) + (i < #names and 2 or 0) > width then return i == 1 and head or list:sub(1, -2) .. " …" end
    list = longer
  end
  return list
end

-- ---- what scripts have found out about the newest answer ---------------------------------------------------------
local MAX_FOUND = 24     -- columns of one value: what is longer belongs on a page of its own

-- A value as words, nil when it has none in a line: a number from 0 to 1 is a share, any other one stands as it is.
local function value_of(value)
  if type(value) == "string" then return text.clip(value, MAX_FOUND) end
  if type(value) == "boolean" then return value and "yes" or "no" end
  if type(value) ~= "number" or value ~= value or math.abs(value) >= MAX_NUMBER then return nil end
  if value >= 0 and value <= 1 then return ("%d %%"):format(math.floor(value * 100 + 0.5)) end
  return ("%.2f"):format(value):gsub("%.?0+$", "", 1)
end

-- "ethos 20 % logos 50 % pathos 30 %" in at most `width` columns, in the order of the keys; whole figures alone.
function M.found(values, width)
  local keys, words, left = {}, {}, width
  for key in pairs(values or {}) do keys[#keys + 1] = key end
  table.sort(keys)
  for _, key in ipairs(keys) do
    local value = value_of(values[key])
    local word = value and key .. " " .. value
    left = left - (word and text.width(word) + (#words > 0 and 1 or 0) or 0)
    if left < 0 then break end
    words[#words + 1] = word
  end
  return table.concat(words, " ")
end

-- What stands at the right while the chat is scrolled back. Under a page End means something else.
local function below(facts)
  if facts.new_below > 0 then return " " .. facts.new_below .. " new below " end
  return not facts.follows and not facts.covered and " End: newest " or ""
end

-- The line: texts and styles in turns. `facts` are {room, words, new_below, follows, covered, phase, found}: the words
-- say how one's own newest answer went, `found` is what scripts have found out about the room's newest one; `people` are
-- names, `streams` the running answers.
function M.line(facts, people, streams, width)
  local right = below(facts)
  local name = text.clip(" " .. facts.room .. " ", width - #right)
  local left = width - text.width(name) - #right
  local middle = running(facts, streams)
  local gap = middle == "" and 0 or 3
  middle = text.clip(middle, math.max(0, left - 1))
  local found = M.found(facts.found, left - text.width(middle) - gap - 1)
  if found ~= "" then
    middle = middle == "" and found or middle .. "   " .. found
    gap = 3
  end
  local list = here(people, left - text.width(middle) - gap - 1)
  local between = list ~= "" and middle ~= "" and "   " or ""
  return { name, theme.status_room, text.fit(list .. between .. middle, left), theme.status, right, theme.status_new }
end

return M
