-- A row renderer: what `poll.lua` writes is drawn as a box, and a vote as one short line.
-- A renderer is given the row and the width, and returns lines: a string each, or text and style in turns.
local function fit(text, width)
  local clipped = tools.clip(text, width)
  return clipped .. (" "):rep(width - tools.display_width(clipped))
end

tools.render("poll.question", function(row, width)
  local room = math.max(4, math.min(width, 60) - 4)
  local lines = { { "┌─ " .. fit(row.author .. " asks", room - 1) .. " ┐", "bold" } }
  for _, line in ipairs(tools.wrap(row.content, room)) do
    lines[#lines + 1] = { "│ ", "bold", fit(line, room), "", " │", "bold" }
  end
  lines[#lines + 1] = { "└" .. ("─"):rep(room + 2) .. "┘", "bold" }
  lines[#lines + 1] = { "  /vote CHOICE", "dim" }
  return lines
end, { shared = true })

tools.render("poll.vote", function(row, width)
  return { { tools.clip("✓ " .. row.author .. " votes for " .. row.content, width), "fg:green" } }
end, { shared = true })
