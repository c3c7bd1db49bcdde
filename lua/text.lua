-- Owns small things about text that several files need. Widths and wrapping are the host's: tools.display_width & co.
local M = {}

local BLANK = { [9] = true, [10] = true, [11] = true, [12] = true, [13] = true, [32] = true }

-- The text without blanks at its ends, in linear time whatever it is made of.
function M.trim(s)
  local from = s:find("%S")
  if not from then return "" end
  local to = #s
  while BLANK[s:byte(to)] do to = to - 1 end
  return s:sub(from, to)
end

-- The first word of a trimmed text and what follows the blanks after it ("" when nothing does).
function M.split_word(s)
  local stop = s:find("%s")
  if not stop then return s, "" end
  return s:sub(1, stop - 1), M.trim(s:sub(stop))
end

-- The parts of s between separators (a plain string), at least one.
function M.split(s, separator)
  local parts, from = {}, 1
  while true do
    local at = s:find(separator, from, true)
    parts[#parts + 1] = s:sub(from, at and at - 1)
    if not at then return parts end
    from = at + #separator
  end
end

-- Markdown whose paragraphs are wrapped by hand, with each paragraph and each point of a list on one line.
function M.unwrap(s)
  local lines, fenced = {}, false
  for _, line in ipairs(M.split(s, "\n")) do
    local last = lines[#lines]
    if line:find("^```") then fenced = not fenced end
    local begins = line == "" or line:find("^%s*[-#|`>]") or line:find("^%s*%d+%.") or line:find("^    ")
    if fenced or begins or not last or last == "" or last:find("^#") or last:find("^```") then
      lines[#lines + 1] = line
    else
      lines[#lines] = last .. " " .. line:gsub("^%s+", "")
    end
  end
  return table.concat(lines, "\n")
end

-- A size as people say it: "900 bytes", "16 KiB", "16.5 KiB".
function M.size(bytes)
  if bytes < 1024 then return bytes .. " bytes" end
  local unit, name = 1024, " KiB"
  if bytes >= 1048576 then unit, name = 1048576, " MiB" end
  return (("%.1f"):format(bytes / unit):gsub("%.0$", "")) .. name
end

-- How much too large something is: "message is 20 KiB, the limit is 16 KiB".
function M.too_large(what, bytes, limit)
  local found, allowed = M.size(bytes), M.size(limit)
  if found == allowed then found, allowed = bytes .. " bytes", limit .. " bytes" end
  return what .. " is " .. found .. ", the limit is " .. allowed
end

function M.is_ascii(s) return utf8.len(s) == #s end

function M.width(s)
  return M.is_ascii(s) and #s or tools.display_width(s)
end

-- s cut to `width` columns, with an ellipsis when something is missing.
function M.clip(s, width)
  if M.width(s) <= width then return s end
  if width < 1 then return "" end
  return tools.clip(s, width - 1) .. "…"
end

-- s clipped or filled with blanks to exactly `width` columns.
function M.fit(s, width)
  s = M.clip(s, width)
  return s .. (" "):rep(width - M.width(s))
end

-- How many letters must change to make one word of the other.
function M.distance(a, b)
  local row = {}
  for j = 0, #b do row[j] = j end
  for i = 1, #a do
    local diagonal = row[0]
    row[0] = i
    for j = 1, #b do
      local cost = a:byte(i) == b:byte(j) and 0 or 1
      diagonal, row[j] = row[j], math.min(row[j] + 1, row[j - 1] + 1, diagonal + cost)
    end
  end
  return row[#b]
end

return M
