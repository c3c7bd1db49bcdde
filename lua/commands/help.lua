-- Owns /help: the commands, the keys, and how to ask.
local page = require "page"
local registry = require "commands.registry"

local KEYS = {
  "# Keys",
  "Enter sends, Alt-Enter or Ctrl-J begins a new line",
  "Ctrl-A, Home, Ctrl-E, End: to the beginning and the end of the line",
  "Ctrl-B, Ctrl-F, arrows: by a character; Alt-B, Alt-F: by a word",
  "Ctrl-H, Backspace, Ctrl-D, Delete: delete a character",
  "Ctrl-W, Alt-Backspace, Alt-D: delete a word; Ctrl-U, Ctrl-K: to the beginning and the end of the line",
  "Ctrl-Y brings back what was deleted, Ctrl-_ undoes",
  "Up, Down: what was typed before; Ctrl-R searches in it",
  "Tab completes commands, names, models and rooms",
  "PgUp, PgDn scroll; End goes back to the newest",
  "Ctrl-C stops your answer, else clears the line; Ctrl-D on an empty line leaves",
  "Ctrl-T opens and folds what models thought; Ctrl-L draws the screen again, Esc closes a page",
}

local ASKING = {
  "# Asking",
  "@NAME QUESTION asks a model; @A,B QUESTION asks several. Everybody in the room reads the answer.",
  "@PERSON … is said to all, and stands out for that person.",
  "/models lists who can be asked, /cancel or Ctrl-C stops an answer of yours.",
  "/retry asks again, /continue has an answer that broke off carried on.",
  "//TEXT says a text that begins with /",
}

local function usage(command)
  return "/" .. command.name .. (command.args and " " .. command.args or "")
end

local function commands()
  local lines = { "# Commands" }
  for _, name in ipairs(registry.names()) do
    local command = registry.get(name)
    lines[#lines + 1] = ("%-16s %s"):format(usage(command), command.help)
  end
  return lines
end

local function topics()
  local names = { "keys", "asking" }
  for _, name in ipairs(registry.names()) do names[#names + 1] = name end
  return names
end

local function all()
  local lines = commands()
  for _, part in ipairs { ASKING, KEYS } do
    lines[#lines + 1] = ""
    table.move(part, 1, #part, #lines + 1, lines)
  end
  return lines
end

registry.add {
  name = "help", args = "[TOPIC]", help = "what can be done here; TOPIC is a command, keys or asking", complete = topics,
  run = function(rest)
    local topic = rest:lower():gsub("^/", "")
    local command = registry.get(topic)
    if topic == "" then
      page.show("Help", all())
    elseif topic == "keys" then
      page.show("Keys", KEYS)
    elseif topic == "asking" then
      page.show("Asking", ASKING)
    elseif command then
      page.show("/" .. command.name, { usage(command), command.help, table.unpack(command.more or {}) })
    else
      return "there is no help on " .. topic .. "; topics are " .. table.concat(topics(), ", ")
    end
  end,
}
