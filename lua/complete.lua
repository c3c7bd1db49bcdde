-- Owns what can be completed: commands, their arguments, names of people and models, rooms, emoji. What the keys do
-- with it is `menu`'s. A candidate is {key=, text=, says=}: what is compared, what is put in, and what is said of it.
local commands = require "commands.registry"
local emoji = require "emoji"
local here = require "here"
local settings = require "settings"

local M = {}

local MAX_WORD = 256        -- bytes: what is longer is no name
local MAX_CANDIDATES = 2000 -- sorting them all must stay cheap
local MIN_INSIDE = 2        -- letters from which on they may stand anywhere in a name, in a plain word and a command

-- ---- candidates ------------------------------------------------------------------------------------------------
local function add(list, key, says, text)
  list[#list + 1] = { key = key, lower = key:lower(), text = text or key, says = says or "" }
end

-- Sorted, each once.
local function sorted(list)
  local known, result = {}, {}
  for _, candidate in ipairs(list) do
    if not known[candidate.key] and #result < MAX_CANDIDATES then
      known[candidate.key] = true
      result[#result + 1] = candidate
    end
  end
  table.sort(result, function(a, b) return a.key < b.key end)
  return result
end

local function about_model(model)
  local words = "model"
  if model.provider and model.provider ~= "" then words = words .. ", " .. model.provider end
  if model.model and model.model ~= "" and model.model ~= model.name then words = words .. ", " .. model.model end
  return words
end

local function about_room(room)
  local topic = room.topic and room.topic ~= "" and ", " .. room.topic or ""
  return "room, " .. room.members .. " here" .. topic
end

-- Models and people; whom the room asks by itself stands first where a model is wanted.
local function everybody(but, asked)
  local list, first = {}, asked and here.setting("default")
  for _, model in ipairs(tools.models()) do
    if model.available ~= false and not but[model.name] then
      add(list, model.name, about_model(model) .. (model.name == first and ", the room's default" or ""))
    end
  end
  for _, name in ipairs(here.people()) do
    if not but[name] then add(list, name, "person") end
  end
  list = sorted(list)
  for i, candidate in ipairs(list) do
    if candidate.key == first then table.insert(list, 1, table.remove(list, i)) end
  end
  return list
end

local function all_commands()
  local list = {}
  for _, name in ipairs(commands.names()) do
    local command = commands.get(name)
    if not command.fits or command.fits() then add(list, name, command.help) end
  end
  return sorted(list)
end

local function all_emoji()
  local list = {}
  for _, one in ipairs(emoji.all()) do add(list, ":" .. one.name .. ":", one.emoji, one.emoji) end
  return sorted(list)
end

-- What is said of the names that may follow a command: name -> words.
local function sayings(command)
  local says = {}
  if command == "set" then
    for _, setting in ipairs(settings.all()) do says[setting.name] = setting.help end
  elseif command == "help" then
    for _, name in ipairs(commands.names()) do says[name] = commands.get(name).help end
  else
    for _, model in ipairs(tools.models()) do says[model.name] = about_model(model) end
    for _, name in ipairs(here.people()) do says[name] = "person" end
    for _, room in ipairs(tools.rooms()) do says[room.name] = says[room.name] or about_room(room) end
  end
  return says
end

local function arguments(command, names)
  local list, says = {}, sayings(command)
  for _, name in ipairs(names) do
    if type(name) == "table" then add(list, name.name, name.says or says[name.name], name.text)
    else add(list, name, says[name]) end
  end
  return sorted(list)
end

-- ---- where we are ----------------------------------------------------------------------------------------------
-- The models and people that "@a,b,c" names already.
local function named(word)
  local names = {}
  for name in word:sub(2):gmatch("[^,@]+,") do names[name:sub(1, -2)] = true end
  return names
end

local function place(kind, before, typed, after, candidates)
  return { kind = kind, from = #before - #typed, typed = typed, after = after, candidates = candidates }
end

local function argument_place(before, word)
  local command, argument = before:match("^/(%S+)%s+(.*)$")
  local names = command and commands.completions(command:lower(), argument)
  if not names then return nil end
  local typed = word:match("^[@#/]?(.*)$")
  return place("argument", before, typed, "", function() return arguments(command:lower(), names) end)
end

-- What the text before the cursor asks for, nil when for nothing: {kind=, from=, typed=, after=, candidates=}; `from`
-- counts the bytes before the part to complete, `after` follows a lone candidate, `candidates()` lists them all.
function M.where(before)
  local word = before:sub(-MAX_WORD):match("%S*$")
  if #word >= MAX_WORD then return nil end
  local short = word:match(":%a[%a_]+$")
  if short and not word:sub(1, -#short - 1):find("[%w:]$") then
    return place("emoji", before, short, "", all_emoji)
  end
  if before:sub(1, 1) == "/" then
    if word == before then return place("command", before, word:sub(2), " ", all_commands) end
    local found = #before <= MAX_WORD and argument_place(before, word)
    if found then return found end
  end
  if word:sub(1, 1) == "@" then
    return place("asked", before, word:match("[^@,]*$"), " ", function() return everybody(named(word), true) end)
  end
  local typed = word:match("^[%(%[{\"'*_]*(.*)$")
  if typed == "" then return nil end
  return place("name", before, typed, " ", function() return everybody({}) end)
end

-- The candidates for what is typed: first those that begin with it, then those that have it inside; and how many begin
-- with it.
function M.matching(candidates, typed, kind)
  local found, inside = {}, {}
  local lower = typed:lower()
  for _, candidate in ipairs(candidates) do
    if candidate.lower:sub(1, #lower) == lower then
      found[#found + 1] = candidate
    elseif (kind ~= "name" and kind ~= "command" or #lower >= MIN_INSIDE) and candidate.lower:find(lower, 1, true) then
      inside[#inside + 1] = candidate
    end
  end
  local first = #found
  table.move(inside, 1, #inside, first + 1, found)
  return found, first
end

-- As far as the first `count` of them agree.
function M.common(list, count)
  local prefix, lower = list[1].key, list[1].lower
  for i = 2, count do
    while list[i].lower:sub(1, #lower) ~= lower do lower = lower:sub(1, -2) end
  end
  prefix = prefix:sub(1, #lower)
  while not utf8.len(prefix) do prefix = prefix:sub(1, -2) end  -- no half characters
  return prefix
end

return M
