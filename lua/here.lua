-- Owns what is known of the session, the room and the people.
-- `reloaded`: the session lived before this runtime did.
local M = { name = "", mode = "screen", max_message = 16384, reloaded = false }

function M.start()
  local session = tools.session()
  M.name, M.mode, M.max_message = session.name, session.mode, session.max_message
  M.reloaded = session.reloaded
  return session
end

-- In the server's own runtime there is none either.
function M.is_screen() return M.mode == "screen" end

function M.room() return tools.room() end

-- What holds for a setting of the room, "" when nothing is set; nil when there is no such setting.
function M.setting(name)
  for _, setting in ipairs(tools.room_settings()) do
    if setting.name == name then return setting.value end
  end
end

-- Names of the people in the room, sorted.
function M.people()
  local room, people = tools.room(), {}
  for _, member in ipairs(room and room.members or {}) do
    if member.kind ~= "model" then people[#people + 1] = member.name end
  end
  table.sort(people)
  return people
end

-- name -> kind, of everybody who is here and every model; names in lower case.
function M.kinds()
  local kinds = {}
  for _, model in ipairs(tools.models()) do kinds[model.name:lower()] = "model" end
  local all = tools.who()
  for _, person in ipairs(all.error and {} or all) do
    local name = person.name:lower()
    if person.kind ~= "model" then kinds[name] = kinds[name] or person.kind end
  end
  return kinds
end

-- Names of the models that can be had, in the host's order.
function M.models()
  local names = {}
  for _, model in ipairs(tools.models()) do
    if model.available ~= false then names[#names + 1] = model.name end
  end
  return names
end

return M
