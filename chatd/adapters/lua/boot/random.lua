-- Owns math.random and math.randomseed: the numbers that Lua's own give for the same seed (xoshiro256**, whose state is
-- four integers), but from a state that each session has for itself. Lua's is one for all who are in a lua_State, so
-- what others do would change one's own numbers.
local box = ...
local error, select, type = error, select, type
local tointeger, mininteger = math.tointeger, math.mininteger
local pack, unpack = string.pack, string.unpack
local WARM_UP = 16  -- numbers thrown away after seeding, as Lua does

local function rotated(x, n) return x << n | x >> 64 - n end

local function advance(s)
  local s0, s1, s2, s3 = s[1], s[2], s[3] ~ s[1], s[4] ~ s[2]
  s[1], s[2], s[3], s[4] = s0 ~ s3, s1 ~ s2, s2 ~ s1 << 17, rotated(s3, 45)
  return rotated(s1 * 5, 7) * 9
end

local function seeded(first, second)
  local s = { first, 0xff, second, 0 }
  for _ = 1, WARM_UP do advance(s) end
  return s
end

local function integer(v, position, name)
  local i = tointeger(v)
  if i then return i end
  local t = v == nil and "no value" or type(v)
  local why = t == "number" and "number has no integer representation" or "number expected, got " .. t
  error("bad argument #" .. position .. " to '" .. name .. "' (" .. why .. ")", 3)
end

-- A number from 0 to `most`, seen as unsigned, and each as likely: those are thrown away that are above it when its
-- leading bits are all there is.
local function below(s, number, most)
  if most & most + 1 == 0 then return number & most end
  local mask = most
  for shift = 0, 5 do mask = mask | mask >> (1 << shift) end
  number = number & mask
  while number + mininteger > most + mininteger do number = advance(s) & mask end
  return number
end

function box.random(...)
  local session = box.session
  local s = session.random
  if not s then
    s = seeded(session.seed, 0)
    session.random = s
  end
  local n, number = select("#", ...), advance(s)
  if n == 0 then return (number >> 11) * 0x1p-53 end
  local low, high = ...
  low = integer(low, 1, "random")
  if n == 1 then
    if low == 0 then return number end
    low, high = 1, low
  elseif n == 2 then
    high = integer(high, 2, "random")
  else
    error("wrong number of arguments", 2)
  end
  if low > high then error("bad argument #" .. n .. " to 'random' (interval is empty)", 2) end
  return below(s, number, high - low) + low
end

-- Without an argument Lua's takes the time and an address.
function box.randomseed(seed, second)
  if seed == nil then
    seed, second = box.random(0), box.random(0)
  else
    local bits = type(seed) == "number" and not tointeger(seed) and unpack("i8", pack("d", seed))
    seed = bits or integer(seed, 1, "randomseed")
    second = second == nil and 0 or integer(second, 2, "randomseed")
  end
  box.session.random = seeded(seed, second)
end
