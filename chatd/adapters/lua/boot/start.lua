-- Runs once per runtime, before any script: loads the other files of the sandbox, builds `tools`, then empties the real
-- globals, so that nothing remains but what `library` chose. Returns the functions Python enters by.
--
-- Arguments: the Python functions and numbers named below; then three lists, each preceded by its length: names of the
-- host functions (their place is their number), of the callbacks, and of those callbacks that happen often.
local box = {}
-- Begin a collection when the heap has grown by a quarter: by default it doubles first, and there is one per session.
collectgarbage("param", "pause", 125)
box.raw, box.raw_json, box.setlimit, box.clock, box.instructions, box.memory, box.seconds, box.seed = ...
box.source = "=chatd"

local lists, at = table.pack(select(9, ...)), 1
local function next_list()
  local list = table.move(lists, at + 1, at + lists[at], 1, {})
  at = at + lists[at] + 1
  return list
end
local functions, callbacks, often = next_list(), next_list(), next_list()
lists = nil

local BOOT_FILE, MODULE = -1, 0  -- numbers of functions that are not in `tools`

-- The other files see the real globals by this copy, also those that are loaded when they are first needed.
box.globals = {}
for name, value in next, _G do box.globals[name] = value end
local load, globals, raw = load, box.globals, box.raw
function box.chunk(name)
  local _, source = raw(BOOT_FILE, name)
  return load(source, box.source, "bt", globals)
end

for _, name in next, { "budget", "border", "coroutines", "library", "patterns" } do box.chunk(name)(box) end

local tools, host = {}, box.host
box.environment.tools = tools
for op, name in next, functions do
  tools[name] = function(...) return host(name, op, ...) end
end
function box.find_source(name) return host("require", MODULE, name) end
for _, name in next, { "modules", "callbacks", "defined", "timers" } do box.chunk(name)(box) end
box.add_callbacks(tools, callbacks, often)
box.add_definitions(tools)
box.add_timers(tools)

local G = _G
for name in next, box.globals do G[name] = nil end
local api = box.api
return api.call, api.call_nested, api.resume, api.run_file, api.cancel_all, api.close, api.heard
