-- Owns the commands about what was said before: searching, reading again, copying.
local clock = require "clock"
local here = require "here"
local page = require "page"
local registry = require "commands.registry"
local search = require "search"

local SHOWN, MAX_SHOWN = 100, 500   -- rows of /history
local MAX_BYTES = 262144            -- of their texts together
local MAX_LINE_MODE = 65536         -- characters of a message copied in line mode
local PAGE, MAX_BACK = 100, 1000    -- rows of one load, and how far back /copy goes

-- Whom one may look for: who is here; others can be typed.
local function authors(before)
  if not before:find("from:%S*$") then return nil end
  local names = {}
  for _, name in ipairs(here.people()) do names[#names + 1] = { name = "from:" .. name, says = "person" } end
  for _, model in ipairs(tools.models()) do names[#names + 1] = { name = "from:" .. model.name, says = "model" } end
  return names
end

registry.add {
  name = "search", args = "WORDS", help = "look for words, \"phrases\" and from:NAME in all that was said here",
  complete = authors,
  run = function(rest)
    if rest == "" then return "say what to look for: /search WORDS" end
    return search.start(rest)
  end,
}

-- The number that is typed, `default` when there is none, nil when it is not a number from 1 to `most`.
local function number(rest, default, most)
  if rest == "" then return default end
  local n = math.tointeger(tonumber(rest))
  return n and n >= 1 and n <= most and n or nil
end

local function lines_of(rows)
  local lines, bytes = {}, 0
  for i = #rows, 1, -1 do
    local row = rows[i]
    bytes = bytes + #row.content
    if bytes > MAX_BYTES then break end
    local rest = row.length > #row.content and " …" or ""
    lines[#lines + 1] = clock.prefix(row.created_at) .. row.author .. ": " .. row.content .. rest
  end
  local oldest_first = {}
  for i = #lines, 1, -1 do oldest_first[#oldest_first + 1] = lines[i] end
  return oldest_first
end

registry.add {
  name = "history", args = "[N]", help = "the newest N rows as a page",
  run = function(rest)
    local n = number(rest, SHOWN, MAX_SHOWN)
    if not n then return "say how many rows, up to " .. MAX_SHOWN .. ": /history 100" end
    local lines = lines_of(tools.history(n))
    page.show("The newest " .. #lines .. " rows", lines)
    page.finish()
  end,
}

local SKIPPED = { ["message.system"] = true, ["tool.call"] = true, ["tool.result"] = true }

-- The n-th newest of the messages, nil when there are fewer.
local function message(n)
  local before, seen = nil, 0
  while seen < MAX_BACK do
    local rows = tools.history(before and { limit = PAGE, before = before } or PAGE)
    for i = #rows, 1, -1 do
      if not SKIPPED[rows[i].content_method] then n = n - 1 end
      if n == 0 then return rows[i] end
    end
    if #rows < PAGE then return nil end
    before, seen = rows[1].seq, seen + #rows
  end
end

registry.add {
  name = "copy", args = "[N]", help = "show the newest message plainly, or the N-th newest, to be copied",
  run = function(rest)
    local n = number(rest, 1, MAX_BACK)
    if not n then return "say which message, counted from the newest: /copy 2" end
    local row = message(n)
    if not row then return "there are not so many messages" end
    if not here.is_screen() then return tools.notify(tools.text(row.id, 1, MAX_LINE_MODE)) end
    page.plain(function(width, first, last)
      local ok, lines = pcall(tools.lines, row.id, width, first, last)
      return ok and lines or first and {} or 0
    end)
  end,
}
