-- Owns the commands about people: oneself, and others.
local alert = require "alert"
local here = require "here"
local notice = require "notice"
local page = require "page"
local registry = require "commands.registry"
local text = require "text"

local function problem_of(result)
  if not result.success then return result.error or "refused" end
end

-- The people here, for the first word.
local function people_here(before) return not before:find("%S%s") and here.people() or nil end

registry.add {
  name = "me", args = "ACTION", help = "say what you do: /me waves",
  run = function(rest)
    if rest == "" then return "say what you do: /me waves" end
    return problem_of(tools.say("/me " .. rest))
  end,
}

registry.add {
  name = "msg", args = "NAME TEXT", help = "tell one person something; it is not kept", complete = people_here,
  secret = true,
  run = function(rest)
    local name, words = text.split_word(rest)
    if words == "" then return "say to whom, and what: /msg NAME TEXT" end
    local result = tools.msg(name:gsub("^@", ""), words)
    if not result.success then return problem_of(result) end
    local away = result.away and " (away: " .. result.away .. ")" or ""
    local told = "to " .. (result.name or name) .. " alone" .. away .. ": " .. words
    if here.is_screen() then alert.read(told) else tools.notify(told) end
  end,
}

registry.add {
  name = "nick", args = "NAME", help = "have another name, bound to your key",
  run = function(rest)
    if rest == "" then return "say which name: /nick NAME" end
    return problem_of(tools.nick(rest))
  end,
}

registry.add {
  name = "away", args = "[WHY]", help = "say in /who that you are away",
  run = function(rest)
    local problem = problem_of(tools.away(rest ~= "" and rest or "away"))
    if problem then return problem end
    notice.show("you are away; what you say next takes it back")
  end,
}

local function minutes(ms)
  local m = math.max(0, ms // 60000)
  if m < 60 then return m .. " min" end
  if m < 2880 then return m // 60 .. " h" end
  return m // 1440 .. " days"
end

local function about(person, now)
  local words = { person.kind }
  if person.rooms and #person.rooms > 0 then words[#words + 1] = "in " .. table.concat(person.rooms, ", ") end
  if person.since and person.kind ~= "model" then words[#words + 1] = minutes(now - person.since) end
  if person.away then words[#words + 1] = "away: " .. tostring(person.away) end
  return table.concat(words, ", ")
end

local function room_names()
  local names = {}
  for i, room in ipairs(tools.rooms()) do names[i] = room.name end
  return names
end

registry.add {
  name = "who", args = "[ROOM]", help = "who is here", complete = room_names,
  run = function(rest)
    local list = tools.who(rest ~= "" and rest or nil)
    if list.error then return list.error end
    local lines, now = {}, tools.now()
    for _, person in ipairs(list) do lines[#lines + 1] = text.fit(person.name, 20) .. " " .. about(person, now) end
    if #lines == 0 then lines[1] = "nobody is there" end
    page.show(rest ~= "" and "Who is in " .. rest or "Who is here", lines, 21)
  end,
}
