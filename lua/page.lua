-- Owns the page: text laid over the chat until Esc closes it, for what is read once, and the keys that scroll it. In
-- line mode it is just printed.
local here = require "here"
local text = require "text"
local theme = require "theme"

local M = {}

local LEAST = 16  -- columns that a second column must have
local HANG = "  "
local UNFINISHED = "…"  -- the rest is being laid out, and comes with the next frames
local KEPT = 4    -- lines of a page from which on one of them stays in sight when it is scrolled

-- {title, lines, column}, where a line that begins with "# " is a heading, {title, words}, which are Markdown,
-- {title, view}, which lays out what is looked at, or {get}
local open
local wrapped     -- {width, lines}, each a list of text and style in turns
local top, shown = 0, 1
local last        -- the greatest top there is; nil until it is drawn

local function show(what)
  open, wrapped, top, last = what, nil, 0, nil
  tools.mark_dirty("page")
end

-- Shows lines of text under a title; with `column` they have a second column behind so many columns. In line mode they
-- are told in one piece: few notices may wait in the host at once.
function M.show(title, lines, column)
  if not here.is_screen() then
    local told = {}
    for _, line in ipairs(lines) do
      if line ~= "" then told[#told + 1] = line:gsub("^# ", "") end
    end
    if #told > 0 then tools.notify(table.concat(told, "\n")) end
    return
  end
  show { title = title, lines = lines, column = column }
end

-- The same for a text in Markdown; a first heading that says what the title says is left out.
function M.markdown(title, words)
  if not here.is_screen() then
    tools.notify((words:gsub("\n#+ ", "\n"):gsub("^#+ ", ""):gsub("\n\n+", "\n"):gsub("\n$", "")))
    return
  end
  local first, rest = words:match("^# ([^\n]*)\n+(.*)$")
  show { title = title, words = text.unwrap(first == title and rest or words) }
end

-- A view of more than is laid out at once: view.draw(width, height) gives lines and what to say of those below them;
-- view.scroll(lines), view.home() and view.finish() go elsewhere.
function M.view(title, view) show { title = title, view = view } end

-- A text over the whole screen, without margins or marks, for copying: get(width) and get(width, first, last) are as
-- `tools.folded`.
function M.plain(get) show { get = get } end

local function fold(lines, width)
  local folded = {}
  for _, line in ipairs(lines) do
    repeat
      local part = tools.clip(line, width)
      if part == "" then part = line end
      line = line:sub(#part + 1)
      folded[#folded + 1] = { part, line ~= "" }
    until line == ""
  end
  return folded
end

-- The same for a few lines that are no message: what is longer than a line flows on as it stands, so that a link stays
-- one. In line mode they are told in one piece.
function M.exact(lines)
  if not here.is_screen() then return tools.notify(table.concat(lines, "\n")) end
  M.plain(function(width, first, last)
    local folded = fold(lines, width)
    return first and table.move(folded, first, math.min(last, #folded), 1, {}) or #folded
  end)
end

function M.is_plain() return open ~= nil and open.get ~= nil end

function M.is_open() return open ~= nil end

function M.close()
  if open then
    open, wrapped = nil, nil
    tools.mark_dirty("page")
  end
end

-- ---- scrolling -------------------------------------------------------------------------------------------------
-- Where it ends is seen when it is drawn.
local function scroll(lines)
  if open.view then open.view.scroll(lines) end
  top = math.max(0, math.min(top, last or top) + lines)
  tools.mark_dirty("page")
end

M.scroll_lines = scroll

-- Scrolls by so many screens.
function M.scroll(pages) scroll(pages * (shown < KEPT and shown or shown - 1)) end

-- To the end of the page.
function M.finish()
  if open.view then open.view.finish() end
  top = 1 << 40
  tools.mark_dirty("page")
end

local function home()
  if open.view then open.view.home() end
  top = 0
  tools.mark_dirty("page")
end

local KEYS = {
  ["Up"] = function() scroll(-1) end, ["C-p"] = function() scroll(-1) end,
  ["Down"] = function() scroll(1) end, ["C-n"] = function() scroll(1) end,
  ["PgUp"] = function() M.scroll(-1) end, ["S-PgUp"] = function() M.scroll(-1) end,
  ["PgDn"] = function() M.scroll(1) end, ["S-PgDn"] = function() M.scroll(1) end,
  ["Home"] = home, ["End"] = M.finish,
  ["C-Home"] = home, ["C-End"] = M.finish,
}

-- A key while it is open, and nothing is being typed. Returns whether it scrolls.
function M.key(name)
  if KEYS[name] then KEYS[name]() end
  return KEYS[name] ~= nil
end

-- ---- drawing ---------------------------------------------------------------------------------------------------
-- Keeps the top where there is something, `n` lines being all of it.
local function keep_top(n)
  last = math.max(0, n - shown)
  top = math.max(0, math.min(top, last))
end

-- A line whose rest hangs below its beginning: nothing that somebody wrote begins a line of its own.
local function hanging(line, width)
  local lines = tools.wrap(line, math.max(1, width - #HANG), width)
  for i = 2, #lines do lines[i] = HANG .. lines[i] end
  return lines
end

-- A line that is too long goes on in its second column, if it has one; on narrow screens below the first.
local function wrap_line(line, width)
  local head = open.column and width > LEAST and line:sub(1, open.column) or ""
  if text.width(line) <= width or not head:find("  $") or not text.is_ascii(head) then return hanging(line, width) end
  local lines, margin, first = {}, (" "):rep(#head), head
  if width - #head < LEAST then
    margin, first = "  ", text.trim(head)
    if first ~= "" then lines = tools.wrap(first, width) end
    first = margin
  end
  for i, part in ipairs(tools.wrap(line:sub(#head + 1), width - #margin)) do
    lines[#lines + 1] = (i == 1 and first or margin) .. part
  end
  return lines
end

local function wrap(width)
  if wrapped and wrapped.width == width then return end
  local lines = {}
  for _, spans in ipairs(open.words and tools.layout(open.words, width) or {}) do
    for i = 2, #spans, 2 do spans[i] = theme.class(spans[i]) end
    lines[#lines + 1] = spans
  end
  for _, line in ipairs(open.lines or {}) do
    local heading = line:sub(1, 2) == "# "
    for _, part in ipairs(wrap_line(heading and line:sub(3) or line, width)) do
      lines[#lines + 1] = { part, heading and theme.heading or theme.text }
    end
  end
  wrapped = { width = width, lines = lines }
end

-- Of a text that is still being laid out there may be more to come: the end that is gone to is not held against it.
local function draw_plain(y, width, height)
  local n = open.get(width)
  local unfinished = n < 0
  n, shown = math.abs(n), math.max(1, height - 1)
  local wanted = top
  keep_top(n)
  local at, lines = top, open.get(width, top + 1, top + shown)
  if unfinished then
    top, last = wanted, nil
    if n - at <= shown then lines[n - at] = { UNFINISHED } end
  end
  for i = 1, shown do
    local line, following = lines[i], lines[i + 1]
    if line then (line[2] and following and following[2] ~= nil and tools.flow or tools.put)(y + i - 1, line[1], "") end
  end
  local rest = n - at - shown
  tools.put(y + shown, text.clip(rest > 0 and "PgDn: " .. rest .. " more lines, Esc closes" or "Esc closes", width),
    theme.footer)
end

local function draw_lines(y, lines)
  for i, line in ipairs(lines) do tools.put(y + i, " ", "", table.unpack(line)) end
end

-- Draws over `height` lines from y on: title, text, and what to do next.
function M.draw(y, width, height)
  if open.get then return draw_plain(y, width, height) end
  shown = math.max(1, height - 2)
  tools.put(y, text.fit(" " .. open.title, width), theme.title)
  local below
  if open.view then
    local lines
    lines, below = open.view.draw(math.max(1, width - 1), shown)
    draw_lines(y, lines)
  else
    wrap(math.max(1, width - 1))
    keep_top(#wrapped.lines)
    draw_lines(y, table.move(wrapped.lines, top + 1, math.min(top + shown, #wrapped.lines), 1, {}))
    local rest = #wrapped.lines - top - shown
    below = rest > 0 and rest .. " more lines"
  end
  if height > 2 then
    local footer = below and " PgDn: " .. below .. ", Esc closes" or " Esc closes"
    tools.put(y + height - 1, text.clip(footer, width), theme.footer)
  end
end

return M
