-- Owns what a session has for itself: its environment, with the libraries as tables of its own, and the record of it, in
-- which the functions that all sessions share keep what is one session's. No table that a script can reach is reached
-- by another session's.
--
-- One session is entered at a time: its record is `box.session` then, and strings have the methods of its `string`.
local box = ...
local next, create = next, table.create
local string_meta = getmetatable("")
string_meta.__metatable = false

local function sized(t)
  local n = 0
  for _ in next, t do n = n + 1 end
  return { t, n }
end

local function copy(from, more)
  local t = create(0, from[2] + more)
  for k, v in next, from[1] do t[k] = v end
  return t
end

local globals, libraries = sized(box.globals_of_scripts), {}
for name, library in next, box.library do libraries[name] = sized(library) end
local OWN = 8  -- globals that are a session's own tables, or know of them

local sessions = {}  -- id -> record
box.sessions = sessions
local catalogues = {}  -- number -> what `tools` has for sessions whose host offers the same functions

-- Host functions under these names, each known to Python by its place: `tools` of the sessions opened with `number`.
function box.add_catalogue(number, ...)
  local names, offered, host = { ... }, {}, box.host
  for op, name in next, names do
    offered[name] = function(...) return host(name, op, ...) end
  end
  local tools = {}
  for name, f in next, offered do tools[name] = f end
  box.add_callbacks(tools)
  box.add_definitions(tools, offered)
  box.add_timers(tools, offered)
  catalogues[number] = { tools = sized(tools), offered = offered }
end

function box.open(id, number, seed)
  local catalogue = catalogues[number]
  local environment = copy(globals, OWN)
  environment._G, environment.require, environment.tools = environment, box.require, copy(catalogue.tools, 0)
  for name, library in next, libraries do environment[name] = copy(library, 0) end
  sessions[id] = {
    environment = environment, string = environment.string, offered = catalogue.offered, seed = seed,
    shapes = {}, loaded = {}, chain = {}, suspended = {}, last_id = 0, timers = {}, once = {}, defined = {},
    handlers = { on_run = box.run_handlers, on_timer = box.timer_handlers },
  }
end

-- It is this session's turn; `floor` is what the heap had in it, in bytes, before anything came for it.
function box.turn(id, floor)
  local session = sessions[id]
  box.session, box.floor, string_meta.__index = session, floor, session.string
  return session
end

-- Forgets a session. What was its memory is garbage then.
function box.forget(id)
  sessions[id], box.session, string_meta.__index = nil, nil, nil
end
