-- Owns rows shown whole, one below the other, on a page. They may be many and long: as many are laid out as are looked
-- at, and of each as much as one frame may do.
local clock = require "clock"
local text = require "text"
local theme = require "theme"

local M = {}

local HANG = "  "       -- nothing that somebody wrote begins a line of its own
local UNFINISHED = "…"   -- the rest is being laid out, and comes with the next frames
local LOST = "(this row is no longer at hand)"

-- What stands before the text of a row.
function M.head(row) return clock.prefix(row.created_at) .. row.author .. ": " end

-- How many lines a row takes, and whether more come; what stands alone on its first line, all of it if there is no more.
local function measure(row, width)
  local columns = math.max(1, width - #HANG)
  local ok, n = pcall(tools.lines, row.id, columns)
  if not ok then return 1, false, row.head .. LOST end
  if n < 0 then return 1 - n, true, row.head end
  local line = n == 1 and tools.lines(row.id, columns, 1, 1)[1]
  if n == 0 or line and text.width(row.head .. line) <= width then return 1, false, row.head .. (line or "") end
  return n + 1, false, row.head
end

-- Appends the lines of a row from `first` on, counted from 0, until there are `most`.
local function append(lines, row, width, first, most)
  local n, unfinished, head = measure(row, width)
  local stop = math.min(n, first + most - #lines)  -- before this one
  if first == 0 then lines[#lines + 1] = { text.clip(head, width), theme.text } end
  local from = math.max(1, first)
  local own = stop > from and tools.lines(row.id, math.max(1, width - #HANG), from, stop - 1) or {}
  for i = from, stop - 1 do
    local line = own[i - from + 1] or unfinished and UNFINISHED or ""
    lines[#lines + 1] = { HANG .. line, theme.text }
  end
  return n - stop
end

-- A view of rows, oldest first, each {id=, head=}, for `page.view`. It begins at its end.
function M.view(rows)
  local view = {}
  local at, line = 1, 0         -- the first line that is shown: the row, and the line of it, counted from 0
  local ends, wanted = true, 0  -- whether the end is shown, and by how many lines to scroll still
  local known                   -- the width that `line` is of

  function view.scroll(lines)
    if ends and lines > 0 then return end
    ends, wanted = false, wanted + lines
  end

  function view.home() at, line, ends, wanted = 1, 0, false, 0 end

  function view.finish() ends, wanted = true, 0 end

  -- Goes up as far as is known: above a row that is still being laid out it goes on with the next frame.
  local function up(width, patient)
    while wanted < 0 do
      local step = math.min(line, -wanted)
      line, wanted = line - step, wanted + step
      if wanted == 0 then return end
      if at == 1 then
        wanted = 0
        return
      end
      local n, unfinished = measure(rows[at - 1], width)
      if unfinished and not patient then return end
      at, line = at - 1, n
    end
  end

  local function down(width)
    while wanted > 0 and at <= #rows do
      local n, unfinished = measure(rows[at], width)
      local left = n - line
      if wanted < left then
        line, wanted = line + wanted, 0
      elseif unfinished then
        return
      else
        at, line, wanted = at + 1, 0, wanted - left
      end
    end
    wanted = 0
  end

  local function to_end(width, height)
    at, line, ends, wanted = #rows + 1, 0, true, -height
    up(width, true)
  end

  local function collect(width, height)
    local lines, row, first, left = {}, at, line, 0
    while #lines < height and row <= #rows do
      left = append(lines, rows[row], width, first, height)
      row, first = row + 1, 0
    end
    return lines, #rows - row + 1, left
  end

  function view.draw(width, height)
    if known ~= width then known, line = width, 0 end
    if ends then
      to_end(width, height)
    elseif wanted < 0 then
      up(width)
    else
      down(width)
    end
    local lines, more, left = collect(width, height)
    if #lines < height and not ends then
      to_end(width, height)
      lines, more, left = collect(width, height)
    end
    if more > 0 then return lines, more == 1 and "1 more row" or more .. " more rows" end
    return lines, left > 0 and left .. " more lines"
  end

  return view
end

return M
