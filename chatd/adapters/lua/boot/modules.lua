-- Owns `require`: the interface's own files, run once each in a session's environment. Python finds and reads them.
--
-- A file is compiled as a function that is given its environment, so that all sessions of a state share what it was
-- compiled to: two thirds of the memory that the interface takes, and most of the time.
local box = ...
local charge = box.charge
local error, load, type = error, load, type
local concat = table.concat

local PARSED = 200  -- bytes of source, charged like 1000 instructions: of each session's budget, whoever compiled it
local makers = {}   -- name -> { function(environment, name), bytes of source }

-- `binary`, when there is one, is a chunk that returns the function.
local function add(name, chunk, source, binary)
  if not binary then return end
  local f, problem = box.uncatchable(load(binary, chunk, "b"))
  if not f then error(problem, 0) end
  makers[name] = { f(), #source }
end

local function run(name, chunk, source, binary)
  local session = box.session
  local loaded, chain = session.loaded, session.chain
  if loaded[name] ~= nil then return loaded[name] end
  local maker = makers[name]
  charge((maker and maker[2] or #source) / PARSED)
  if not maker then
    add(name, chunk, source, binary)
    maker = makers[name]
  end
  local depth = #chain + 1
  chain[depth] = name
  local environment, ok, result = session.environment, nil, nil
  if maker then
    ok, result = box.pcall(maker[1], environment, name)
  else  -- it is no Lua: Lua itself says why
    local f, problem = box.uncatchable(load(source, chunk, "t", environment))
    if not f then error(problem, 0) end
    ok, result = box.pcall(f, name)
  end
  for i = #chain, depth, -1 do chain[i] = nil end
  if not ok then error(result, 0) end
  loaded[name] = result == nil and true or result
  return loaded[name]
end

function box.require(name)
  if type(name) ~= "string" then error("module name expected, got " .. type(name), 2) end
  local session = box.session
  local loaded, chain = session.loaded, session.chain
  if loaded[name] ~= nil then return loaded[name] end
  for i = 1, #chain do
    if chain[i] == name then
      error("files require each other in a circle: " .. concat(chain, " -> ", i) .. " -> " .. name, 2)
    end
  end
  if makers[name] then return run(name) end
  local chunk, source, binary = box.find_source(name)
  if not chunk then error(source, 2) end
  return run(name, chunk, source, binary)
end

box.run_file, box.add_file = run, add
