-- Owns what happens with a line once it is entered. Every refusal is one sentence; the caller keeps the text for mending.
local commands = require "commands.registry"
local figures = require "figures"
local here = require "here"
local mention = require "mention"
local notice = require "notice"
local refused = require "refused"
local text = require "text"

local M = {}

local MAX_NAMED = 5       -- models that a refusal names
local MAX_COMPARED = 40   -- bytes of a name that is compared with theirs
local MAX_MENTIONS = 8    -- names in a line that are looked up

local function result_of(result)
  if result.success then return true end
  return false, result.error or "refused"
end

-- All of them when they are few, else those whose names are most like one that was typed.
local function who_can_be_asked(typed)
  local models = here.models()
  if #models == 0 then return "there is nobody to ask now" end
  local count, wrong = #models, {}
  if count <= MAX_NAMED then return "you can ask " .. table.concat(models, ", ") end
  for i, name in ipairs(models) do
    local short = #typed < #name and name:sub(1, #typed) or name
    wrong[name] = { math.min(text.distance(typed, name), text.distance(typed, short) + 1), i }
  end
  table.sort(models, function(a, b)
    local one, other = wrong[a], wrong[b]
    return one[1] < other[1] or one[1] == other[1] and one[2] < other[2]
  end)
  return "you can ask " .. table.concat(models, ", ", 1, MAX_NAMED) .. ", … (/models lists all " .. count .. ")"
end

-- What a name stands for: "model", "person", or nil. Models have short names too, which the host knows; a short name
-- that could be several models' is theirs all the same: the refusal says which.
local function meaning(name, kinds)
  if kinds[name] then return kinds[name] == "model" and "model" or "person" end
  if tools.is_member(name) then return "person" end
  if tools.model(name) then return "model" end
  for other, kind in pairs(kinds) do
    if kind == "model" and (other:sub(1, #name + 1) == name .. ":" or other:find("/" .. name, 1, true)) then
      return "model"
    end
  end
end

-- The first model that a text names with an @, which asks nobody when it does not begin the line.
local function named_model(words, kinds)
  local from = 1
  for _ = 1, MAX_MENTIONS do
    local a, b, name = words:find("@([%w~][%w._/:~%-]*)", from)
    if not a then return nil end
    name = name:lower():gsub("[.:;]+$", "")
    if not words:sub(a - 1, a - 1):find("%w") and meaning(name, kinds) == "model" then return name end
    from = b + 1
  end
end

local function say(words, kinds)
  local taken, problem = result_of(tools.say(words))
  local model = taken and words:find("@", 1, true) and named_model(words, kinds or here.kinds())
  if model then notice.show("nobody was asked: only a line that begins with @" .. model .. " asks it") end
  return taken, problem
end

local function ask(line)
  local kinds, people, unknown = here.kinds(), {}, {}
  for _, name in ipairs(line.names) do
    local means = meaning(name, kinds)
    if means == "person" then people[#people + 1] = name elseif not means then unknown[#unknown + 1] = name end
  end
  if #people == #line.names then return say(line.text, kinds) end
  if #unknown > 0 then
    return false, "there is nobody called " .. table.concat(unknown, ", ") .. "; " .. who_can_be_asked(unknown[1]:sub(1, MAX_COMPARED))
  end
  if #people > 0 then return false, table.concat(people, ", ") .. " cannot be asked, only models can" end
  local names = table.concat(line.names, ",")
  if line.message == "" then return false, "say what you want to ask: @" .. names .. " QUESTION" end
  figures.forget()
  return result_of(tools.mention(names, line.message, line.text))
end

local function send(typed)
  local whole = text.trim(typed)
  if whole == "" then return true end
  if #whole > here.max_message then return false, text.too_large("message", #whole, here.max_message) end
  local line = mention.parse(whole)
  if line.kind == "command" then return commands.run(line.name, line.rest) end
  if line.kind == "ask" then return ask(line) end
  return say(line.text)
end

-- Takes a typed line. Returns true, or false and why not.
function M.send(typed)
  local taken, problem = send(typed)
  if taken then refused.taken() end
  return taken, problem
end

return M
