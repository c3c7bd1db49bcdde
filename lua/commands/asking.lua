-- Owns the commands about asking models.
local figures = require "figures"
local here = require "here"
local notice = require "notice"
local page = require "page"
local registry = require "commands.registry"
local text = require "text"
local waiting = require "waiting"

local function mine()
  local names = {}
  for _, stream in ipairs(tools.streams()) do
    if stream.mine then names[#names + 1] = stream.model end
  end
  return names
end

-- A model's name as it was typed, without its mark; nil when none was.
local function typed_name(rest)
  local name = rest:gsub("^@", "")
  return name ~= "" and name or nil
end

-- Stops the newest answer of a model, or one by its id.
local function cancel(word)
  local model = tools.model(word:lower())
  local name = model and model.name or word
  local streams = tools.streams()
  for i = #streams, 1, -1 do
    if streams[i].mine and streams[i].model == name then return tools.cancel(streams[i].mention_id) end
  end
  if model then return { success = false, error = "no answer of " .. name .. " to you is running" } end
  return tools.cancel(word)
end

registry.add {
  name = "cancel", args = "[MODEL]", help = "stop your answer: the newest one, or that of MODEL", complete = mine,
  run = function(rest)
    local word = typed_name(rest)
    local result
    if word then result = cancel(word) else result = tools.cancel() end
    if result.success then return end
    if word then return result.error or "refused" end
    notice.show(result.error or "refused", "error")  -- not refused: there is nothing to mend
  end,
}

local function models()
  local names = {}
  for i, model in ipairs(tools.models()) do names[i] = model.name end
  return names
end

registry.add {
  name = "retry", args = "[MODEL]", help = "ask your last question again", complete = models,
  run = function(rest)
    figures.forget()
    local result = tools.retry(typed_name(rest))
    if not result.success then return result.error or "refused" end
  end,
}

-- Whom a line may ask that begins here: their names, which get their mark. Behind a mark that is typed all is completed
-- as it is in any line.
local function asked(before)
  if before:find("[@%s]") then return nil end
  local names = {}
  for i, name in ipairs(models()) do names[i] = { name = name, text = "@" .. name } end
  return names
end

local function asked_or_kept(before)
  if before:lower():find("^drop%s") then return {} end
  local names = asked(before)
  if not names then return nil end
  names[#names + 1] = { name = "list", says = "what waits" }
  names[#names + 1] = { name = "drop", says = "give one up: drop N" }
  return names
end

registry.add {
  name = "nocache", args = "@NAME TEXT", help = "ask, and have no answer that was given before", complete = asked,
  run = function(rest)
    local asked = tools.asked(rest)
    if not asked then return "say whom to ask, and what: /nocache @NAME TEXT" end
    figures.forget()
    local result = tools.mention(table.concat(asked.names, ","), asked.message, rest, true)
    if not result.success then return result.error or "refused" end
  end,
}

registry.add {
  name = "later", args = "[@NAME TEXT]", help = "ask when the model can be had: this, or what just failed",
  complete = asked_or_kept,
  run = function(rest)
    local word, number = text.split_word(rest)
    if word == "list" and number == "" then return page.show("Later", waiting.lines(), 4) end
    if word == "drop" then return waiting.drop(number) end
    return waiting.add(rest)
  end,
}

registry.add {
  name = "continue", args = "[MODEL]", help = "have your last answer carried on where it broke off", complete = models,
  run = function(rest)
    figures.forget()
    local result = tools.carry_on(typed_name(rest))
    if not result.success then return result.error or "refused" end
  end,
}

-- What is worth knowing of a model beside its name.
local function about(model)
  local words = { model.provider or "" }
  if model.model and model.model ~= "" and model.model ~= model.name then words[2] = model.model end
  for _, word in ipairs(model.capabilities or {}) do
    if word ~= "completion" then words[#words + 1] = word end
  end
  if model.context_tokens then words[#words + 1] = model.context_tokens // 1024 .. "k context" end
  if (model.queue or 0) > 0 then words[#words + 1] = model.queue .. " waiting" end
  if model.available == false then words[#words + 1] = "not to be had now" end
  return table.concat(words, ", ")
end

registry.add {
  name = "models", help = "who can be asked",
  run = function()
    tools.look_for_models()
    local lines, default = {}, here.setting("default")
    for i, model in ipairs(tools.models()) do
      local mark = model.name == default and ", the room's default" or ""
      lines[i] = text.fit("@" .. model.name, 20) .. " " .. about(model) .. mark
    end
    if #lines == 0 then lines[1] = "there is nobody to ask now" end
    page.show("Models", lines, 21)
  end,
}
