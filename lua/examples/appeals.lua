-- Analysis: how much of what a model says appeals to trust (ethos), to reason (logos) and to feeling (pathos), by words
-- that give it away. It is computed while the answer grows, once for everybody, and stands below `meta.x` of its row:
-- the status line and the page show what stands there of the newest answer.
local SIGNS = {
  ethos = "according admit agree believe certified expert experience experts honest honestly integrity professional "
    .. "promise recommend reliable reputation respected responsible trust trusted truthful we",
  logos = "average because calculate cause conclude consequently data effect equals evidence example fact facts first "
    .. "follows hence if number percent proof reason result second shows since study then therefore thus",
  pathos = "afraid alone beautiful dear dream fear feel feeling happy hate heart home hope hurt imagine joy lonely "
    .. "lose love pain please sad sorry suffer terrible tragic unfortunately wonderful worry",
}

local appeal_of = {}
for appeal, words in pairs(SIGNS) do
  for word in words:gmatch("%a+") do appeal_of[word] = appeal end
end

local growing = {}  -- row id -> { counts = appeal -> number, rest = the word that may go on with the next piece }

local function count(state, text)
  text = state.rest .. text:lower()
  local whole, rest = text:match("^(.*%A)(%a*)$")
  if not whole then whole, rest = "", text end
  state.rest = rest:sub(-40)
  for word in whole:gmatch("%a+") do
    local appeal = appeal_of[word]
    if appeal then state.counts[appeal] = state.counts[appeal] + 1 end
  end
end

local function annotate(row, state)
  local counts = state.counts
  local all = counts.ethos + counts.logos + counts.pathos
  if all == 0 then return end
  for appeal, n in pairs(counts) do
    local result = tools.set_meta(row.id, appeal, (n * 100 + all // 2) // all / 100)
    if not result.success then return tools.log("warn", "appeals: " .. result.error) end
  end
end

local function is_answer(row) return row.content_method:find("^message%.model") ~= nil end

if tools.session().mode == "server" then
  tools.on_row_added(function(_, row)
    if not is_answer(row) then return end
    local state = { counts = { ethos = 0, logos = 0, pathos = 0 }, rest = "" }
    growing[row.id] = state
    count(state, row.content)  -- of a long text that comes at once, its first 4 KiB
    annotate(row, state)
  end)

  tools.on_row_changed(function(_, row, delta)
    local state = growing[row.id]
    if not state then return end
    count(state, delta)
    annotate(row, state)
  end)

  tools.on_row_done(function(_, row)
    local state = growing[row.id]
    if not state then return end
    growing[row.id] = nil
    count(state, " ")  -- the last word is whole now
    annotate(row, state)
  end)
end
