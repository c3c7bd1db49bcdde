-- Owns what each key does. `bind` gives a key another meaning: require("keys").bind("C-t", function() … end).
local chat = require "chat"
local complete = require "complete"
local here = require "here"
local input = require "input"
local look = require "look"
local notice = require "notice"
local page = require "page"
local recall = require "recall"
local refused = require "refused"
local text = require "text"

local M = {}

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
  page.close()
  if tools.emit("on_line", line) == false then
    refused.back(line)
    return
  end
  recall.add(line)
  chat.follow()
end

local function insert(piece)
  refused.make_way()
  if not input.insert(piece) then
    notice.show(text.too_large("the line", #input.text() + #piece, input.max_bytes) .. "; nothing was added", "error")
  end
end

local function paste_too_long(piece, size)
  refused.make_way()
  local whole = input.insert(piece)
  notice.show(text.too_large("the paste", size, #piece) .. (whole and "; the rest was left out" or "; nothing was added"),
    "error")
end

-- A TAB may be part of a paste as well.
local function tab()
  refused.make_way()
  complete.forward()
end

-- ---- Ctrl-C, Ctrl-D, Esc ---------------------------------------------------------------------------------------
local LEAVING = "/quit or Ctrl-D on an empty line leaves"

local function interrupt()
  local result = tools.cancel()
  if result.success then
    notice.show("cancelled " .. (result.cancelled or "the answer"))
  elseif recall.query() then
    recall.search_end(false)
  elseif not input.is_empty() then
    input.clear()
    recall.leave()
  else
    notice.show(LEAVING)
  end
end

local function delete_or_quit()
  if input.is_empty() then tools.quit() else input.delete() end
end

local function up()
  if not input.up() then recall.older() end
end

local function down()
  if not input.down() then recall.newer() end
end

local function scroll(pages)
  return function()
    if page.is_open() then page.scroll(pages) else chat.scroll(pages) end
  end
end

local function finish()
  chat.follow()
  input.finish()
end

-- ---- bindings --------------------------------------------------------------------------------------------------
local bindings = {
  ["Enter"] = enter, ["text"] = insert, ["Paste"] = insert, ["PasteTooLong"] = paste_too_long,
  ["M-Enter"] = function() insert("\n") end, ["C-j"] = function() insert("\n") end,
  ["C-c"] = interrupt, ["C-d"] = delete_or_quit, ["Esc"] = function() page.close() end,
  ["C-l"] = function() tools.mark_dirty("screen") end,  -- everything, also what should not have changed
  ["C-t"] = function()
    look.thoughts_open = not look.thoughts_open
    tools.mark_dirty("chat")
  end,
  ["C-a"] = input.home, ["Home"] = input.home, ["C-e"] = input.finish, ["End"] = finish,
  ["C-b"] = input.left, ["Left"] = input.left, ["C-f"] = input.right, ["Right"] = input.right,
  ["M-b"] = input.word_left, ["C-Left"] = input.word_left, ["M-Left"] = input.word_left,
  ["M-f"] = input.word_right, ["C-Right"] = input.word_right, ["M-Right"] = input.word_right,
  ["Backspace"] = input.backspace, ["C-h"] = input.backspace, ["Delete"] = input.delete,
  ["C-k"] = input.kill_to_end, ["C-u"] = input.kill_to_start, ["C-w"] = input.kill_blank_word_back,
  ["M-d"] = input.kill_word, ["C-Delete"] = input.kill_word, ["M-Backspace"] = input.kill_word_back,
  ["C-y"] = input.yank, ["C-_"] = input.undo,
  ["Up"] = up, ["C-p"] = up, ["Down"] = down, ["C-n"] = down, ["C-r"] = recall.search,
  ["Tab"] = tab, ["S-Tab"] = function() complete.backward() end,
  ["PgUp"] = scroll(-1), ["S-PgUp"] = scroll(-1), ["PgDn"] = scroll(1), ["S-PgDn"] = scroll(1),
  ["C-End"] = function() chat.follow() end,
}

function M.bind(name, action) bindings[name] = action end

-- A character typed by itself has no other name.
local function printable(name)
  return #name == 1 or name:byte() >= 128
end

-- Keys while searching. Returns whether the key meant the search; any other one takes what was found and does its work.
local function search_key(name, piece)
  if name == "C-r" or name == "C-c" then return false end
  if name == "text" or name == "Paste" or printable(name) then
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
  return false
end

local previous, pressed = nil, 0  -- the last key, and when

-- The LF of a CR LF that was pasted without brackets: its CR was Enter already.
local function ends_enter(name, now)
  return name == "C-j" and previous == "Enter" and now >= pressed and now - pressed < refused.BREATH_MS
end

-- A key was pressed: its name, its text (of "text" and pastes), the size of a paste that was too long.
function M.press(name, piece, size)
  local now = tools.now()
  local skip = ends_enter(name, now)
  previous, pressed = name, now
  if skip then return end
  notice.dismiss()
  if recall.query() and search_key(name, piece) then
    tools.mark_dirty("input")
    return
  end
  local action = bindings[name]
  if action then
    action(piece, size)
  elseif printable(name) then
    insert(name)
  end
  tools.mark_dirty("input")
end

return M
