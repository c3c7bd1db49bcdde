-- Owns find, match, gmatch and gsub. The C matcher backtracks without the hook seeing it, so a pattern goes there only
-- when the most it could do is little; else to `matcher`, the same algorithm in Lua, which the budget stops.
local box = ...
local charge = box.charge
local error, type, tostring = error, type, tostring
local byte, find, match, gmatch, gsub = string.byte, string.find, string.match, string.gmatch, string.gsub

local LINEAR = 1000000  -- steps let to C when they grow with the text only
local STEEP = 20000     -- steps let to C when they grow with a power of it; the bound is far above the usual
local STEPS = 1000      -- of the C matcher, charged like this many instructions
local PLAIN = 100000    -- byte comparisons of a plain search, likewise

-- How many parts of a pattern multiply the work (repetitions, %b, back references, a free start), and how many double.
local function powers(p)
  local q, doubling, i, n = byte(p, 1) == 94 and 0 or 1, 0, 1, #p
  while i <= n do
    local c = byte(p, i)
    if c == 37 then                      -- %: an escape
      i = i + 1
      local e = byte(p, i)
      if e == 98 or (e and e >= 48 and e <= 57) then q = q + 1 end
    elseif c == 42 or c == 43 or c == 45 then  -- * + -
      q = q + 1
    elseif c == 63 then                  -- ?
      doubling = doubling + 1
    end
    i = i + 1
  end
  return q, doubling
end

local matcher
local function load_matcher() matcher = box.chunk("matcher")(box.chunk("backtrack")(charge)) end
-- Where there are several sessions, none of them pays for it.
if box.is_shared then load_matcher() end

-- True when C may do it, whose costs are charged then. The matcher is loaded as border code, with the limit off: see
-- `budget`, and it is trusted for as long.
local function cheap(s, p)
  local q, doubling = powers(p)
  local steps = (#s + 1.0) ^ q * 2.0 ^ doubling * (#p + 1)
  if steps > (q <= 1 and LINEAR or STEEP) then
    if not matcher then
      box.limit_off()
      load_matcher()
      box.limit_on()
    end
    return false
  end
  charge(steps / STEPS)
  return true
end

local function text(v, i, name)
  if type(v) == "number" then return tostring(v) end
  if type(v) ~= "string" then
    error("bad argument #" .. i .. " to '" .. name .. "' (string expected, got " .. type(v) .. ")", 3)
  end
  return v
end

local S = box.string

function S.find(s, p, init, plain)
  s, p = text(s, 1, "find"), text(p, 2, "find")
  if plain or not find(p, "[%^%$%*%+%?%.%(%[%%%-]") then
    local steps = (#s + 1.0) * (#p + 1.0)
    charge(#p < 64 and #s / 10000 or steps / PLAIN)
    return find(s, p, init, true)
  end
  if cheap(s, p) then return find(s, p, init) end
  return matcher.find(s, p, init)
end

function S.match(s, p, init)
  s, p = text(s, 1, "match"), text(p, 2, "match")
  if cheap(s, p) then return match(s, p, init) end
  return matcher.match(s, p, init)
end

function S.gmatch(s, p, init)
  s, p = text(s, 1, "gmatch"), text(p, 2, "gmatch")
  if cheap(s, p) then return gmatch(s, p, init) end
  return matcher.gmatch(s, p, init)
end

function S.gsub(s, p, by, limit)
  s, p = text(s, 1, "gsub"), text(p, 2, "gsub")
  local kind = type(by)
  if kind == "number" then by = tostring(by) elseif kind ~= "string" and kind ~= "table" and kind ~= "function" then
    error("bad argument #3 to 'gsub' (string/function/table expected, got " .. kind .. ")", 2)
  end
  if not cheap(s, p) then return matcher.gsub(s, p, by, limit) end
  local result, count = gsub(s, p, by, limit)
  charge(#result / 20000)
  return result, count
end

box.trusted[cheap], box.trusted[load_matcher] = true, true
