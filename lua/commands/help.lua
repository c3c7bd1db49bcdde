-- Owns /help: what can be done here, and the pages of lua/help, one for each command and some topics.
local page = require "page"
local registry = require "commands.registry"
local text = require "text"

local M = {}

local TOPICS = { "start", "keys", "asking", "scripting", "analysis", "guard" }

local function usage(command)
  return "/" .. command.name .. (command.args and " " .. command.args or "")
end

-- The list of commands, then the topics; and the column where it says what they do. In a room of one's own, or without
-- models, what makes no sense is left out.
local function overview()
  local lines, width = { "# Commands" }, 0
  local list = {}
  for _, name in ipairs(registry.names()) do
    local command = registry.get(name)
    if not command.fits or command.fits() then list[#list + 1] = command end
  end
  for _, command in ipairs(list) do width = math.max(width, math.min(22, #usage(command))) end
  for _, command in ipairs(list) do lines[#lines + 1] = text.fit(usage(command), width) .. "  " .. command.help end
  local more = "/help TOPIC tells more: a command, or " .. table.concat(TOPICS, ", ")
  for _, line in ipairs { "", "# Asking",
    "@NAME QUESTION asks a model; @A,B QUESTION asks several. Everybody in the room reads the answer.",
    "Ctrl-C stops your answer. //TEXT says a text that begins with /", "", more } do
    lines[#lines + 1] = line
  end
  return lines, width + 2
end

function M.topics()
  local names = { table.unpack(TOPICS) }
  for _, name in ipairs(registry.names()) do names[#names + 1] = name end
  return names
end

-- Shows the page of a topic. Returns nil, or why not.
function M.show(topic)
  local command, written = registry.get(topic), tools.help(topic)
  if written then
    page.markdown(command and usage(command) or topic, written)
  elseif command then
    page.show(usage(command), { command.help, table.unpack(command.more or {}) })
  else
    local near = registry.nearest(topic)
    local hint = near and "; did you mean /help " .. near .. "?" or ""
    return "there is no help on " .. topic:sub(1, 32) .. hint .. "; topics are " .. table.concat(M.topics(), ", ")
  end
end

registry.add {
  name = "help", args = "[TOPIC]", help = "what can be done here; TOPIC is a command, keys, asking, …",
  complete = M.topics,
  run = function(rest)
    if rest == "" then
      page.show("Help", overview())
      return
    end
    return M.show(rest:lower():gsub("^/", ""))
  end,
}

return M
