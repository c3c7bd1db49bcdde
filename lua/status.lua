-- Owns the status line: the room, who is here, which answers run, what is new below, or that one is not at the newest;
-- or the notice, while there is one.
local chat = require "chat"
local here = require "here"
local look = require "look"
local notice = require "notice"
local page = require "page"
local rows = require "rows"
local text = require "text"
local theme = require "theme"

local M = {}

local last = ""  -- how the newest answer of one's own went

local HANG = "  "         -- before the later lines of a notice: what somebody wrote in it looks like no other one
local MIN_SPEAKING = 100  -- milliseconds: an answer that came faster has no speed worth telling
local MAX_NUMBER = 1e12   -- from here on a number is nonsense, and longer than the line

-- A number as words, nil when it is none that makes sense: a model's server may say anything.
local function amount(format, value, unit)
  if not math.type(value) or not (value >= 0 and value < MAX_NUMBER) then return nil end
  return format:format(value / (unit or 1))
end

-- The time to the first token, nil when there is none that makes sense.
local function first_of(ms)
  return math.type(ms) and ms < 100 and amount("first %.0f ms", ms) or amount("first %.1f s", ms, 1000)
end

-- How the only running answer is getting on.
local function stage_of(stream)
  local stage = stream.stage
  if stage == "queued" then return "waits for its turn, " .. look.waits(stream) end
  if stage == "retrying" and stream.retry then return stream.retry end
  if stage == "thinking" then return "is thinking" end
  if stage == "calling" then return "runs " .. (stream.tool or "a tool") end
  return "is answering " .. stream.asker
end

-- How fast it comes: tokens a second, and the time to the first.
local function speed_of(stream)
  local words = {}
  if stream.tokens_per_s ~= 0 then words[1] = amount(" %.0f tok/s", stream.tokens_per_s) end
  local first = first_of(stream.first_token_ms)
  words[#words + 1] = first and " " .. first
  return table.concat(words, ",")
end

local function running(streams)
  if #streams == 0 then return last end
  local frame = theme.frames[here.now // 250 % #theme.frames + 1]
  local only = streams[1]
  if #streams == 1 then return frame .. " " .. only.model .. " " .. stage_of(only) .. speed_of(only) end
  for i = #streams, 1, -1 do
    local waits = streams[i].mine and look.waits(streams[i])
    if waits then return frame .. " " .. streams[i].model .. " " .. waits .. ", " .. #streams .. " answers running" end
  end
  local models = {}
  for i = 1, math.min(#streams, 4) do models[i] = streams[i].model end
  if #streams > 4 then models[5] = "…" end
  return frame .. " " .. #streams .. " answers running: " .. table.concat(models, ", ")
end

-- "· 3 here: ann, bob, …" in at most `width` columns, "" when not even the number fits.
local function people(width)
  local names = here.people()
  local head = "· " .. #names .. " here"
  if text.width(head) > width then return "" end
  local list = head .. ": " .. table.concat(names, ", ")
  if text.width(list) <= width then return list end
  list = head .. ":"
  for i = 1, #names do
    local longer = list .. " " .. names[i] .. ","
    if text.width(longer) + 2 > width then return i == 1 and head or list:sub(1, -2) .. " …" end
    list = longer
  end
  return list
end

-- The notice's lines for a width, nil without one; at most `most`. The others hang below the first.
function M.notice_lines(width, most)
  local words, level = notice.current()
  if not words then return nil end
  local lines = tools.wrap(words, math.max(1, width - 2 - #HANG), math.max(1, width - 2))
  if #lines > most then
    lines = table.move(lines, 1, most, 1, {})
    lines[most] = text.clip(lines[most] .. " …", math.max(1, width - 2 - (most > 1 and #HANG or 0)))
  end
  for i = 2, #lines do lines[i] = HANG .. lines[i] end
  return lines, level
end

-- How long an answer was being spoken, in milliseconds; for ever when that is not known.
local function speaking(meta)
  local first, whole = meta.first_token_ms, meta.duration_ms
  return math.type(first) and math.type(whole) and whole - first or math.huge
end

-- An answer has ended.
function M.answered(row)
  local meta = row.meta
  if row.content_method ~= "message.model" or not meta or meta.asker ~= here.name then return end
  local words = {}
  words[1] = amount("%.0f tokens", meta.completion_tokens)
  if speaking(meta) >= MIN_SPEAKING then words[#words + 1] = amount("%.0f tok/s", meta.tokens_per_s) end
  words[#words + 1] = first_of(meta.first_token_ms)
  words[#words + 1] = amount("%.0f older messages did not fit", meta.left_out)
  last = #words > 0 and row.author .. ": " .. table.concat(words, ", ") or ""
end

-- Another question was asked, or we are elsewhere: those figures say nothing any more.
function M.forget() last = "" end

-- What stands at the right while the chat is scrolled back. Under a page End means something else.
local function below()
  local new = chat.new_below()
  if new > 0 then return " " .. new .. " new below " end
  return not rows.following and not page.is_open() and " End: newest " or ""
end

-- Draws the status line, without the notice.
function M.draw(y, width, streams)
  local room = here.room()
  local name = " " .. (room and room.name or "") .. " "
  local right = below()
  name = text.clip(name, width - #right)
  local left = width - text.width(name) - #right
  local middle = running(streams)
  local gap = middle == "" and 0 or 3
  middle = text.clip(middle, math.max(0, left - 1))
  local list = people(left - text.width(middle) - gap - 1)
  local between = list ~= "" and middle ~= "" and "   " or ""
  tools.put(y, name, theme.status_room, text.fit(list .. between .. middle, left), theme.status, right, theme.status_new)
end

return M
