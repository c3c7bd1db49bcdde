-- Owns the table of commands. A command is {name=, args=, help=, run=function(rest) … end, complete=, secret=}: `run`
-- returns nothing (or a boolean) when it went well, else why not; `complete(before)` lists what may follow. A line with a command
-- that is `secret` is kept nowhere beyond the session. More are added with `add`, and stand in the place of shipped ones of
-- the same name.
local text = require "text"

local M = {}

local SHIPPED = { "asking", "help", "people", "reading", "rooms", "settings", "view", "web" }  -- files, see `all`

local list, by_name = {}, {}
local waiting, running = true, false  -- whether the shipped files are still to be run, or being run

function M.add(command)
  local known = by_name[command.name]
  if known and running then return end
  if not known then list[#list + 1] = command.name end
  by_name[command.name] = command
  table.sort(list)
end

-- All commands by name; the shipped ones are there when somebody looks for one.
local function all()
  if waiting then
    waiting, running = false, true
    for _, file in ipairs(SHIPPED) do require("commands." .. file) end
    running = false
  end
  return by_name
end

function M.names()
  all()
  return list
end

function M.get(name) return all()[name] end

-- How many letters of a name are wrong, if it is to be `known`: at most `most`, else more. Two that have changed places
-- are one.
local function wrong_letters(name, known, most)
  if known:sub(1, #name) == name then return 1 end
  if math.abs(#name - #known) > most then return most + 1 end
  local least = text.distance(name, known)
  for i = 1, #name - 1 do
    local swapped = name:sub(1, i - 1) .. name:sub(i + 1, i + 1) .. name:sub(i, i) .. name:sub(i + 2)
    if swapped ~= name then least = math.min(least, 1 + text.distance(swapped, known)) end
  end
  return least
end

-- The command whose name is most like this one, nil when more than a third of the letters are wrong.
function M.nearest(name)
  if name == "" then return nil end
  local most = math.max(1, #name // 3)
  local best, least = nil, most + 1
  for _, known in ipairs(M.names()) do
    local wrong = wrong_letters(name, known, most)
    if wrong < least then best, least = known, wrong end
  end
  return best
end

-- Whether a line, typed or half typed, is one that must not be kept.
function M.is_secret(line)
  local name = line:match("^%s*/([^%s/]+)")
  local command = name and M.get(name:lower())
  return command ~= nil and command.secret == true
end

-- What may follow a command and `before`, what is typed after its name so far: names, or {name=, says=, text=}, `text`
-- being what is put in; nil when it takes nothing that is known.
function M.completions(name, before)
  local command = M.get(name)
  return command and command.complete and command.complete(before)
end

-- Runs a command. Returns true, or false and why not.
function M.run(name, rest)
  local command = M.get(name)
  if not command then
    local nearest = #name <= 32 and M.nearest(name)
    local hint = nearest and "; did you mean /" .. nearest .. "?" or "; /help lists them"
    return false, "there is no command /" .. name:sub(1, 32) .. hint .. " (//TEXT says /TEXT)"
  end
  local problem = command.run(rest)
  if not problem or problem == true then return true end
  if type(problem) == "string" then return false, problem end
  return false, "script error in /" .. name .. ": it returned a " .. type(problem) .. "; nil or a text is wanted"
end

return M
