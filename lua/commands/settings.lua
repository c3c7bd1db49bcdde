-- Owns /set: what a person has chosen, and choosing.
local notice = require "notice"
local page = require "page"
local registry = require "commands.registry"
local settings = require "settings"
local text = require "text"

local function names_or_values(before)
  local name = text.split_word(before or "")
  if before and before:find("%s") then return settings.values(name) or {} end
  local names = {}
  for i, setting in ipairs(settings.all()) do names[i] = setting.name end
  return names
end

local function list()
  local lines = {}
  for _, setting in ipairs(settings.all()) do
    local value = settings.get(setting.name)
    local changed = value ~= setting.default and " *" or ""
    lines[#lines + 1] = text.fit(setting.name, 10) .. text.fit(value .. changed, 10) .. " " .. setting.help
    lines[#lines + 1] = text.fit("", 21) .. settings.says(setting)
  end
  lines[#lines + 1] = ""
  lines[#lines + 1] = "/set NAME VALUE changes one; * is not as it is by itself"
  page.show("Settings", lines, 21)
end

registry.add {
  name = "set", args = "[NAME [VALUE]]", help = "how things look and work for you", complete = names_or_values,
  run = function(rest)
    if rest == "" then return list() end
    local name, value = text.split_word(rest)
    if value == "" then
      if not settings.values(name) then return settings.set(name, "") end
      return notice.show(name .. " is " .. settings.get(name))
    end
    local problem = settings.set(name, value)
    if problem then return problem end
    notice.show(name .. " is " .. settings.get(name) .. " now")
  end,
}
