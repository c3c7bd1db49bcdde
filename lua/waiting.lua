-- Owns the questions that wait until their models can be had: kept for a person in all their sessions, asked by one that is
-- in the room they were meant for. Whoever asks has the rights they have then; what is refused then goes on waiting.
local alert = require "alert"
local here = require "here"
local mention = require "mention"
local notice = require "notice"
local text = require "text"

local M = {}

local KEY = "later"
local MAX_KEPT = 8              -- questions of one person: more than that is a list of things to do
local MAX_DAYS = 7              -- after that nobody remembers why they asked
local LOOK_SECONDS = 30         -- between two looks whether a model can be had; servers are looked at once a minute
local DAY_MS = 24 * 3600 * 1000
local SEARCHED = 100            -- newest rows in which a question that failed is looked for

local MAX_SHOWN = 120           -- columns of a question in a list or a notice

local timer                     -- of the next look
local told = {}                 -- what was told of a question, by its text: once is enough

-- What is kept, oldest first: {room=, text=, at=}. Scripts may have written anything there.
local function kept()
  local found = tools.kv_get(KEY)
  local list = {}
  for _, one in ipairs(type(found) == "table" and found or {}) do
    if type(one) == "table" and type(one.room) == "string" and type(one.text) == "string" and math.type(one.at) then
      list[#list + 1] = one
    end
  end
  return list
end

-- Keeps the list. Returns nothing, or why not.
local function keep(list)
  local ok, problem = pcall(tools.kv_set, KEY, #list > 0 and list or nil)
  if not ok then return "it is too much to be kept: " .. tostring(problem) end
end

local function without(list, index)
  local rest = table.move(list, 1, #list, 1, {})
  table.remove(rest, index)
  return rest
end

-- A question in one short line.
local function shown(words)
  return text.clip(words:gsub("%s+", " "), MAX_SHOWN)
end

local function names_of(line) return "@" .. table.concat(line.names, ", @") end

-- Whether everybody whom a line asks can be had, as far as is known.
local function can_be_had(line)
  for _, name in ipairs(line.names) do
    local model = tools.model(name)
    if not model or model.available == false then return false end
  end
  return true
end

-- Tells what happens while one may not look: on a screen it stays in the chat.
local function tell(words)
  if here.is_screen() then alert.read(words) else notice.show(words) end
end

local function say_once(one, words)
  if told[one.text] ~= words then
    told[one.text] = words
    tell(words)
  end
end

-- Asks one that can be asked now. Returns whether it waits no longer.
local function ask(one)
  local line = mention.parse(one.text)
  if line.kind ~= "ask" then return true end
  if tools.now() - one.at > MAX_DAYS * DAY_MS then
    tell(names_of(line) .. " could not be had for " .. MAX_DAYS .. " days, and is not asked any more: " .. shown(one.text))
    return true
  end
  if not can_be_had(line) then return false end
  if here.room().name ~= one.room then
    say_once(one, names_of(line) .. " can be had again; your question is asked when you are in " .. one.room)
    return false
  end
  local result = tools.mention(table.concat(line.names, ","), line.message, one.text)
  if result.success then
    tell(names_of(line) .. " can be had again: your question is asked")
    return true
  end
  say_once(one, "your question to " .. names_of(line) .. " waits still: " .. (result.error or "refused"))
  return false
end

-- Everybody's turn: what is asked, or too old, is kept no longer. It is asked first and forgotten then: a server that is killed
-- between the two asks once more, and loses none. Nothing waits in here; so another session of the person takes the same
-- question only where both have threads and look in the same moment.
local function ask_all()
  local list, rest = kept(), {}
  for _, one in ipairs(list) do
    if not ask(one) then rest[#rest + 1] = one end
  end
  if #rest < #list then keep(rest) end
  return #rest
end

local function look()
  timer = nil
  tools.look_for_models()
  if ask_all() > 0 then M.begin() end
end

-- Looks again in a while, if something waits and nobody does so yet.
function M.begin()
  if timer or tools.kv_get(KEY) == nil then return end
  local ok, id = pcall(tools.after, LOOK_SECONDS, look)
  timer = ok and id or nil  -- where scripts have taken all timers the next line or room is the occasion
end

-- Keeps a line that asks somebody. Returns why not, or nothing.
local function add(words, room)
  local line = mention.parse(words)
  if line.kind ~= "ask" or line.message == "" then return "say whom to ask, and what: /later @NAME QUESTION" end
  local list = kept()
  if #list >= MAX_KEPT then return MAX_KEPT .. " questions wait already, that is the limit; /later drop N gives one up" end
  list[#list + 1] = { room = room, text = words, at = tools.now() }
  local problem = keep(list)
  if problem then return problem end
  told[words] = nil
  notice.show("kept: it is asked in " .. room .. " when " .. names_of(line) .. " can be had and you are there; /later list shows it")
  M.begin()
end

-- The newest question of this person's here whose answer has failed, as it was typed, and of one model if one alone failed.
local function failed()
  local rows, by_id = tools.history(SEARCHED), {}
  for _, row in ipairs(rows) do by_id[row.id] = row end
  for i = #rows, 1, -1 do
    local row = rows[i]
    local question = row.parent_id and by_id[row.parent_id]
    if row.content_method == "message.system" and row.mention_id and (row.meta or {}).asker == here.name and question then
      local line = mention.parse(question.content)
      local model = row.meta.model
      if line.kind == "ask" and #line.names > 1 and model then return "@" .. model .. " " .. line.message end
      return question.content
    end
  end
end

-- The lines of `/later list`.
function M.lines()
  local found = {}
  for i, one in ipairs(kept()) do
    local hours = (tools.now() - one.at) // (3600 * 1000)
    found[i] = i .. ". in " .. one.room .. ", for " .. (hours < 48 and hours .. " hours" or hours // 24 .. " days") .. ": " .. shown(one.text)
  end
  if #found == 0 then found[1] = "nothing waits" end
  return found
end

-- Gives one up. Returns why not, or nothing.
function M.drop(word)
  local list, number = kept(), math.tointeger(tonumber(word))
  if not number or not list[number] then return "say which: /later drop N, with a number of /later list" end
  local one = list[number]
  local problem = keep(without(list, number))
  if problem then return problem end
  notice.show("given up: " .. shown(one.text))
end

-- `/later …` with a line, or without one the question that has just failed.
function M.add(words)
  if words ~= "" then return add(words, here.room().name) end
  local room = here.room().name
  local line = failed()
  if not line then return "no question of yours has failed here; /later @NAME QUESTION keeps one" end
  return add(line, room)
end

-- Whether something came of an answer before it failed.
local function has_begun(mention_id)
  for _, row in ipairs(tools.history(SEARCHED)) do
    if row.mention_id == mention_id and row.content_method == "message.model" and row.length > 0 then return true end
  end
  return false
end

-- An answer to this person has failed: what can be done about it. What was not given to a model will not be later, either.
function M.failed(row)
  local meta = row.meta or {}
  if not here.is_screen() or not meta.model or meta.refused then return end
  if has_begun(row.mention_id) then
    notice.show("/continue has @" .. meta.model .. " go on from there, /retry asks again")
  else
    notice.show("/retry asks @" .. meta.model .. " again, /later asks when it can be had")
  end
end

return M
