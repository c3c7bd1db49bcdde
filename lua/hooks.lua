-- Owns what scripts do to rows before they are drawn: tools.on_row, tools.on_chunk, tools.render. A hook that fails is
-- told of once, and the row is drawn as if there were none.
--
--   tools.on_row(function(row) … end)         nil or false hides the row; true or the row keeps it; a table with
--                                             `content`, `author` or `style` changes these
--   tools.on_chunk(function(row, delta) … end) what to show of a growing row instead of its text so far; nil: as it is.
--                                             `delta` is what it has grown by since it was drawn last
--   tools.render(content_method, function(row, width) … end)
--                                             a list of lines: a string each, or text and style in turns
--
-- A hook may depend on whose screen it is: then it is run in each person's own runtime, and all rows on their screen are
-- drawn there. With {shared = true} behind the function it promises not to: it is run where nobody's things are drawn,
-- once for all who look alike. Hooks are registered when a file is run. What was drawn is kept until the row, the look or
-- the files change: tools.mark_dirty("chat") has everything drawn again when what a hook depends on has changed.
local notice = require "notice"

local M = {}

local MAX_LINES = 1000    -- of a rendered row
local MAX_PIECE = 8192    -- bytes of a piece of such a line: no screen is as wide
local FIELDS = { "content", "author", "style" }
local LONGEST = { content = 16384, author = 256, style = 256 }  -- bytes

local MAX_GROWING = 200   -- rows whose growth is followed

local filters, chunk_filters, renderers = {}, {}, {}
local personal = false
local moving, growing = {}, {}     -- row id -> {length, status, changed} and {length, shown}: as far as hooks have seen it
local followed = {}                -- the ids of those rows, oldest first

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

-- Whether a hook is run in this runtime: in that of nobody's only what is shared. One that is not makes this person's
-- rows be drawn here.
local function is_run(options)
  local shared = type(options) == "table" and rawget(options, "shared") == true
  local nobodys = tools.session().mode == "look"
  personal = personal or not shared and not nobodys
  return shared or not nobodys
end

local function register(list, name)
  return function(f, options)
    if type(f) ~= "function" then error(name .. ": function expected, got " .. type(f), 2) end
    if is_run(options) then list[#list + 1] = { name = name, f = f } end
  end
end

tools.on_row = register(filters, "on_row")
tools.on_chunk = register(chunk_filters, "on_chunk")

function tools.render(method, f, options)
  if type(method) ~= "string" or (f ~= nil and type(f) ~= "function") then
    error("render: a content_method and a function expected", 2)
  end
  if is_run(options) then renderers[method] = f and { name = "render " .. method, f = f } or nil end
end

-- Whether this person's rows are drawn in their own runtime.
function M.is_personal() return personal end

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

-- A row's growth is followed from now on; of older ones it is followed no more.
local function follow(id)
  followed[#followed + 1] = id
  if #followed > MAX_GROWING then
    local oldest = table.remove(followed, 1)
    moving[oldest], growing[oldest] = nil, nil
  end
end

local mark_dirty = tools.mark_dirty
function tools.mark_dirty(region)
  if region == "chat" then moving = {} end
  return mark_dirty(region)
end

-- What to show of a row that grows, nil for its text so far.
local function chunk_of(item)
  local row = item.row
  local known = growing[row.id]
  if not known then
    known = { length = utf8.len(row.content) or 0 }
    growing[row.id] = known
    follow(row.id)
    return nil
  end
  local delta = tools.text(row.id, known.length + 1)
  if delta ~= "" then
    known.length, known.shown = known.length + utf8.len(delta), nil
    for _, hook in ipairs(chunk_filters) do
      local ok, result = run(hook, copy(row), delta)
      if ok and type(result) == "string" then known.shown = result:sub(1, LONGEST.content) end
    end
  end
  return known.shown
end

-- What the filters make of a row, nil to hide it. A row that moves is drawn again and again while it stays as it is.
local function last_filtered(row)
  local known = moving[row.id]
  if known and known.length == row.length and known.status == row.status then return known.changed end
  local changed = row
  for _, hook in ipairs(filters) do changed = changed and filtered(hook, changed) end
  if row.status ~= "open" then
    moving[row.id] = nil
  else
    if not known then follow(row.id) end
    moving[row.id] = { length = row.length, status = row.status, changed = changed }
  end
  return changed
end

-- Lets the filters see an item's row. Then `item.hidden` says whether to leave it out, and `text`, `by` and `style` are
-- what is shown instead of its own, nil for its own.
function M.filter(item)
  if #filters == 0 and #chunk_filters == 0 then return end
  local row = item.row
  local changed = last_filtered(row)
  item.hidden, item.changed = not changed, changed
  changed = changed or row
  item.text = changed.content ~= row.content and changed.content or nil
  if #chunk_filters > 0 and item.open and not item.text then item.text = chunk_of(item) end
  item.by = changed.author ~= row.author and changed.author or nil
  item.style = changed.style
end

-- Whether the filters hide a row.
function M.hides(row)
  for _, hook in ipairs(filters) do
    row = row and filtered(hook, row)
  end
  return not row
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
