-- Owns which lines of the screen belong to whom: messages, over them a page or a long notice, the status line, the input.
local chat = require "chat"
local figures = require "figures"
local menu = require "menu"
local notice = require "notice"
local page = require "page"
local prompt = require "prompt"
local text = require "text"
local theme = require "theme"
local tools = tools

local M = {}

local SMALL_WIDTH, SMALL_HEIGHT = 20, 5  -- below: only the newest rows and the input

-- Returns how many lines the notice took.
local function draw_notice(bottom, width, most)
  local lines, level = notice.lines(width, most)
  if not lines then return 0 end
  for i, line in ipairs(lines) do
    tools.put(bottom - #lines + i, text.fit(" " .. line, width), theme.notice[level])
  end
  return #lines
end

local function draw_small(width, height)
  if height > 1 then
    if page.is_open() then page.draw(0, width, height - 1) else chat.draw(0, height - 1) end
    draw_notice(height - 2, width, math.max(1, height - 2))
    if menu.is_open() then menu.draw_line(height - 2, width) end
  end
  prompt.draw(height - 1, width, 1)
end

-- Draws everything that is the script's; the messages and the status line are the host's to keep up to date.
function M.draw(width, height)
  if width < 1 or height < 1 then return end
  if page.is_plain() then
    page.draw(0, width, height)
    return tools.cursor(width - 1, height - 1)
  end
  if width < SMALL_WIDTH or height < SMALL_HEIGHT then return draw_small(width, height) end
  local lines = math.min(prompt.height(width), height // 3)
  local bottom = height - lines - 1
  if page.is_open() then page.draw(0, width, bottom) else chat.draw(0, bottom) end
  tools.status(bottom, figures.words())
  local noticed = math.max(1, draw_notice(bottom, width, math.max(1, height // 3)))
  if menu.is_open() then menu.draw(bottom - noticed, width, height // 3) end
  prompt.draw(bottom + 1, width, lines)
end

return M
