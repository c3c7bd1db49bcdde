-- Owns how the editor's text is laid out: wrapped lines of whole graphemes, where the cursor stands among them, and
-- moving it from one to the next.
local input = require "input"
local recall = require "recall"
local text = require "text"
local theme = require "theme"

-- The mark stands before the text. With `on_cells` the cursor stands on a character, not behind the last one: vi's
-- normal mode.
local M = { mark = ">", on_cells = false }

local NARROW = 8          -- columns below which there is no mark
local MAX_KNOWN = 2000    -- widths of graphemes that are remembered

local widths, known = {}, 0

local function columns(cell)
  if #cell == 1 then return 1 end  -- a TAB is drawn as a blank
  local width = widths[cell]
  if not width then
    if known >= MAX_KNOWN then widths, known = {}, 0 end
    width, known = tools.display_width(cell), known + 1
    widths[cell] = width
  end
  return width
end

local laid = { version = -1, width = 78 }  -- the last layout: lines, their first cells, cursor x and y (from 0)
local top = 0                              -- first line that is drawn
local goal = { version = -1, x = 0 }       -- the column that Up and Down keep to, while nothing else is pressed

-- Breaks the cells into lines: the text of each, and the index of its first cell. Returns the last one's width too.
local function break_lines(cells, width)
  local lines, starts, n, x = {}, { 1 }, 1, 0
  for i = 1, #cells do
    local cell = cells[i]
    if cell == "\n" then
      lines[n] = table.concat(cells, "", starts[n], i - 1)
      n, x = n + 1, 0
      starts[n] = i + 1
    else
      local w = #cell == 1 and 1 or columns(cell)
      if x + w > width and x > 0 then
        lines[n] = table.concat(cells, "", starts[n], i - 1)
        n, x = n + 1, 0
        starts[n] = i
      end
      x = x + w
    end
  end
  lines[n] = table.concat(cells, "", starts[n])
  return lines, starts, x
end

local function lay_out(width)
  if laid.version == input.version and laid.width == width then return end
  local cells, at = input.cells()
  local lines, starts, x = break_lines(cells, width)
  local y = #lines
  if at == #cells and x >= width then  -- the cursor needs a place behind the last column
    y, lines[y + 1], starts[y + 1] = y + 1, "", at + 1
  end
  while starts[y] > at + 1 do y = y - 1 end
  x = 0
  for i = starts[y], at do x = x + columns(cells[i]) end
  -- A line that is full to the last column leaves no place for a cursor before the line break that ends it.
  laid = { version = input.version, width = width, lines = lines, starts = starts }
  laid.x, laid.y = math.min(x, width - 1), y - 1
end

local function gutter(width)
  return width < NARROW and 0 or 2
end

-- How many lines the input takes, were there room for all of them.
function M.height(width)
  if recall.query() then return 1 end
  lay_out(math.max(1, width - gutter(width)))
  return #laid.lines
end

-- ---- moving ----------------------------------------------------------------------------------------------------
-- To the column one goes for, in line `y` (from 0). A line that is wrapped has no place behind its last character: that
-- one is the beginning of the next line.
local function go_to_line(y)
  local cells = input.cells()
  local x = goal.version == input.version and goal.x or laid.x
  local place, used = laid.starts[y + 1] - 1, 0
  local next_line = laid.starts[y + 2]
  local last = next_line and next_line - 2 or #cells  -- the place before the line break, or before the last character
  if M.on_cells and (not next_line or cells[last + 1] == "\n") then last = math.max(place, last - 1) end
  while place < last do
    local w = columns(cells[place + 1])
    if used + w > x then break end
    place, used = place + 1, used + w
  end
  input.go(place)
  goal = { version = input.version, x = x }
end

-- To the line above or below on the screen. False when there is none.
function M.up()
  lay_out(laid.width)
  if laid.y == 0 then return false end
  go_to_line(laid.y - 1)
  return true
end

function M.down()
  lay_out(laid.width)
  if laid.y + 1 >= #laid.lines then return false end
  go_to_line(laid.y + 1)
  return true
end

-- ---- drawing ---------------------------------------------------------------------------------------------------
-- One line for a text that needs several: the part around the cursor.
local function draw_part(y, room, margin)
  local cells, at = input.cells()
  local from, used = at + 1, 1  -- one column is the cursor's
  while from > 1 and cells[from - 1] ~= "\n" do
    local w = columns(cells[from - 1])
    if used + w > room then break end
    from, used = from - 1, used + w
  end
  local to, x = at, used - 1
  while to < #cells and to - from < room and cells[to + 1] ~= "\n" do to = to + 1 end
  tools.put(y, margin > 0 and M.mark .. " " or "", theme.prompt, table.concat(cells, "", from, to), theme.input)
  tools.cursor(margin + x, y)
end

-- What is found, so that the place where it has the words is in sight.
local function draw_search(y, width)
  local query, found = recall.query()
  local head = text.clip("(search) " .. query .. (found and ": " or " (nothing): "), width - 1)
  local room = width - text.width(head)
  local words = (found or input.text()):gsub("[\n\t]", " ")
  local a, b = nil, 0
  if found and query ~= "" then a, b = words:find((query:gsub("[\n\t]", " ")), 1, true) end
  local before = a and words:sub(1, a - 1) or ""
  local match = a and words:sub(a, b) or ""
  if before ~= "" and text.width(before .. match) > room then
    local cells = tools.graphemes(before)
    local from, used = #cells + 1, 1 + text.width(match)
    while from > 1 and used + columns(cells[from - 1]) <= room * 2 // 3 do
      from = from - 1
      used = used + columns(cells[from])
    end
    before = "…" .. table.concat(cells, "", from)
  end
  tools.put(y, head, theme.prompt, before, theme.input, match, theme.found, words:sub(b + 1), theme.input)
  tools.cursor(text.width(head), y)
end

-- Draws into `height` lines from y on, so that the cursor's line is among them, and places the cursor.
function M.draw(y, width, height)
  if recall.query() then return draw_search(y, width) end
  local margin = gutter(width)
  lay_out(math.max(1, width - margin))
  if height == 1 and #laid.lines > 1 then return draw_part(y, math.max(1, width - margin), margin) end
  top = math.max(0, math.min(top, laid.y, #laid.lines - height))
  if laid.y >= top + height then top = laid.y - height + 1 end
  for i = 0, math.min(height, #laid.lines - top) - 1 do
    local head = margin > 0 and (top + i == 0 and M.mark .. " " or "  ") or ""
    tools.put(y + i, head, theme.prompt, laid.lines[top + i + 1], theme.input)
  end
  tools.cursor(margin + laid.x, y + laid.y - top)
end

return M
