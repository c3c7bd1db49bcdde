-- Owns what scripts do to rows before they are drawn: tools.on_row, tools.on_chunk, tools.render. What a hook made of
-- a row is kept until the row, the width or the hooks change. A hook that fails is told of once, and the row is drawn
-- as if there were none.
--
--   tools.on_row(function(row) … end)         nil or false hides the row; true or the row keeps it; a table with
--                                             `content`, `author` or `style` changes these
--   tools.on_chunk(function(row, delta) … end) what to show of a growing row instead of its text so far; nil: as it is
--   tools.render(content_method, function(row, width) … end)
--                                             a list of lines: a string each, or text and style in turns
--
-- They are registered when a file is run: rows that were loaded before there was any hook are not shown to it.
-- tools.mark_dirty("chat") has them all run again: call it when what a hook depends on has changed.
local epoch = require "epoch"
local notice = require "notice"

local M = {}

local MAX_LINES = 1000    -- of a rendered row
local MAX_PIECE = 8192    -- bytes of a piece of such a line: no screen is as wide
local FIELDS = { "content", "author", "style" }
local LONGEST = { content = 16384, author = 256, style = 256 }  -- bytes

local filters, chunk_filters, renderers = {}, {}, {}

local function tell(hook, problem)
  if hook.told then return end
  hook.told = true
  if type(problem) ~= "string" then problem = "(the error is a " .. type(problem) .. ")" end
  local words = "script error in " .. hook.name .. ": " .. problem
  pcall(tools.log, "warn", words:sub(1, 1000))
  notice.show(words, "error")
end

-- What hooks return is only looked at raw: a metatable of theirs may do anything, and that outside of `run`.

-- Runs a hook. Returns whether it went well, and its result. One that was stopped in the middle, because it took too
-- long, is not run again: it would take the whole screen with it.
local function run(hook, ...)
  if hook.off then return false end
  if hook.busy then
    hook.off = true
    tell(hook, "it took too long or waited, and is not used any more")
    return false
  end
  hook.busy = true
  local ok, result = pcall(hook.f, ...)
  hook.busy = false
  if not ok then tell(hook, result) end
  return ok, result
end

local function register(list, name)
  return function(f)
    if type(f) ~= "function" then error(name .. ": function expected, got " .. type(f), 2) end
    list[#list + 1] = { name = name, f = f }
    epoch.begin()
  end
end

tools.on_row = register(filters, "on_row")
tools.on_chunk = register(chunk_filters, "on_chunk")

function tools.render(method, f)
  if type(method) ~= "string" or (f ~= nil and type(f) ~= "function") then
    error("render: a content_method and a function expected", 2)
  end
  renderers[method] = f and { name = "render " .. method, f = f } or nil
  epoch.begin()
end

-- Whether there is any hook: without one no row needs to be kept for them.
function M.any() return #filters > 0 or #chunk_filters > 0 or next(renderers) ~= nil end

local mark_dirty = tools.mark_dirty
function tools.mark_dirty(region)
  if region == "chat" and M.any() then epoch.begin() end
  return mark_dirty(region)
end

local function copy(row)
  local result = {}
  for key, value in pairs(row) do result[key] = value end
  return result
end

-- What one filter makes of a row: the row as it is then, nil to hide it.
local function filtered(hook, row)
  local ok, result = run(hook, copy(row))
  if not ok or result == true then return row end
  if not result then return nil end
  if type(result) ~= "table" then
    tell(hook, "it returned a " .. type(result) .. "; nil, true or a table is wanted")
    return row
  end
  local changed = copy(row)
  for _, field in ipairs(FIELDS) do
    local value = rawget(result, field)
    if type(value) == "string" then changed[field] = value:sub(1, LONGEST[field]) end
  end
  return changed
end

-- Lets the filters see an item's row, unless they have. Then `item.hidden` says whether to leave it out, and `text`,
-- `by` and `style` are what is shown instead of its own, nil for its own.
function M.filter(item)
  local row = item.row
  if not row or item.filtered == epoch.number then return end
  local changed = row
  for _, hook in ipairs(filters) do changed = changed and filtered(hook, changed) end
  item.filtered, item.hidden, item.changed = epoch.number, not changed, changed
  changed = changed or row
  item.text = changed.content ~= row.content and changed.content or item.chunk
  item.by = changed.author ~= row.author and changed.author or nil
  item.style = changed.style
end

-- A row has grown by `delta`.
function M.grown(item, row, delta)
  item.chunk = nil
  for _, hook in ipairs(chunk_filters) do
    local ok, result = run(hook, copy(row), delta or "")
    if ok and type(result) == "string" then item.chunk = result:sub(1, LONGEST.content) end
  end
end

-- A line of a renderer as spans, nil when it is none.
local function spans_of(line)
  if type(line) == "string" then return { line:sub(1, MAX_PIECE), "" } end
  if type(line) ~= "table" then return nil end
  local spans = {}
  for i = 1, math.max(1, rawlen(line)), 2 do
    local piece, style = rawget(line, i) or "", rawget(line, i + 1) or ""
    if type(piece) ~= "string" or type(style) ~= "string" then return nil end
    spans[i], spans[i + 1] = piece:sub(1, MAX_PIECE), style:sub(1, LONGEST.style)
  end
  return spans
end

-- The lines that a renderer makes of an item, nil when there is none for it, or it fails.
function M.render(item, width)
  local hook = renderers[item.method]
  if not hook or not item.row then return nil end
  local ok, result = run(hook, copy(item.changed or item.row), width)
  if not ok then return nil end
  if type(result) ~= "table" then return tell(hook, "it returned no list of lines") end
  local lines = {}
  for i = 1, math.min(rawlen(result), MAX_LINES) do
    lines[i] = spans_of(rawget(result, i))
    if not lines[i] then return tell(hook, "line " .. i .. " is neither a text nor text and style in turns") end
  end
  return lines
end

return M
