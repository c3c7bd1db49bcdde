-- The tests' interface: one file, no layout to speak of. Rows as "author text [status]", a notice, an input line.
local input, notice = "", ""

local function told(result)
  if not result.success then tools.notify(result.error) end
end

function on_line(text)
  local model, message = text:match("^@(%S+)%s*(.*)")
  if model then told(tools.mention(model, message, text))
  elseif text:match("^/join ") then told(tools.join(text:sub(7)))
  elseif text == "/leave" then told(tools.leave())
  elseif text == "/quit" then tools.quit()
  elseif text == "/cancel" then told(tools.cancel())
  elseif text == "/err" then error("this command is broken")
  elseif text == "/loop" then while true do end
  else told(tools.say(text)) end
end

function on_key(key, text)
  if key == "Enter" then
    local line = input
    input = ""
    on_line(line)
  elseif key == "C-c" then
    if not tools.cancel().success then input = "" end
  elseif key == "text" or key == "Paste" then input = input .. text
  elseif tools.display_width(key) <= 2 and #tools.graphemes(key) == 1 then input = input .. key end
  tools.mark_dirty("all")
end

function on_notice(text) notice = text end

function on_frame(width, height)
  local lines = {}
  for _, row in ipairs(tools.history(30)) do
    for i, line in ipairs(tools.lines(row.id, math.max(1, width - 12), 1, 100)) do
      local status = i == 1 and row.status ~= "complete" and " [" .. row.status .. "]" or ""
      lines[#lines + 1] = (i == 1 and row.author .. " " or "  ") .. line .. status
    end
  end
  local top = math.max(0, #lines - (height - 2))
  for y = 0, height - 3 do
    if lines[top + y + 1] then tools.put(y, lines[top + y + 1], "") end
  end
  tools.put(height - 2, tools.room().name .. " " .. #tools.room().members .. " here: " .. notice, "reverse")
  tools.put(height - 1, "> " .. input, "")
  tools.cursor(2 + tools.display_width(input), height - 1)
end
