-- Owns the table of commands. A command is {name=, args=, help=, run=function(rest) … end, complete=}: `run` returns
-- nothing when it went well, else why not; `complete(before)` lists what may follow. More are added with `add`.
local text = require "text"

local M = {}

local list, by_name = {}, {}

function M.add(command)
  if not by_name[command.name] then list[#list + 1] = command.name end
  by_name[command.name] = command
  table.sort(list)
end

function M.names() return list end
function M.get(name) return by_name[name] end

-- The command whose name is most like this one, nil when none is.
function M.nearest(name)
  if name == "" then return nil end
  local best, distance = nil, math.max(1, #name // 2) + 1
  for _, known in ipairs(list) do
    local d = known:sub(1, #name) == name and 1 or text.distance(name, known)
    if d < distance then best, distance = known, d end
  end
  return best
end

-- What may follow a command and `before`, what is typed after its name so far: names, or {name=, says=}; nil when it
-- takes nothing that is known.
function M.completions(name, before)
  local command = by_name[name]
  return command and command.complete and command.complete(before)
end

-- Runs a command. Returns true, or false and why not.
function M.run(name, rest)
  local command = by_name[name]
  if not command then
    local nearest = #name <= 32 and M.nearest(name)
    local hint = nearest and "; did you mean /" .. nearest .. "?" or "; /help lists them"
    return false, "there is no command /" .. name:sub(1, 32) .. hint .. " (//TEXT says /TEXT)"
  end
  local problem = command.run(rest)
  if problem then return false, problem end
  return true
end

return M
