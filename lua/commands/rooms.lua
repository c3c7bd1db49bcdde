-- Owns the commands about rooms and who is in them.
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
    page.show("Rooms", lines)
  end,
}

local function minutes(ms)
  local m = math.max(0, ms // 60000)
  if m < 60 then return m .. " min" end
  if m < 2880 then return m // 60 .. " h" end
  return m // 1440 .. " days"
end

registry.add {
  name = "who", args = "[ROOM]", help = "who is here", complete = room_names,
  run = function(rest)
    local list = tools.who(rest ~= "" and rest or nil)
    if list.error then return list.error end
    local lines, now = {}, tools.now()
    for _, person in ipairs(list) do
      local rooms = person.rooms and #person.rooms > 0 and " in " .. table.concat(person.rooms, ", ") or ""
      local away = person.away and ", away: " .. tostring(person.away) or ""
      local since = person.since and person.kind ~= "model" and ", " .. minutes(now - person.since) or ""
      lines[#lines + 1] = text.fit(person.name, 20) .. " " .. person.kind .. rooms .. since .. away
    end
    if #lines == 0 then lines[1] = "nobody is there" end
    page.show(rest ~= "" and "Who is in " .. rest or "Who is here", lines)
  end,
}
