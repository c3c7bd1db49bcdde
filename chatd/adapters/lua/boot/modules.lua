-- Owns `require`: the interface's own files, run once each in the scripts' environment. Python finds and reads them.
local box = ...
local E, charge = box.environment, box.charge
local error, load, type = error, load, type
local concat = table.concat

local PARSED = 200       -- bytes of source, charged like 1000 instructions
local loaded = {}        -- name -> what the file returned, or true
local chain = {}         -- names of the files that are running now, outermost first

-- Runs `source` as the file of module `name`, unless that has been done. Errors carry file and line. `binary` is the
-- same, compiled by the host; it is charged like the text, so that a budget does not depend on who compiled.
local function run(name, chunk, source, binary)
  if loaded[name] ~= nil then return loaded[name] end
  charge(#source / PARSED)
  local f, problem = box.uncatchable(load(binary or source, chunk, binary and "b" or "t", E))
  if not f then error(problem, 0) end
  local depth = #chain + 1
  chain[depth] = name
  local ok, result = box.pcall(f, name)
  for i = #chain, depth, -1 do chain[i] = nil end
  if not ok then error(result, 0) end
  loaded[name] = result == nil and true or result
  return loaded[name]
end

function E.require(name)
  if type(name) ~= "string" then error("module name expected, got " .. type(name), 2) end
  if loaded[name] ~= nil then return loaded[name] end
  for i = 1, #chain do
    if chain[i] == name then
      error("files require each other in a circle: " .. concat(chain, " -> ", i) .. " -> " .. name, 2)
    end
  end
  local chunk, source, binary = box.find_source(name)
  if not chunk then error(source, 2) end
  return run(name, chunk, source, binary)
end

box.run_file = run
