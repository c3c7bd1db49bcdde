-- Owns the commands about talking and asking.
local notice = require "notice"
local page = require "page"
local registry = require "commands.registry"
local text = require "text"

registry.add {
  name = "me", args = "ACTION", help = "say what you do: /me waves",
  run = function(rest)
    if rest == "" then return "say what you do: /me waves" end
    local result = tools.say("/me " .. rest)
    if not result.success then return result.error or "refused" end
  end,
}

local function mine()
  local names = {}
  for _, stream in ipairs(tools.streams()) do
    if stream.mine then names[#names + 1] = stream.model end
  end
  return names
end

-- The mention that a model's name or an id means.
local function mention_of(word)
  for _, stream in ipairs(tools.streams()) do
    if stream.mine and stream.model == word then return stream.mention_id end
  end
  return word
end

registry.add {
  name = "cancel", args = "[MODEL]", help = "stop your answer: the newest one, or that of MODEL", complete = mine,
  run = function(rest)
    local result
    if rest == "" then result = tools.cancel() else result = tools.cancel(mention_of(rest)) end
    if result.success then return end
    if rest ~= "" then return result.error or "refused" end
    notice.show(result.error or "refused", "error")  -- not refused: there is nothing to mend
  end,
}

registry.add {
  name = "models", help = "who can be asked",
  run = function()
    local lines = {}
    for i, model in ipairs(tools.models()) do
      local state = model.available == false and ", not to be had now" or ""
      local what = model.model and model.model ~= "" and model.model ~= model.name and " " .. model.model or ""
      lines[i] = text.fit("@" .. model.name, 20) .. " " .. (model.provider or "") .. what .. state
    end
    if #lines == 0 then lines[1] = "there is nobody to ask now" end
    page.show("Models", lines)
  end,
}
