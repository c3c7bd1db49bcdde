-- Owns the limits of a callback: the instruction budget, the clock behind it, and the memory limit around user code.
--
-- A count hook (every STEP instructions, per coroutine) draws on the budget. When it is spent the hook becomes sticky:
-- from then on every instruction of user code raises, so no `pcall` can swallow the end. Functions in `box.trusted` are
-- exempt while they run, because they hold the border half open; what they do is bounded otherwise.
--
-- What neither budget nor clock can stop is a single step in C: a comparison of megabytes, or a whole collection; the
-- memory limit bounds those (some 10 ms; a chain of weak keys made to be slow: 1 s). Others go on meanwhile, as scripts
-- that are not shipped have a thread (threaded.py).
--
-- The memory limit is on only while user code runs. With it on, a value pushed by Python could raise "not enough
-- memory" outside of any protected call, which aborts or hangs the whole process.
--
-- What counts is how far an entry takes the heap above its floor. Alone in a state the floor is 0: the limit is that of
-- the heap. With others it is what there was before the entry, because Lua cannot say whose an object is: each entry
-- may add so much and no more, whoever else is there, and all of them together come no higher than `ceiling`.
local box = ...
local sethook, getinfo, collect = debug.sethook, debug.getinfo, collectgarbage
local error, pcall, min = error, pcall, math.min

local STEP = 250                 -- instructions between two hooks
local NEARLY_FULL = 0.9          -- of the way to the memory limit: beyond it each allocation may cost a whole collection
local NEARLY_FULL_COST = 50      -- what 250 instructions then cost, in thousands of instructions
local LOOK = 16                  -- hooks between two looks at the clock
local BIG_HEAP = 2048            -- KiB above the floor: one instruction (`..`, `<`) may take a millisecond there; look each time
local OOM = "not enough memory"  -- Lua's own words; scripts cannot catch it, or a loop around pcall would run for minutes

local setlimit, clock, memory, ceiling = box.setlimit, box.clock, box.memory, box.ceiling
local limit, nearly_full, big = memory, 0, 0  -- bytes; KiB of the heap
local budget, deadline, looks = 0, 0, LOOK  -- budget: thousands of instructions
local killed                                -- why user code must stop, with its position; nil while it may run
local trusted = {}
local sticky

local function position()
  for level = 4, 7 do
    local info = getinfo(level, "Sl")
    if not info then break end
    if info.currentline > 0 and info.source ~= box.source then
      return info.short_src .. ":" .. info.currentline .. ": "
    end
  end
  return ""
end

local function expire(reason)
  if not killed then killed = position() .. reason end
  sethook(sticky, "", 1)
end

sticky = function()
  if not trusted[getinfo(2, "f").func] then error(killed, 0) end
end

local function overtime()
  looks = LOOK
  -- Calling Python needs the memory limit off; inside a trusted function it may be off already and must stay so.
  if trusted[getinfo(3, "f").func] then return false end
  setlimit(0)
  local late = clock() > deadline
  setlimit(limit)
  return late
end

-- A coroutine counts its instructions from 0: one that runs but a few would never be looked at. Hence this before each.
function box.look()
  if not killed then
    setlimit(0)
    local late = clock() > deadline
    setlimit(limit)
    if not late then return end
    expire("stopped after " .. box.seconds .. " s")
  end
  sethook(sticky, "", 1)
  error(killed, 0)
end

local function hook()
  local heap = collect("count")
  budget = budget - (heap > nearly_full and NEARLY_FULL_COST or STEP / 1000)
  looks = looks - 1
  local late = (looks <= 0 or heap > big) and overtime()
  if budget > 0 and not late and not killed then return end
  expire("stopped after " .. (late and box.seconds .. " s" or box.instructions .. " instructions"))
  if not trusted[getinfo(2, "f").func] then error(killed, 0) end
end

-- Draws `cost` thousands of instructions for work that C does out of the hook's sight.
function box.charge(cost)
  if cost > 0 then budget = budget - cost end
  if budget <= 0 then
    expire("stopped after " .. box.instructions .. " instructions")
    error(killed, 0)
  end
end

function box.can_afford(cost) return budget > cost end
function box.watch(co) sethook(co, hook, "", STEP) end

-- A new entry from Python: a whole budget, times `share`.
function box.refill(share)
  local floor = box.floor
  limit = min(ceiling, floor + memory)
  nearly_full, big = (floor + (limit - floor) * NEARLY_FULL) / 1024, floor / 1024 + BIG_HEAP
  budget, deadline, looks, killed = box.instructions / 1000 * share, clock() + box.seconds * share, LOOK, nil
end

function box.killed() return killed end
function box.limit_on() setlimit(limit) end
function box.limit_off() setlimit(0) end

-- What follows every pcall of user code. Unwinding costs far more than the instructions around it.
local function uncatchable(ok, ...)
  if not ok then
    if (...) == OOM then error(OOM, 0) end
    box.charge(1)
  end
  return ok, ...
end
box.uncatchable, box.OOM = uncatchable, OOM
function box.pcall(f, ...) return uncatchable(pcall(f, ...)) end

box.trusted = trusted
for _, f in next, { position, expire, sticky, overtime, hook, box.look, box.charge, box.can_afford, uncatchable, box.pcall } do
  trusted[f] = true
end
