-- Owns where the text of an item comes from, and its lines: the host's, plain or as Markdown, or words of our own. A
-- line is a list of text and style in turns.
local highlight = require "highlight"
local hooks = require "hooks"
local item_of = require "item"
local settings = require "settings"
local theme = require "theme"

local M = {}

local MAX_WORDS = 16384    -- bytes of words of our own: the host lays out so many characters
local UNFINISHED = "…"      -- the rest is being laid out, and comes with the next frames

local markdown = true

settings.watch("markdown", function(value) markdown = value == "on" end)

-- Whether an item's text is read as Markdown: what models say is.
function M.is_markdown(item) return markdown and item.kind == "model" end

local function cut(words)
  if #words <= MAX_WORDS then return words end
  local to = MAX_WORDS
  while to > MAX_WORDS - 4 and words:byte(to + 1) // 64 == 2 do to = to - 1 end  -- no half characters
  return words:sub(1, to)
end

-- Lays the text out for so many columns, words of our own with `first` on their first line. Returns how many lines it
-- has, at least one. Then `item.own` are the lines that do not come from the host.
function M.measure(item, columns, first)
  item.columns = columns
  local words = item_of.words(item) or item.text
  if words and M.is_markdown(item) then
    item.own = tools.layout(cut(words), columns)
  elseif words then
    item.own = {}
    for i, line in ipairs(tools.wrap(cut(words), columns, first)) do item.own[i] = { line, "" } end
  else
    local n = (M.is_markdown(item) and tools.markdown or tools.lines)(item.id, columns)
    if n < 0 then
      item.unfinished = -n
      return -n
    end
    return math.max(1, n)
  end
  return math.max(1, #item.own)
end

local STYLES = { system = "system_text", tool = "tool_text", date = "date", unread = "unread" }

local function style_of(item)
  if item.style then return item.style end
  if item.action then return theme.action end
  if item.kind == "note" then return theme.notes[item.level] or theme.notes.info end
  return theme[STYLES[item.kind] or "text"]
end

-- Lines as the host or the words give them: lists of text and class, or mere texts.
local function raw(item, first, last)
  if item.own then return table.move(item.own, first, last, 1, {}) end
  local lines = (M.is_markdown(item) and tools.markdown or tools.lines)(item.id, item.columns, first, last)
  if item.unfinished and last >= item.unfinished then lines[item.unfinished - first + 1] = UNFINISHED end
  return lines
end

-- The lines from the `first` to the `last`, fit to be drawn.
function M.lines(item, first, last)
  local lines, style = raw(item, first, last), style_of(item)
  local classes = M.is_markdown(item)
  for i = 1, last - first + 1 do
    local line, spans = lines[i] or "", {}
    if type(line) == "string" then
      highlight.append(spans, line, style, item)
    else
      for k = 1, #line, 2 do
        local own = classes and line[k + 1] ~= "" and theme.class(line[k + 1]) or style
        highlight.append(spans, line[k], own, item)
      end
      if #spans == 0 then spans[1], spans[2] = "", style end
    end
    lines[i] = spans
  end
  return lines
end

local function words_of(line)
  if type(line) == "string" then return line end
  local words = ""
  for k = 1, #line, 2 do words = words .. line[k] end
  return words
end

-- Where all that is searched for stands nearest together, at least `apart` lines from each other: the numbers of lines,
-- where a line has any of it when none of the first `most` lines is near all of it.
function M.find(item, n, most, apart)
  local last, known, nearest, places, some = {}, 0, math.huge, {}, nil
  local function look_at(i, line)
    local found, all = highlight.found_in(words_of(line))
    if #found == 0 then return end
    some = some or i
    for _, term in ipairs(found) do
      if not last[term] then known = known + 1 end
      last[term] = i
    end
    if known < all then return end
    local from = i
    for _, at in pairs(last) do from = math.min(from, at) end
    if i - from < nearest then nearest, places = i - from, {} end
    if i - from == nearest and from >= (places[#places] or -apart) + apart then places[#places + 1] = from end
  end
  for first = 1, math.min(n, most), 100 do
    for i, line in ipairs(raw(item, first, math.min(n, first + 99))) do look_at(first + i - 1, line) end
  end
  return #places > 0 and places or { some }
end

-- The lines a renderer makes of the item, nil when there is none.
function M.rendered(item, width)
  local lines = hooks.render(item, width)
  return lines and #lines > 0 and lines or nil
end

return M
