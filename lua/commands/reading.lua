-- Owns the commands about what was said before: searching, reading again, copying.
local clock = require "clock"
local here = require "here"
local page = require "page"
local record = require "record"
local registry = require "commands.registry"
local search = require "search"
local text = require "text"

local SHOWN, MAX_SHOWN = 100, 500   -- rows of /history
local MAX_BYTES = 262144            -- of their texts together, in line mode
local MAX_LINE_MODE = 65536         -- characters of a message copied in line mode
local PAGE, MAX_BACK = 50, 1000     -- rows of one load, and how far back /copy goes
local STEP_S = 0.05                 -- seconds from one look to the next while code is being found

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

-- Calls look(row) for the newest `most` rows, the newest first, until it returns something: that.
local function back(most, look)
  local before, seen = nil, 0
  while seen < most do
    local wanted = math.min(PAGE, most - seen)
    local rows = tools.history { limit = wanted, before = before }
    for i = #rows, 1, -1 do
      local found = look(rows[i])
      if found ~= nil then return found end
    end
    if #rows < wanted then return nil end
    before, seen = rows[1].seq, seen + #rows
  end
end

local function reversed(list)
  local other = {}
  for i = #list, 1, -1 do other[#other + 1] = list[i] end
  return other
end

-- The newest n rows as lines, whole: as many as may be told at once, and a word when there are more.
local function tell(n)
  local told, bytes = {}, 0
  local more = back(n, function(row)
    bytes = bytes + row.length
    if bytes > MAX_BYTES and #told > 0 then return true end
    local words = row.length > #row.content and tools.text(row.id, 1, MAX_BYTES) or row.content
    told[#told + 1] = record.head(row) .. words:gsub("\n", "\n  ") .. (row.length > MAX_BYTES and " …" or "")
  end)
  if more then told[#told + 1] = "(of older rows there is too much to be shown at once)" end
  if #told > 0 then tools.notify(table.concat(reversed(told), "\n")) end
end

registry.add {
  name = "history", args = "[N]", help = "the newest N rows as a page",
  run = function(rest)
    local n = number(rest, SHOWN, MAX_SHOWN)
    if not n then return "say how many rows, up to " .. MAX_SHOWN .. ": /history 100" end
    if not here.is_screen() then return tell(n) end
    local rows = {}
    back(n, function(row) rows[#rows + 1] = { id = row.id, head = record.head(row) } end)
    page.view("The newest " .. #rows .. " rows", record.view(reversed(rows)))
  end,
}

local SKIPPED = { ["message.system"] = true, ["tool.call"] = true, ["tool.result"] = true }

-- The n-th newest of the messages, nil when there are fewer.
local function message(n)
  return back(MAX_BACK, function(row)
    if SKIPPED[row.content_method] then return nil end
    n = n - 1
    return n == 0 and row or nil
  end)
end

-- Tells the code of a row in line mode, when all of it is found.
local function tell_code(id)
  local ok, n = pcall(tools.code, id, MAX_LINE_MODE)
  if not ok then return end
  if n < 0 then return tools.after(STEP_S, function() tell_code(id) end) end
  local words = {}
  for i, line in ipairs(tools.code(id, MAX_LINE_MODE, 1, n)) do words[i] = line[1] end
  local all = table.concat(words, "\n")
  tools.notify(all ~= "" and all or "there is no code in this message")
end

local function show_plainly(fold, id)
  page.plain(function(width, first, last)
    local ok, lines = pcall(fold, id, width, first, last)
    return ok and lines or first and {} or 0
  end)
end

registry.add {
  name = "copy", args = "[code] [N]", help = "show the newest message plainly, or the N-th newest, to be copied",
  complete = function(before) return before == "" and { { name = "code", says = "the code alone" } } or nil end,
  run = function(rest)
    local word, behind = text.split_word(rest)
    local code = word == "code"
    local n = number(code and behind or rest, 1, MAX_BACK)
    if not n then return "say which message, counted from the newest: /copy 2, /copy code 2" end
    local row = message(n)
    if not row then return "there are not so many messages" end
    if here.is_screen() then return show_plainly(code and tools.code or tools.folded, row.id) end
    if code then return tell_code(row.id) end
    tools.notify(tools.text(row.id, 1, MAX_LINE_MODE))
  end,
}
