-- Runs once per state, before any script: loads the other files of the sandbox, then empties the real globals, so that
-- nothing remains but what `library` chose. Returns the functions Python enters by.
--
-- Arguments: the Python functions and numbers named below; then three lists, each preceded by its length: names of the
-- callbacks that scripts register for, of those among them that happen often, and of those that are the sandbox's own.
local box = {}
-- Begin a collection when the heap has grown by a quarter: by default it more than doubles first, and there are many.
collectgarbage("param", "pause", 125)
box.raw, box.raw_json, box.setlimit, box.clock, box.read_boot = ...
box.instructions, box.memory, box.ceiling, box.seconds, box.is_shared = select(6, ...)
box.source = "=chatd"

local lists, at = table.pack(select(11, ...)), 1
local function next_list()
  local list = table.move(lists, at + 1, at + lists[at], 1, {})
  at = at + lists[at] + 1
  return list
end
box.callbacks, box.often, box.internal = next_list(), next_list(), next_list()
lists = nil

local MODULE = 0  -- number of a function that is not in `tools`

-- The other files see the real globals by this copy, also those that are loaded when they are first needed.
box.globals = {}
for name, value in next, _G do box.globals[name] = value end
local load, globals, read = load, box.globals, box.read_boot
function box.chunk(name) return load(read(name), box.source, "bt", globals) end

for _, name in next, { "budget", "border", "coroutines", "random", "library", "patterns", "modules", "environment",
                       "callbacks", "defined", "timers" } do
  box.chunk(name)(box)
end
local host = box.host
function box.find_source(name) return host("require", MODULE, name) end

local collect = collectgarbage
local G = _G
for name in next, box.globals do G[name] = nil end
local api = box.api
-- What a session leaves when it ends is garbage, but no allocation that would have the collector go on: so many steps,
-- of 32 KiB each, look through three sessions.
local STEPS = 16
local function step()
  for _ = 1, STEPS do collect("step") end
end
return api.call, api.call_nested, api.resume, api.run_file, api.cancel_all, api.open, api.close, api.add_catalogue,
  box.add_file, step, api.heard
