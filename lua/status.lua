-- Owns the status line: the room, who is here, which answers run, what is new below; or the notice, while there is one.
local chat = require "chat"
local here = require "here"
local notice = require "notice"
local text = require "text"
local theme = require "theme"

local M = {}

local last = ""  -- how the newest answer of one's own went

-- How the only running answer is getting on.
local function stage_of(stream)
  local stage = stream.stage
  if stage == "queued" then return "waits for its turn, number " .. (stream.position or "?") .. " in the queue" end
  if stage == "retrying" and stream.retry then return stream.retry end
  if stage == "thinking" then return "is thinking" end
  if stage == "calling" then return "runs " .. (stream.tool or "a tool") end
  return "is answering " .. stream.asker
end

-- How fast it comes: tokens a second, and the time to the first.
local function speed_of(stream)
  local words = {}
  if (stream.tokens_per_s or 0) > 0 then words[1] = (" %.0f tok/s"):format(stream.tokens_per_s) end
  if stream.first_token_ms then words[#words + 1] = (" first %.1f s"):format(stream.first_token_ms / 1000) end
  return table.concat(words, ",")
end

local function running(streams)
  if #streams == 0 then return last end
  local frame = theme.frames[here.now // 250 % #theme.frames + 1]
  local only = streams[1]
  if #streams == 1 then return frame .. " " .. only.model .. " " .. stage_of(only) .. speed_of(only) end
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

-- The notice's lines for a width, nil without one; at most `most`.
function M.notice_lines(width, most)
  local words, level = notice.current()
  if not words then return nil end
  local lines = tools.wrap(words, math.max(1, width - 2))
  if #lines > most then
    lines = table.move(lines, 1, most, 1, {})
    lines[most] = text.clip(lines[most] .. " …", math.max(1, width - 2))
  end
  return lines, level
end

-- An answer has ended.
function M.answered(row)
  local meta = row.meta
  if row.content_method ~= "message.model" or not meta or meta.asker ~= here.name then return end
  local words = {}
  if meta.completion_tokens then words[1] = ("%d tokens"):format(meta.completion_tokens) end
  if meta.tokens_per_s then words[#words + 1] = ("%.0f tok/s"):format(meta.tokens_per_s) end
  if meta.first_token_ms then words[#words + 1] = ("first %.1f s"):format(meta.first_token_ms / 1000) end
  if meta.left_out then words[#words + 1] = meta.left_out .. " older messages did not fit" end
  last = #words > 0 and row.author .. ": " .. table.concat(words, ", ") or ""
end

-- Draws the status line, without the notice.
function M.draw(y, width, streams)
  local room = here.room()
  local name = " " .. (room and room.name or "") .. " "
  local new = chat.new_below()
  local right = new > 0 and " " .. new .. " new below " or ""
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
