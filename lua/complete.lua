-- Owns Tab: completes commands, their arguments, names of people and models. First as far as all candidates agree, with
-- the list as a notice; pressed again, it goes through them.
local commands = require "commands.registry"
local here = require "here"
local input = require "input"
local notice = require "notice"
local text = require "text"

local M = {}

local MAX_LISTED = 30

local cycle  -- {candidates, index, typed, version}: while Tab is pressed again and again

-- ---- candidates ------------------------------------------------------------------------------------------------
local function with_prefix(names, prefix)
  local found, known = {}, {}
  prefix = prefix:lower()
  for _, name in ipairs(names) do
    if not known[name] and name:sub(1, #prefix):lower() == prefix then
      known[name] = true
      found[#found + 1] = name
    end
  end
  table.sort(found)
  return found
end

local function everybody()
  local names = here.models()
  for _, name in ipairs(here.people()) do names[#names + 1] = name end
  return names
end

local function last_word(before)
  local from = #before + 1
  while from > 1 and not before:find("^%s", from - 1) do from = from - 1 end
  return before:sub(from)
end

-- What the text before the cursor asks for: the part to complete, the candidates, and what follows a lone one.
local function candidates(before)
  local word = last_word(before)
  if before:sub(1, 1) == "/" and word ~= before then
    local command, argument = text.split_word(before:sub(2))
    local names = commands.completions(command)
    if names then return argument, with_prefix(names, argument), "" end
  elseif before:sub(1, 1) == "/" then
    return word:sub(2), with_prefix(commands.names(), word:sub(2)), " "
  end
  if word:sub(1, 1) == "@" then
    local part = word:match("[^@,]*$")
    return part, with_prefix(everybody(), part), " "
  end
  if word == "" then return word, {}, "" end
  return word, with_prefix(everybody(), word), " "
end

local function common_prefix(names)
  local prefix = names[1]
  for i = 2, #names do
    while names[i]:sub(1, #prefix):lower() ~= prefix:lower() do prefix = prefix:sub(1, -2) end
  end
  return prefix
end

-- ---- keys ------------------------------------------------------------------------------------------------------
local function put(old, new)
  input.replace_before(#tools.graphemes(old), new)
end

local function list(names)
  local shown = table.move(names, 1, math.min(#names, MAX_LISTED), 1, {})
  if #names > MAX_LISTED then shown[#shown + 1] = "… (" .. #names .. ")" end
  notice.show(table.concat(shown, "  "))
end

local function step(by)
  cycle.index = (cycle.index + by - 1) % #cycle.candidates + 1
  local name = cycle.candidates[cycle.index]
  put(cycle.typed, name)
  cycle.typed, cycle.version = name, input.version
  list(cycle.candidates)
end

local function begin()
  local typed, names, after = candidates(input.before())
  cycle = nil
  if #names == 0 then return end
  if #names == 1 then return put(typed, names[1] .. after) end
  local prefix = common_prefix(names)
  if #prefix > #typed then put(typed, prefix) else prefix = typed end
  cycle = { candidates = names, index = 0, typed = prefix, version = input.version }
  list(names)
end

function M.forward()
  if cycle and cycle.version == input.version then step(1) else begin() end
end

function M.backward()
  if not (cycle and cycle.version == input.version) then return begin() end
  if cycle.index == 0 then cycle.index = 1 end
  step(-1)
end

return M
