-- Owns what a person has chosen: every setting, what it may be, and what it is. Kept for members, over their logins.
local theme = require "theme"

local M = {}

local KEY = "settings"   -- under which all are kept

-- "a, b or c"
local function either(values)
  local head = table.concat(values, ", ", 1, #values - 1)
  return (head ~= "" and head .. " or " or "") .. (values[#values] or "")
end

local function one_of(...)
  local values = { ... }
  return {
    values = function() return values end,
    read = function(text)
      for _, value in ipairs(values) do
        if value == text then return value end
      end
    end,
    says = either(values),
  }
end

local SWITCH = one_of("on", "off")

local ZONE = {
  values = function() return { "utc", "+01:00", "+02:00", "-05:00", "-08:00" } end,
  read = function(text)
    if text == "utc" then return text end
    local sign, hours, minutes = text:match("^([+-])(%d%d?):?(%d?%d?)$")
    if not sign or tonumber(hours) > 14 or (minutes ~= "" and tonumber(minutes) > 59) then return nil end
    return ("%s%02d:%02d"):format(sign, tonumber(hours), tonumber(minutes ~= "" and minutes or 0))
  end,
  says = "utc, or an offset such as +01:00",
}

local INTERVAL = {
  values = function() return { "auto", "100", "250", "500" } end,
  read = function(text)
    if text == "auto" then return text end
    local ms = math.tointeger(tonumber(text))
    if ms and ms >= 33 and ms <= 2000 then return tostring(ms) end
  end,
  says = "auto, or 33 to 2000 milliseconds",
}

local THEME = {
  values = theme.names,
  read = function(text)
    for _, name in ipairs(theme.names()) do
      if name == text then return name end
    end
  end,
  says = function() return either(theme.names()) end,
}

-- In the order of /set.
local DEFINED = {
  { name = "theme", look = true, kind = THEME, default = "ansi", help = "colours: ansi is the terminal's own sixteen" },
  { name = "time", look = true, kind = one_of("off", "short", "long"), default = "off", help = "when each row was written" },
  { name = "zone", look = true, kind = ZONE, default = "utc", help = "the time zone of what is shown" },
  { name = "markdown", look = true, kind = SWITCH, default = "on", help = "headings, lists and code as such; off: as it was written" },
  { name = "thoughts", look = true, kind = one_of("folded", "open"), default = "folded", help = "what models thought (Ctrl-T)" },
  { name = "tools", look = true, kind = one_of("folded", "open"), default = "folded", help = "what models had tools do (Ctrl-O)" },
  { name = "joins", kind = SWITCH, default = "off", help = "say who comes and goes" },
  { name = "bell", kind = one_of("off", "mention", "all"), default = "off", help = "when the terminal rings" },
  { name = "keys", kind = one_of("emacs", "vi"), default = "emacs", help = "how the line is edited" },
  { name = "interval", kind = INTERVAL, default = "auto", help = "time between two frames, for slow lines" },
}

local by_name = {}
for _, setting in ipairs(DEFINED) do by_name[setting.name] = setting end

local chosen = {}        -- name -> value, of those that are not as they are by themselves
local watchers = {}      -- name -> functions
local look_watchers = {}
local loaded = false     -- whether what was kept has been read

local function tell(name)
  for _, watcher in ipairs(watchers[name] or {}) do watcher(M.get(name)) end
end

local function tell_of_look()
  for _, watcher in ipairs(look_watchers) do watcher() end
end

-- Reads what was kept; a value that is none any more is as if it were not there.
function M.load()
  local kept = tools.kv_get(KEY)
  chosen, loaded = {}, true
  for name, value in pairs(type(kept) == "table" and kept or {}) do
    local setting = by_name[name]
    chosen[name] = setting and type(value) == "string" and setting.kind.read(value) or nil
  end
  for _, setting in ipairs(DEFINED) do tell(setting.name) end
  tell_of_look()
end

-- How rows look depends on these alone, of all settings: what they are, by name.
function M.of_look()
  local look = {}
  for _, setting in ipairs(DEFINED) do
    if setting.look then look[setting.name] = M.get(setting.name) end
  end
  return look
end

-- What is drawn is for somebody who has chosen these.
function M.use(look)
  for _, setting in ipairs(DEFINED) do
    local value = setting.look and look[setting.name]
    if value and value ~= M.get(setting.name) then
      chosen[setting.name] = setting.kind.read(value)
      tell(setting.name)
    end
  end
end

function M.get(name) return chosen[name] or by_name[name].default end

-- Sets one. Returns nil, or why not.
function M.set(name, text)
  local setting = by_name[name]
  if not setting then return "there is no setting " .. name .. "; /set lists them" end
  local value = setting.kind.read(text:lower())
  if not value then return name .. " may be " .. M.says(setting) .. ", not " .. text end
  chosen[name] = value ~= setting.default and value or nil
  tools.kv_set(KEY, chosen)
  tell(name)
  if setting.look then tell_of_look() end
end

-- Calls f when a setting has changed that how rows look depends on, and once when what was kept is read.
function M.watch_look(f) look_watchers[#look_watchers + 1] = f end

-- Calls f with the value whenever it changes, and once when what was kept is read, at once where it has been.
function M.watch(name, f)
  watchers[name] = watchers[name] or {}
  table.insert(watchers[name], f)
  if loaded then f(M.get(name)) end
end

-- A setting of one's own script: {name=, values={…}, default=, help=}; with look=true, how rows look depends on it.
function M.define(setting)
  if by_name[setting.name] then return end
  setting.kind = one_of(table.unpack(setting.values))
  by_name[setting.name] = setting
  DEFINED[#DEFINED + 1] = setting
end

-- What a setting may be, in words.
function M.says(setting)
  local says = setting.kind.says
  return type(says) == "function" and says() or says
end

function M.all() return DEFINED end
function M.values(name) return by_name[name] and by_name[name].kind.values() end

M.watch("interval", function(value) tools.pace(math.tointeger(tonumber(value))) end)

M.watch("theme", function(name)
  theme.use(name)
  tools.mark_dirty("status")
end)

return M
