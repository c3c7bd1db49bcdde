-- Owns what crosses to Python and back: scalars only, so that neither side ever holds an object of the other.
--
-- Lua to Python: scalars as they are; as soon as one argument is a table, the whole list as one JSON text.
-- Python to Lua: (DONE, scalar), or (NESTED, token…). Tokens describe nested data flat, see `decode`. Mappings of
-- scalars come as a "shape" (their keys, sent once) and the bare values, because rows are most of the traffic.
-- Decoding happens with the memory limit off: its size is bounded by Python, and border code must not meet an OOM.
local box = ...
local raw, raw_json = box.raw, box.raw_json
local charge, trusted, limit_on, limit_off = box.charge, box.trusted, box.limit_on, box.limit_off
local error, load, next, pcall, rawlen, select, type = error, load, next, pcall, rawlen, select, type
local setmetatable = setmetatable
local pack, move, concat = table.pack, table.move, table.concat
local format, gsub, find, mtype = string.format, string.gsub, string.find, math.type
local isyieldable, yield = coroutine.isyieldable, coroutine.yield

local MAX_ARGUMENTS = 64       -- of one call; lupa collects them in quadratic time
local MAX_STRING = 262144      -- bytes of one string
local MAX_TEXT = 1048576       -- bytes of all of a call's nested arguments together
local MAX_DEPTH = 16           -- of nested tables
local DONE, NESTED, LATER = 0, 1, 2  -- anything else: failed, and a message
local FORGET = -2              -- number of the function that has Python forget which shapes it has told of
local NIL, SCALAR, LIST, MAP, SHAPE, SCALARS = 0, 1, 2, 3, 4, 5

local AWAIT = {}               -- yielded by a call that must wait; never reaches user code
box.AWAIT = AWAIT

-- ---- Python to Lua ---------------------------------------------------------------------------------------------
-- Each session is told of shapes by numbers of its own, so that what a token list costs does not depend on others; the
-- functions that build their tables are the same for all who have the same shape.
local builders = setmetatable({}, { __mode = "v" })  -- source -> function(tokens, i) -> table, index after it

local function builder(tokens, i, n)
  local source = {}
  for k = 1, n do source[k] = format("[%q]=t[i+%d],", tokens[i + k], k) end
  source = "local t, i = ... return {" .. concat(source) .. "}, i + " .. n + 1
  local build = builders[source]
  if not build then
    build = load(source, "=shape", "t", {})
    builders[source] = build
  end
  return build
end

-- Tokens begin with the shapes that are new: count, then for each its id, number of keys, keys.
local function define(tokens, i)
  local count, shapes = tokens[i], box.session.shapes
  i = i + 1
  for _ = 1, count do
    local id, n = tokens[i], tokens[i + 1]
    shapes[id] = builder(tokens, i + 1, n)
    i = i + 2 + n
  end
  return i
end

-- One value from the tokens at i, and the index after it:
--   NIL | SCALAR v | LIST n value… | SCALARS n v… | MAP n (key value)… | SHAPE id v…
local function decode(tokens, i)
  local tag = tokens[i]
  if tag == SHAPE then
    return box.session.shapes[tokens[i + 1]](tokens, i + 1)
  elseif tag == SCALAR then
    return tokens[i + 1], i + 2
  elseif tag == NIL then
    return nil, i + 1
  end
  local result, n = {}, tokens[i + 1]
  i = i + 2
  if tag == SCALARS then
    return move(tokens, i, i + n - 1, 1, result), i + n
  elseif tag == LIST then
    for k = 1, n do result[k], i = decode(tokens, i) end
  else
    for _ = 1, n do
      local key = tokens[i]
      result[key], i = decode(tokens, i + 1)
    end
  end
  return result, i
end

-- All the values of a token list, unpacked: what Python's side calls a list of arguments.
function box.decode_all(...)
  local tokens = pack(...)
  local i = define(tokens, 1)
  local values, n = {}, tokens[i]
  i = i + 1
  for k = 1, n do values[k], i = decode(tokens, i) end
  return values, n
end

-- Hears of the new shapes of a token list and no more: Python tells of each once.
local function define_all(...) return define(pack(...), 1) end

local function decode_one(...)
  local values = box.decode_all(...)
  return values[1]
end

-- ---- Lua to Python ---------------------------------------------------------------------------------------------
local escapes = { ['"'] = '\\"', ["\\"] = "\\\\", ["\127"] = "\127" }
for c = 0, 31 do escapes[string.char(c)] = format("\\u%04x", c) end

local function number(v)
  if mtype(v) == "integer" then return format("%d", v) end
  if v ~= v then return "NaN" end
  if v == math.huge then return "Infinity" end
  if v == -math.huge then return "-Infinity" end
  local text = format("%.17g", v)
  return find(text, "[.e]") and text or text .. ".0"
