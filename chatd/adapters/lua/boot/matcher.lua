-- Owns find, match, gmatch and gsub over `backtrack`: what the C functions do, see there. Loaded when first needed.
local engine = ...
local state, attempt, capture = engine.state, engine.attempt, engine.capture
local byte, sub, find, gsub, concat = string.byte, string.sub, string.find, string.gsub, table.concat
local error, type, tostring, unpack = error, type, tostring, table.unpack
local CARET = 94

local function captures(m, s, e, whole)
  local list = {}
  local n = m.level == 0 and whole and 1 or m.level
  for i = 1, n do list[i] = capture(m, i, s, e) end
  return list, n
end

local function start_at(init, length)
  init = init or 1
  if init < 0 then init = init + length + 1 end
  return init < 1 and 1 or init
end

local function search(text, pattern, init, finding)
  local s, anchored = start_at(init, #text), byte(pattern, 1) == CARET
  if s > #text + 1 then return nil end
  local m = state(text, pattern, anchored and 2 or 1)
  repeat
    local e = attempt(m, s)
    if e then
      local list, n = captures(m, s, e, not finding)
      if finding then return s, e - 1, unpack(list, 1, n) end
      return unpack(list, 1, n)
    end
    s = s + 1
  until s > #text + 1 or anchored
  return nil
end

local function iterate(text, pattern, init)
  local s, m, last = start_at(init, #text), state(text, pattern, 1), nil
  return function()
    while s <= #text + 1 do
      local e = attempt(m, s)
      if e and e ~= last then
        local list, n = captures(m, s, e, true)
        s, last = e, e
        return unpack(list, 1, n)
      end
      s = s + 1
    end
  end
end

local function expanded(m, by, s, e)
  return (gsub(by, "%%(.?)", function(c)
    if c == "%" then return "%" end
    if c == "0" then return sub(m.text, s, e - 1) end
    if not find(c, "^%d") then error("invalid use of '%' in replacement string", 0) end
    return tostring(capture(m, byte(c) - 48, s, e))
  end))
end

local function replacement(m, by, kind, s, e)
  if kind == "string" then return expanded(m, by, s, e) end
  local value
  if kind == "table" then
    value = by[capture(m, 1, s, e)]
  else
    local list, n = captures(m, s, e, true)
    value = by(unpack(list, 1, n))
  end
  if not value then return sub(m.text, s, e - 1) end
  if type(value) ~= "string" and type(value) ~= "number" then
    error("invalid replacement value (a " .. type(value) .. ")", 0)
  end
  return value
end

local function substitute(text, pattern, by, limit)
  local anchored, kind = byte(pattern, 1) == CARET, type(by)
  local m = state(text, pattern, anchored and 2 or 1)
  local s, count, last, out = 1, 0, nil, {}
  limit = limit or #text + 1
  while count < limit do
    local e = attempt(m, s)
    if e and e ~= last then
      count = count + 1
      out[#out + 1] = replacement(m, by, kind, s, e)
      s, last = e, e
    elseif s <= #text then
      out[#out + 1] = sub(text, s, s)
      s = s + 1
    else
      break
    end
    if anchored then break end
  end
  out[#out + 1] = sub(text, s)
  return concat(out), count
end

return {
  find = function(text, pattern, init) return search(text, pattern, init, true) end,
  match = function(text, pattern, init) return search(text, pattern, init, false) end,
  gmatch = iterate,
  gsub = substitute,
}
