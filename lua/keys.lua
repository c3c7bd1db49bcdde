-- Owns what each key does. `bind` gives a key another meaning: require("keys").bind("C-t", function() … end).
local chat = require "chat"
local drafts = require "drafts"
local edit = require "edit"
local here = require "here"
local input = require "input"
local kills = require "kills"
local menu = require "menu"
local notice = require "notice"
local page = require "page"
local prompt = require "prompt"
local recall = require "recall"
local refused = require "refused"
local search = require "search"
local text = require "text"
local vi = require "vi"

local M = {}

local MAX_TURN = 200   -- lines of one turn of the wheel: what comes at once after a lost connection is no wish

-- ---- sending ---------------------------------------------------------------------------------------------------
-- The line leaves the editor before it is sent, as sending may wait; refused, it comes back unless another is begun.
local function enter()
  local line = input.text()
  if text.trim(line) == "" then
    input.clear()
    page.close()
    return
  end
  input.reset()
  recall.leave()
  vi.reset()
  page.close()
  search.stop()
  if not refused.send(line) then return end
  drafts.sent()
  if not search.is_on() then chat.follow() end
end

local function insert(piece)
  refused.make_way()
  if not input.insert(piece) then
    notice.show(text.too_large("the line", #input.text() + #piece, input.max_bytes) .. "; nothing was added", "error")
  end
end

local PASTED = 4  -- messages: the host keeps so much of a paste

local function paste_too_long(piece, size)
  refused.make_way()
  local left = input.insert(piece) and "; the rest was left out" or "; nothing was added"
  notice.show(text.too_large("the paste", size, PASTED * here.max_message) .. left, "error")
end

-- A TAB may be part of a paste as well.
local function tab()
  refused.make_way()
  menu.forward()
end

-- ---- Ctrl-C, Ctrl-D, Esc ---------------------------------------------------------------------------------------
local LEAVING = "/quit or Ctrl-D on an empty line leaves"

local function interrupt()
  local plain = page.is_plain()
  if plain then page.close() end
  local result = tools.cancel()
  if result.success then
    notice.show("cancelled " .. (result.cancelled or "the answer"))
  elseif plain then
    return  -- the line was not to be seen: it is not cleared
  elseif recall.query() then
    recall.search_end(false)
  elseif menu.is_open() then
    menu.give_up()
  elseif not input.is_empty() then
    input.clear()
    recall.leave()
    vi.reset()
  else
    vi.reset()
    notice.show(LEAVING)
  end
end

local function delete_or_quit()
  if input.is_empty() then tools.quit() else edit.delete() end
end

-- ---- moving and scrolling --------------------------------------------------------------------------------------
-- A key that scrolls the page while there is one and no line to move in.
local function on_page(key, otherwise)
  return function()
    if not (page.is_open() and input.is_empty() and page.key(key)) then otherwise() end
  end
end

local up = on_page("Up", function()
  if not prompt.up() then recall.older() end
end)

local down = on_page("Down", function()
  if not prompt.down() then recall.newer() end
end)

local function scroll(pages)
  return function()
    if page.is_open() then page.scroll(pages) else chat.scroll(pages) end
  end
end

-- Terminals without mouse reporting send a wheel as arrows, several at once; the host tells it from single ones.
local function wheel(sign)
  return function(_, lines)
    lines = sign * math.min(lines, MAX_TURN)
    if page.is_open() then page.scroll_lines(lines) else chat.scroll_lines(lines) end
  end
end

-- The chat under a page stays where it is.
local function finish()
  if not page.is_open() then chat.follow() end
  edit.finish()
end

local function newest()
  if page.is_open() then page.finish() else chat.follow() end
end

-- ---- bindings --------------------------------------------------------------------------------------------------
local bindings = {
  ["Enter"] = enter, ["text"] = insert, ["Paste"] = insert, ["PasteTooLong"] = paste_too_long,
  ["C-j"] = function() insert("\n") end,
  ["C-c"] = interrupt, ["C-d"] = delete_or_quit, ["Esc"] = function() page.close() end,
  ["C-l"] = function() tools.mark_dirty("screen") end,  -- everything, also what should not have changed
  ["C-t"] = function() chat.toggle("thoughts") end, ["C-o"] = function() chat.toggle("tools") end,
  ["C-a"] = edit.home, ["Home"] = on_page("Home", edit.home), ["C-e"] = edit.finish, ["End"] = on_page("End", finish),
  ["C-b"] = edit.left, ["Left"] = edit.left, ["C-f"] = edit.right, ["Right"] = edit.right,
  ["M-b"] = edit.word_left, ["C-Left"] = edit.word_left, ["M-Left"] = edit.word_left,
  ["M-f"] = edit.word_right, ["C-Right"] = edit.word_right, ["M-Right"] = edit.word_right,
  ["M-<"] = edit.first, ["C-Home"] = edit.first, ["M->"] = edit.last,
  ["Backspace"] = edit.backspace, ["C-h"] = edit.backspace, ["Delete"] = edit.delete,
  ["C-k"] = edit.kill_to_end, ["C-u"] = edit.kill_to_start, ["C-w"] = edit.kill_blank_word_back,
  ["M-d"] = edit.kill_word, ["C-Delete"] = edit.kill_word, ["M-Backspace"] = edit.kill_word_back, ["C-M-h"] = edit.kill_word_back,
  ["M-u"] = edit.upper, ["M-l"] = edit.lower, ["M-c"] = edit.capital, ["M-t"] = edit.transpose,
  ["C-y"] = kills.yank, ["M-y"] = kills.rotate, ["C-_"] = input.undo, ["M-r"] = input.redo,
  ["Up"] = up, ["C-p"] = up, ["Down"] = down, ["C-n"] = down,
  ["C-r"] = function() recall.search(false) end, ["C-s"] = function() recall.search(true) end,
  ["Tab"] = tab, ["S-Tab"] = menu.backward,
  ["PgUp"] = scroll(-1), ["S-PgUp"] = scroll(-1), ["PgDn"] = scroll(1), ["S-PgDn"] = scroll(1),
  ["C-End"] = newest, ["WheelUp"] = wheel(-1), ["WheelDown"] = wheel(1),
}

-- Enter with any modifier begins a new line; terminals tell them apart in several ways, or not at all.
for _, modifiers in ipairs { "S-", "M-", "M-S-", "C-", "C-S-", "C-M-", "C-M-S-" } do
  bindings[modifiers .. "Enter"] = bindings["C-j"]
end

function M.bind(name, action) bindings[name] = action end

-- A character typed by itself has no other name.
local function printable(name)
  return #name == 1 or name:byte() >= 128
end

local function types(name) return name == "text" or printable(name) end

-- The text that a key types, nil when it types none.
local function typed(name, piece)
  if types(name) then return name == "text" and piece or name end
end

local function act(name, piece, size)
  local action = bindings[name]
  if action then
    action(piece, size)
  elseif printable(name) then
    insert(name)
  end
end

-- Keys while searching. Returns whether the key meant the search; any other one takes what was found and does its work.
local function search_key(name, piece)
  if name == "C-r" or name == "C-s" or name == "C-c" then return false end
  if types(name) or name == "Paste" then
    recall.search_for(printable(name) and name or piece)
    return true
  elseif name == "Backspace" or name == "C-h" then
    recall.search_less()
    return true
  elseif name == "Esc" or name == "C-g" then
    recall.search_end(false)
    return true
  end
  recall.search_end(true)
  return name == "Enter" and vi.mode() == "normal"  -- vi goes on with the line, the others send it
end

-- Keys on a plain page, where the line is not to be seen. Returns whether that was all; other keys do their work on the
-- line, which is there again.
local CLOSING = { ["q"] = true, ["Enter"] = true, ["C-j"] = true, ["M-Enter"] = true, ["Esc"] = true, ["C-d"] = true }

local function plain_key(name)
  if page.key(name) then return true end
  if name == "C-c" or name == "C-l" or name:find("^Wheel") then return false end  -- these know what to do with a page
  page.close()
  return CLOSING[name] or false
end

local function edit_key(name, piece, size)
  if vi.press(name, piece, act) then return end
  if vi.mode() ~= "normal" or bindings[name] or not types(name) then act(name, piece, size) end
end

local previous, pressed = nil, 0  -- the last key, and when

-- The LF of a CR LF that was pasted without brackets: its CR was Enter already.
local function ends_enter(name, now)
  return name == "C-j" and previous == "Enter" and now >= pressed and now - pressed < refused.BREATH_MS
end

-- Esc and a key right after it arrive as one chord. In vi, and where Esc has something to close, they are two keys, unless
-- the chord means something; else one that means nothing types nothing.
local function behind_esc(name)
  local key = name:match("^M%-(.+)$")
  local closes = page.is_open() or menu.is_open() or recall.query()
  return key and printable(key) and (vi.mode() or closes and not bindings[name]) and key
end

-- A key was pressed: its name, its text (of "text" and pastes), the size of a paste that was too long. The search, the
-- menu and vi have the first say, in this order.
function M.press(name, piece, size)
  local now = tools.now()
  local skip = ends_enter(name, now)
  previous, pressed = name, now
  if skip then return end
  local key = behind_esc(name)
  if key then
    M.press("Esc", "", 0)
    return M.press(key, key, 0)
  end
  refused.look_after()
  notice.dismiss()
  tools.mark_dirty("input")
  local covered = page.is_open()
  if page.is_plain() and plain_key(name) then return end
  if covered and name == "q" and input.is_empty() then return page.close() end
  if recall.query() and search_key(name, piece) then return end
  if input.is_empty() and not covered and search.key(name, typed(name, piece)) then return end
  local function edits() edit_key(name, piece, size) end
  if menu.is_open() and menu.press(name, types(name), edits) then return end
  edits()
  vi.settle()
  tools.mark_dirty("input")
end

return M
