-- A filter: `/mute NAME` hides what somebody says, on your own screens alone; `/unmute NAME` shows it again.
local registry = require "commands.registry"

local KEY = "muted"
local muted = tools.kv_get(KEY) or {}

tools.on_row(function(row)
  if muted[row.author:lower()] then return nil end
  return row
end)

local function set(value)
  return function(rest)
    local name = rest:lower():gsub("^@", "")
    if name == "" then return "say whom: /" .. (value and "mute" or "unmute") .. " NAME" end
    muted[name] = value
    tools.kv_set(KEY, muted)
    tools.mark_dirty("chat")
    tools.notify(name .. (value and " is muted" or " is heard again"))
  end
end

registry.add { name = "mute", args = "NAME", help = "hide what somebody says", run = set(true) }
registry.add { name = "unmute", args = "NAME", help = "show it again", run = set(nil) }
