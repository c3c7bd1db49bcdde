-- Owns the keys of vi (/set keys vi): insert and normal mode, running commands, repeating them. A new line begins in
-- insert mode; everything vi has no use for does what it always does.
local commands = require "vi_commands"
local input = require "input"
local motions = require "vi_motions"
local page = require "page"
local parse = require "vi_parse"
local places = require "places"
local prompt = require "prompt"
local recall = require "recall"
local settings = require "settings"

local M = {}

local MAX_KEYS = 16            -- of one command: two counts and a motion
local MAX_RUN = 256            -- commands out of one run of text: nobody types more at once
local MAX_WORK = 200000        -- graphemes they may lay out anew in all: a callback has its limits
local MAX_TYPED, MAX_TYPED_BYTES = 200, 16384  -- of what `.` types again

local on, normal = false, false
local keys = {}                -- of the command that is being put together
local sought                   -- the last f, F, t or T: {key, char}
local change, typed            -- the last change, and what was typed after it: a list of {name, piece}
local recording = false        -- whether what is typed belongs to it

local UNREPEATED = { u = true, ["C-r"] = true }

local function set_normal(value)
  normal, keys = value, {}
  prompt.mark, prompt.on_cells = value and ":" or ">", value
end

-- "insert" or "normal", nil without the keys of vi.
function M.mode() return on and (normal and "normal" or "insert") or nil end

-- A new line begins.
function M.reset()
  recording = false
  set_normal(false)
end

settings.watch("keys", function(value)
  on = value == "vi"
  M.reset()
end)

-- ---- running them ----------------------------------------------------------------------------------------------
local function reach(motion, count)
  local cells, at = input.cells()
  if motion.char and not motion.again then sought = { key = motion.key, char = motion.char } end
  return motions.by_key[motion.key](cells, at, count or 1, motion.char, motion.again, count ~= nil)
end

local function move(motion, count)
  if motion.key == "j" or motion.key == "k" then
    local down = motion.key == "j"
    local step, beyond = down and prompt.down or prompt.up, down and recall.newer or recall.older
    for _ = 1, math.min(count or 1, MAX_RUN) do
      if not step() then return beyond() end
    end
    return
  end
  local to = reach(motion, count)
  if to then input.go(to) end
end

-- w under an operator: a change leaves the blanks behind the word, and no word's end reaches into the next line.
local function word_reach(operator, big, count)
  local cells, at = input.cells()
  if operator == "c" and cells[at + 1] and not places.is_blank(cells[at + 1]) then
    return motions.word_stop(cells, at, big, count)
  end
  local to = motions.by_key[big and "W" or "w"](cells, at, count)
  local stop = to
  while stop > at and places.is_blank(cells[stop]) do
    stop = stop - 1
    if cells[stop + 1] == "\n" then to = stop end
  end
  return to
end

local function operate(command)
  local cells, at = input.cells()
  local stretch, count = command.stretch, command.count
  if stretch.lines then
    return commands.operate(command.operator, at, (motions.by_key.j(cells, at, (count or 1) - 1)), true)
  elseif stretch.word then
    local from, to = motions.word_at(cells, at, stretch.word == "W", stretch.around)
    return from and commands.operate(command.operator, from, to, false)
  end
  local key = stretch.motion.key
  local to, reaches
  if key == "w" or key == "W" then
    to, reaches = word_reach(command.operator, key == "W", count or 1), "to"
  else
    to, reaches = reach(stretch.motion, count)
  end
  if not to then return end
  if reaches == "lines" then return commands.operate(command.operator, math.min(at, to), math.max(at, to), true) end
  if reaches == "on" and to < #cells then to = to + 1 end
  if to == at and command.operator ~= "c" then return end
  return commands.operate(command.operator, math.min(at, to), math.max(at, to), false)
end

-- Back to normal mode: all since insert mode began is one change, and the cursor stands on the last character.
local function leave_insert()
  local cells, at = input.cells()
  input.end_group()
  recording = false
  set_normal(true)
  if at > places.line_start(cells, at) then input.go(at - 1) end
end

-- In normal mode the cursor stands on a character, not behind the last one of a line.
function M.settle()
  if not (on and normal) then return end
  local cells, at = input.cells()
  if at > 0 and cells[at] ~= "\n" and (cells[at + 1] == nil or cells[at + 1] == "\n") then input.go(at - 1) end
end

local function run(command)
  if command.operator then return operate(command) end
  return commands.by_key[command.act](command.count or 1, command.char)
end

-- The last change once more; with a count, that one from now on.
local function repeat_change(count, act)
  if not change then return end
  change.count = count or change.count
  input.begin_group()
  if run(change) == "insert" then
    for _, one in ipairs(typed) do act(one[1], one[2]) end
    leave_insert()
  end
  input.end_group()
end

local function perform(command, act)
  if command.act == "." then return repeat_change(command.count, act) end
  if command.act == "/" then return recall.search() end
  if command.motion then return move(command.motion, command.count) end
  if command.operator == "y" or UNREPEATED[command.act] then return run(command) end
  change, typed = command, {}
  input.begin_group()
  if run(command) == "insert" then
    set_normal(false)
    recording = true
  else
    input.end_group()
  end
end

-- ---- keys ------------------------------------------------------------------------------------------------------
local function record(name, piece)
  if not (recording and change) then return end
  if piece == "" and (#name == 1 or name:byte() >= 128) then piece = name end
  local last = typed[#typed]
  if last and last[1] == "text" and piece ~= "" and #last[2] + #piece <= MAX_TYPED_BYTES then
    last[2] = last[2] .. piece
  elseif #typed >= MAX_TYPED or #piece > MAX_TYPED_BYTES then
    change, typed = nil, nil  -- too much to be typed again
  else
    typed[#typed + 1] = { piece ~= "" and name ~= "Paste" and "text" or name, piece }
  end
end

-- One key in normal mode. Returns false when it means nothing to vi.
local function command_key(name, act)
  if name == "Esc" and #keys == 0 then return false end
  if name == "Esc" then
    keys = {}
    return true
  end
  local pending = #keys > 0
  if #name > 1 and name ~= "C-r" and not (name == "Backspace" or name:byte() >= 128) then
    keys = {}
    return name == "Tab" or name == "S-Tab"
  end
  keys[#keys + 1] = name
  local command = parse.command(keys, sought)
  if command == nil and #keys < MAX_KEYS then return true end
  keys = {}
  if not command then return pending or not input.is_empty() end
  perform(command, act)
  M.settle()
  return true
end

local function run_of_text(piece, act)
  local cells = tools.graphemes(piece)
  local most = math.min(MAX_RUN, MAX_WORK // (#input.cells() + 100))
  for i, cell in ipairs(cells) do
    if not normal then
      local rest = table.concat(cells, "", i)
      record("text", rest)
      return act("text", rest)
    elseif recall.query() then
      return recall.search_for(table.concat(cells, "", i))
    elseif i <= most then
      command_key(cell, act)
    end
  end
end

-- A key. `act(name, piece)` does what the key does without vi. Returns whether that was all.
function M.press(name, piece, act)
  if not on then return false end
  if normal then
    if name == "text" then
      run_of_text(piece, act)
      return true
    end
    return command_key(name, act)
  elseif name == "Esc" then
    if page.is_open() then return false end
    leave_insert()
    return true
  end
  record(name, piece)
  return false
end

return M