end

local encode

local function encode_list(list, n, out, depth)
  out[#out + 1] = "["
  for i = 1, n do
    if i > 1 then out[#out + 1] = "," end
    encode(list[i], out, depth)
  end
  out[#out + 1] = "]"
end

local function encode_table(t, out, depth)
  if depth > MAX_DEPTH then error("a table is nested too deeply (or contains itself)", 0) end
  local n, count, names = rawlen(t), 0, true
  for k in next, t do
    count = count + 1
    if type(k) ~= "string" then names = false end
  end
  if n > 0 and count == n then return encode_list(t, n, out, depth + 1) end
  if not names then error("a table must be a list or have only names for keys", 0) end
  out[#out + 1] = "{"
  local comma = ""
  for k, v in next, t do
    out[#out + 1] = comma .. '"' .. gsub(k, '[%c"\\]', escapes) .. '":'
    encode(v, out, depth + 1)
    comma = ","
  end
  out[#out + 1] = "}"
end

-- Appends the JSON of a plain value to `out`.
encode = function(v, out, depth)
  local t = type(v)
  if t == "string" then
    if #v > MAX_STRING then error("a string is longer than " .. MAX_STRING .. " bytes", 0) end
    out.bytes = out.bytes + #v
    if out.bytes > MAX_TEXT then error("more than " .. MAX_TEXT .. " bytes", 0) end
    out[#out + 1] = '"' .. gsub(v, '[%c"\\]', escapes) .. '"'
  elseif t == "number" then
    out[#out + 1] = number(v)
  elseif t == "boolean" then
    out[#out + 1] = v and "true" or "false"
  elseif t == "nil" then
    out[#out + 1] = "null"
  elseif t == "table" then
    encode_table(v, out, depth)
  else
    error("a " .. t .. " cannot cross to the host", 0)
  end
end

-- ---- calls -----------------------------------------------------------------------------------------------------
local function unusual(ran, tag, ...)
  if not ran then
    box.session.lost = true
    error("internal error", 2)
  end
  if tag == LATER then
    if not isyieldable() then error("this call must wait, which is not possible here", 2) end
    local ok, value = yield(AWAIT)
    if ok then return value end
    error(value, 2)
  end
  error((...), 2)
end

local function after(ran, tag, ...)
  if ran and tag == DONE then
    limit_on()
    return ...
  end
  if ran and tag == NESTED then
    -- Building tables takes time that the hook does not see, and nothing may stop it half-way.
    local cost = select("#", ...) / 32
    if not box.can_afford(cost) then
      pcall(define_all, ...)
      limit_on()
      return charge(cost)
    end
    local ok, value = pcall(decode_one, ...)
    limit_on()
    if not ok then return unusual(false) end
    charge(cost / 2)
    return value
  end
  limit_on()
  return unusual(ran, tag, ...)
end

-- Once Lua is being left, where there is room: has Python tell of every shape again when tokens came that could not be
-- decoded, at the end of the stack: shapes may have been among them.
function box.recover()
  local session = box.session
  if session.lost then session.lost = not pcall(raw, FORGET) end
end

-- `raw` never raises; should it do so all the same, pcall keeps the Python exception from becoming a Lua value.
local function cross(...)
  limit_off()
  return after(pcall(raw, ...))
end

local function cross_nested(name, op, ...)
  local out = { bytes = 0 }
  local ok, problem = box.pcall(encode_list, { ... }, select("#", ...), out, 0)
  if not ok then error(name .. ": " .. problem, 2) end
  local text = concat(out)
  charge(#text / 2000)
  limit_off()
  return after(pcall(raw_json, op, text))
end

-- Calls the host function number `op` with any plain values. Its one result, or an error at the caller's line.
function box.host(name, op, ...)
  charge(1)
  local n = select("#", ...)
  if n > MAX_ARGUMENTS then error(name .. ": more than " .. MAX_ARGUMENTS .. " arguments", 2) end
  for i = 1, n do
    local v = select(i, ...)
    local t = type(v)
    if t == "table" then return cross_nested(name, op, ...) end
    if t == "string" then
      if #v > MAX_STRING then error(name .. ": a string is longer than " .. MAX_STRING .. " bytes", 2) end
    elseif t ~= "number" and t ~= "boolean" and t ~= "nil" then
      error(name .. ": a " .. t .. " cannot cross to the host", 2)
    end
  end
  return cross(op, ...)
end

for _, f in next, { limit_on, limit_off, builder, define, decode, box.decode_all, define_all, decode_one, after, cross, cross_nested } do
  trusted[f] = true
end
