-- Owns what happens with a line once it is entered. Every refusal is one sentence; the caller keeps the text for mending.
local commands = require "commands.registry"
local here = require "here"
local mention = require "mention"
local refused = require "refused"
local text = require "text"

local M = {}

local function result_of(result)
  if result.success then return true end
  return false, result.error or "refused"
end

local function who_can_be_asked()
  local models = here.models()
  if #models == 0 then return "there is nobody to ask now" end
  return "you can ask " .. table.concat(models, ", ")
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

local function ask(line)
  local kinds, people, unknown = here.kinds(), {}, {}
  for _, name in ipairs(line.names) do
    local means = meaning(name, kinds)
    if means == "person" then people[#people + 1] = name elseif not means then unknown[#unknown + 1] = name end
  end
  if #people == #line.names then return result_of(tools.say(line.text)) end
  if #unknown > 0 then
    return false, "there is nobody called " .. table.concat(unknown, ", ") .. "; " .. who_can_be_asked()
  end
  if #people > 0 then return false, table.concat(people, ", ") .. " cannot be asked, only models can" end
  local names = table.concat(line.names, ",")
  if line.message == "" then return false, "say what you want to ask: @" .. names .. " QUESTION" end
  return result_of(tools.mention(names, line.message, line.text))
end

local function send(typed)
  local whole = text.trim(typed)
  if whole == "" then return true end
  if #whole > here.max_message then return false, text.too_large("message", #whole, here.max_message) end
  local line = mention.parse(whole)
  if line.kind == "command" then return commands.run(line.name, line.rest) end
  if line.kind == "ask" then return ask(line) end
  return result_of(tools.say(line.text))
end

-- Takes a typed line. Returns true, or false and why not.
function M.send(typed)
  local taken, problem = send(typed)
  if taken then refused.taken() end
  return taken, problem
end

return M
