-- A hook on what goes to models: names of projects that nobody outside is to hear of are replaced, and what is marked as
-- confidential is not asked at all. It runs in the server's own runtime, before each request to any model, and sees what
-- was said before in the room as well, and what tools gave. People read what was written, as they wrote it.
local NAMES = { ["blue heron"] = "the project", ["operation teapot"] = "the other project" }
local MARK = "confidential"

-- Where in `text` a name begins and ends, whatever its capitals: they are of ASCII, so both texts have the same places.
local function replaced(text)
  for name, word in pairs(NAMES) do
    local from, to = text:lower():find(name, 1, true)
    while from do
      text = text:sub(1, from - 1) .. word .. text:sub(to + 1)
      from, to = text:lower():find(name, from + #word, true)
    end
  end
  return text
end

tools.on_prompt(function(messages, call)
  local changed = false
  for _, message in ipairs(messages) do
    if message.role == "user" and message.content:lower():find(MARK, 1, true) then
      return "what is " .. MARK .. " is not for " .. call.model
    end
    local content = replaced(message.content)
    if content ~= message.content then message.content, changed = content, true end
  end
  return changed and messages or nil
end)
