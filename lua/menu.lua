-- Owns Tab and the menu it opens over the chat: candidates for the word before the cursor. The chosen one is in the
-- line already; what is typed narrows the menu as long as none is chosen.
local input = require "input"
local later = require "later"
local text = require "text"
local theme = require "theme"

local complete, edit = later "complete", later "edit"

local M = {}

local MAX_LINES = 8
local MARK, NO_MARK = "> ", "  "
local MIN_SAYING = 10  -- columns below which nothing is said of a candidate

-- While it is open: the place (see `complete.where`) with its list and `all` it was found in, `index` of the chosen one
-- (0: the first, not put in yet), what is `shown` in the editor, and the editor's version then.
local open
local top = 1          -- first one that is drawn
local page = MAX_LINES -- how many were drawn

function M.is_open() return open ~= nil and open.version == input.version end

-- Puts `new` where the word is now. Without room for it the menu closes.
local function put(new)
  if not input.replace_tail(open.shown, new, "complete") then
    open = nil
    return
  end
  open.shown, open.version = new, input.version
end

local function choose(index)
  open.index = index
  put(index == 0 and open.typed or open.list[index].text)
end

-- Closes it and leaves what was typed.
function M.give_up()
  if not M.is_open() then return end
  if open.index > 0 then choose(0) end
  open = nil
end

local function step(by)
  local count = #open.list
  if open.index == 0 and by < 0 then return choose(count) end
  choose((open.index + by - 1) % count + 1)
end

local function turn(pages)
  choose(math.max(1, math.min(open.index + pages * page, #open.list)))
end

local function begin()
  open = nil
  local place = complete.where(input.before())
  if not place then return end
  local all = place.candidates()
  local list, first = complete.matching(all, place.typed, place.kind)
  if #list == 0 then return end
  place.all, place.list, place.index, place.shown = all, list, 0, place.typed
  open, top = place, 1
  if first == 1 or #list == 1 then
    put(list[1].text .. place.after)
    open = nil
  elseif first > 1 then
    put(complete.common(list, first))
    if open then open.typed = open.shown end
  else
    open.version = input.version
  end
end

-- Something was typed or deleted while none was chosen.
local function narrow()
  local place = complete.where(input.before())
  if not place or place.kind ~= open.kind or place.from ~= open.from then
    open = nil
    return
  end
  local list = complete.matching(open.all, place.typed, open.kind)
  open.list, open.typed, open.shown, open.version = list, place.typed, place.typed, input.version
  top = 1
  if #list == 0 then open = nil end
end

-- ---- keys ------------------------------------------------------------------------------------------------------
function M.forward()
  if M.is_open() then step(1) else begin() end
end

function M.backward()
  if M.is_open() then step(-1) else begin() end
end

-- The first one is chosen until another is.
local function take()
  if open.index == 0 then choose(1) end
  if not open then return true end  -- there was no room for it
  put(open.shown .. (open and open.after or ""))
  open = nil
  return true
end

-- Right moves on in the text, unless a candidate stands in it.
local function take_chosen()
  if open.index > 0 then return take() end
  open = nil
  return false
end

local function widen()
  if open.index > 0 then return choose(0) end
  edit.backspace()
  narrow()
end

local KEYS = {
  ["Tab"] = function() step(1) end, ["Down"] = function() step(1) end, ["C-n"] = function() step(1) end,
  ["S-Tab"] = function() step(-1) end, ["Up"] = function() step(-1) end, ["C-p"] = function() step(-1) end,
  ["PgDn"] = function() turn(1) end, ["PgUp"] = function() turn(-1) end,
  ["Enter"] = take, ["Right"] = take_chosen, ["C-f"] = take_chosen,
  ["Esc"] = M.give_up, ["C-g"] = M.give_up, ["Backspace"] = widen, ["C-h"] = widen,
}

-- A key while it is open: whether it types text, and what it does without the menu. Returns whether that was all.
function M.press(name, types, act)
  local action = KEYS[name]
  if action then return action() ~= false end
  if types and open.index == 0 then
    act()
    if open then narrow() end
    return true
  end
  if name ~= "C-c" then open = nil end  -- Ctrl-C has more urgent things to stop first
  return false
end

-- ---- drawing ---------------------------------------------------------------------------------------------------
local function label_width(from, to, width)
  local widest = 0
  for i = from, to do widest = math.max(widest, text.width(open.list[i].key)) end
  local most = width - #MARK
  if most - widest >= MIN_SAYING + 2 then return widest end
  return math.min(widest, math.max(most - MIN_SAYING - 2, most // 2))
end

local function draw_one(y, i, column, width, note)
  local candidate = open.list[i]
  local room = width - #MARK - column - 2 - #note
  local fits = room >= math.min(MIN_SAYING, text.width(candidate.says))
  local says = fits and candidate.says ~= "" and "  " .. text.clip(candidate.says, room) or ""
  local label = says == "" and text.clip(candidate.key, width - #MARK - #note) or text.fit(candidate.key, column)
  local chosen = i == math.max(1, open.index)
  local line = text.fit((chosen and MARK or NO_MARK) .. label .. says, width - #note) .. note
  tools.put(y, line, chosen and theme.menu_chosen or theme.menu)
end

-- Draws at most `most` lines, the last of them in line `bottom`.
function M.draw(bottom, width, most)
  local count = #open.list
  local lines = math.max(1, math.min(count, MAX_LINES, most))
  page = lines
  top = math.max(1, math.min(top, open.index > 0 and open.index or 1, count - lines + 1))
  if open.index >= top + lines then top = open.index - lines + 1 end
  local column = label_width(top, top + lines - 1, width)
  for i = 0, lines - 1 do
    local note = i == lines - 1 and count > lines and (" %d/%d "):format(math.max(1, open.index), count) or ""
    draw_one(bottom - lines + 1 + i, top + i, column, width, note)
  end
end

-- In one line, where there is no room for more: the chosen one, or the first, and what comes after it.
function M.draw_line(y, width)
  local keys, used = {}, 0
  for i = math.max(1, open.index), #open.list do
    keys[#keys + 1] = open.list[i].key
    used = used + text.width(keys[#keys]) + 2
    if used > width + 2 then break end
  end
  tools.put(y, text.fit(table.concat(keys, "  "), width), theme.menu)
end

return M
