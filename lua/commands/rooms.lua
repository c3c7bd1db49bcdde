-- Owns the commands about rooms.
local here = require "here"
local notice = require "notice"
local page = require "page"
local registry = require "commands.registry"
local text = require "text"

local function room_names()
  local names = {}
  for i, room in ipairs(tools.rooms()) do names[i] = room.name end
  return names
end

local function problem_of(result)
  if not result.success then return result.error or "refused" end
end

registry.add {
  name = "join", args = "ROOM", help = "go to a room; it is made if there is none", complete = room_names,
  run = function(rest)
    if rest == "" then return "say which room: /join ROOM; /rooms lists them" end
    local problem = problem_of(tools.join(rest))
    if not problem then return end
    -- Where one wanted to be one is: there is nothing to mend.
    local room = here.room()
    if not room or rest:lower():gsub("^#", "") ~= room.name then return problem end
    notice.show(problem)
  end,
}

registry.add {
  name = "create", args = "ROOM", help = "make a room and go there",
  run = function(rest)
    if rest == "" then return "say how it is to be called: /create ROOM" end
    return problem_of(tools.create(rest))
  end,
}

registry.add {
  name = "leave", help = "go back to the lobby",
  run = function()
    local problem = problem_of(tools.leave())
    if problem then notice.show(problem, "error") end  -- not refused: "/leave" cannot be mended
  end,
}

registry.add {
  name = "rooms", help = "which rooms there are",
  run = function()
    local lines = {}
    for i, room in ipairs(tools.rooms()) do
      local unread = (room.unread or 0) > 0 and ", " .. room.unread .. " new" or ""
      local topic = room.topic and room.topic ~= "" and "  " .. room.topic or ""
      lines[i] = ("%-20s %d here, %d rows%s%s"):format(room.name, room.members, room.rows, unread, topic)
    end
    page.show("Rooms", lines, 21)
  end,
}

registry.add {
  name = "topic", args = "[TEXT]", help = "what the room is about: say it, or see it",
  run = function(rest)
    if rest ~= "" then return problem_of(tools.topic(rest)) end
    local room = tools.room()
    local topic = room and room.topic or ""
    notice.show(topic ~= "" and room.name .. ": " .. topic or "no topic is set; /topic TEXT sets one")
  end,
}

-- ---- what a room is like ---------------------------------------------------------------------------------------
local function in_one_line(value) return value ~= "" and value:gsub("%s*\n%s*", " ") or "-" end

local function list_settings()
  local lines = {}
  for _, setting in ipairs(tools.room_settings()) do
    lines[#lines + 1] = text.fit(setting.name, 13) .. in_one_line(setting.value)
    lines[#lines + 1] = text.fit("", 13) .. setting.help .. " (" .. setting.takes .. ")"
  end
  lines[#lines + 1] = ""
  lines[#lines + 1] = "/room NAME VALUE sets one"
  page.show("The room " .. tools.room().name, lines, 13)
end

local function values(name)
  if name == "retrieval" then return { "on", "off" } end
  if name ~= "default" then return nil end
  local names = here.models()
  names[#names + 1] = { name = "off", says = "nobody" }
  return names
end

local function setting_names_or_values(before)
  if before:find("%s") then return values((text.split_word(before))) or {} end
  local names = {}
  for i, setting in ipairs(tools.room_settings()) do names[i] = { name = setting.name, says = setting.help } end
  return names
end

registry.add {
  name = "room", args = "[NAME [VALUE]]", help = "what the room is like: see it, or set it",
  complete = setting_names_or_values,
  run = function(rest)
    if rest == "" then return list_settings() end
    local name, value = text.split_word(rest)
    if value ~= "" then return problem_of(tools.set_room(name, value)) end
    local held = here.setting(name:lower())
    if not held then return problem_of(tools.set_room(name, value)) end
    notice.show(name:lower() .. ": " .. in_one_line(held))
  end,
}
