-- Owns tools.define and tools.actor. What a script defines stays here; the host knows it by kind and name, and asks for
-- it with `on_run`; so it does for the scripts' on_prompt. A session's host does not offer `offer`: there they are accepted
-- and do nothing.
local box = ...
local pcall, error, type, tostring, gsub = box.pcall, error, type, tostring, string.gsub
local rawget = rawget

local function define(kind, offer)
  return function(t)
    if type(t) ~= "table" then error(kind .. ": a table expected, got " .. type(t), 2) end
    if type(t.name) ~= "string" then error(kind .. ": name must be a string", 2) end
    if type(t.run) ~= "function" then error(kind .. ": run must be a function", 2) end
    local ok, problem = pcall(offer, kind, t.name, t.description, t.parameters)
    if not ok then error(kind .. ": " .. gsub(tostring(problem), "^.-offer: ", "", 1), 2) end
    box.session.defined[kind .. " " .. t.name] = t.run
  end
end

-- The global on_prompt, then the registered ones, each with the messages of the one before. The first text refuses; nil
-- when nobody wants other messages.
local function review(messages, call)
  local session, replaced = box.session, nil
  local global, list = rawget(session.environment, "on_prompt"), session.handlers.on_prompt or {}
  for i = global ~= nil and 0 or 1, #list do
    local said = (i == 0 and global or list[i])(messages, call)
    local kind = type(said)
    if kind == "string" then return said end
    if kind == "table" then
      messages, replaced = said, said
    elseif kind ~= "nil" then
      error("it returned a " .. kind .. ", not nil, a text or messages", 0)
    end
  end
  return replaced
end

box.run_handlers = { function(id, kind, name, input, call)
  local session = box.session
  local say, done = session.offered.run_say, session.offered.run_done
  if not done then return end
  local run = review
  if kind ~= "prompt" then
    call.say = function(text) say(id, tostring(text)) end
    run = session.defined[kind .. " " .. name]
  end
  if not run then return done(id, false, name .. " is not defined any more") end
  local ok, result = pcall(run, input, call)
  if not ok and type(result) ~= "string" then result = "(the error is a " .. type(result) .. ")" end
  done(id, ok, result)
end }

function box.add_definitions(tools, offered)
  local offer = offered.offer
  tools.offer, tools.run_say, tools.run_done = nil, nil, nil
  if offer then
    tools.define, tools.actor = define("define", offer), define("actor", offer)
  else
    tools.define, tools.actor = function() end, function() end
  end
end
