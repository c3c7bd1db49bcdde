-- Owns what stands out within a text: one's own name, and what is searched for.
local mention = require "mention"
local theme = require "theme"

local M = {}

local MAX_FOUND = 12   -- of one piece of text: who fills a line with somebody's name shall not fill their time

local terms = {}   -- in lower case
local current      -- the id of the row where the search stands

-- What is searched for now: words and phrases; and the id of the row that is shown for it.
function M.search(words, id)
  terms, current = words, id
end

-- The words and phrases that are searched for, and the row where the search stands.
function M.current() return terms, current end

-- Where the first of the terms stands in a text in lower case, from an index on.
local function find_term(lower, from)
  local first, stop
  for i = 1, #terms do
    local a, b = lower:find(terms[i], from, true)
    if a and (not first or a < first) then first, stop = a, b end
  end
  return first, stop
end

-- Which of the terms a text has, by their numbers, and how many terms there are.
function M.found_in(text)
  local lower, list = text:lower(), {}
  for i = 1, #terms do
    if lower:find(terms[i], 1, true) then list[#list + 1] = i end
  end
  return list, #terms
end

-- Appends a text of an item to spans, with what stands out in it: one's own name, if it is in this item.
function M.append(spans, piece, style, item)
  local name = item.name and item.name ~= "" and item.name:lower()
  if not name and #terms == 0 then
    spans[#spans + 1], spans[#spans + 2] = piece, style
    return
  end
  local lower, from = piece:lower(), 1
  for _ = 1, MAX_FOUND do
    local a, b, found = nil, nil, item.id == current and theme.highlight or theme.found
    if #terms > 0 then a, b = find_term(lower, from) end
    local c, d
    if name then c, d = mention.find_name(lower, name, from) end
    if c and (not a or c < a) then
      if c > from and piece:sub(c - 1, c - 1) == "@" then c = c - 1 end
      a, b, found = c, d, theme.highlight
    end
    if not a then break end
    if a > from then spans[#spans + 1], spans[#spans + 2] = piece:sub(from, a - 1), style end
    spans[#spans + 1], spans[#spans + 2] = piece:sub(a, b), found
    from = b + 1
  end
  if from <= #piece or from == 1 then spans[#spans + 1], spans[#spans + 2] = piece:sub(from), style end
end

return M
