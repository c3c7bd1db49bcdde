-- Owns the backtracking of pattern matching, in Lua itself: what Lua's lstrlib.c does, for texts and patterns that could
-- keep the C one busy for long. Every step is an instruction, so the budget of the callback counts it. A pattern becomes
-- a list of items first; malformed ones are noticed then, where C would notice some of them only on the way.
local charge = ...
local byte, sub, find, gmatch, char, upper = string.byte, string.sub, string.find, string.gmatch, string.char, string.upper
local error = error

local MAX_CAPTURES, MAX_DEPTH, MAX_KNOWN = 32, 200, 32
local OPEN, POSITION = -1, -2  -- lengths of a capture that is not closed, and of `()`
-- Kinds of items: a set of bytes with its repetition, the others as in the manual.
local ONCE, STAR, PLUS, LEAST, MAYBE, BEGIN, PLACE, FINISH, BALANCE, FRONTIER, BACK, AT_END, ACCEPT =
  1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13
local SUFFIX = { [42] = STAR, [43] = PLUS, [45] = LEAST, [63] = MAYBE }  -- * + - ?
local PERCENT, LBRACKET, RBRACKET, CARET, DOLLAR, DOT, LPAREN, RPAREN, MINUS = 37, 91, 93, 94, 36, 46, 40, 41, 45
local LOWER_B, LOWER_F = 98, 102

-- ---- patterns to items -----------------------------------------------------------------------------------------
local function fail(why) error("malformed pattern (" .. why .. ")", 0) end

-- Sets are tables byte -> true. The classes come from C itself.
local any, classes, singles = {}, {}, {}
for c = 0, 255 do any[c], singles[c] = true, { [c] = true } end
for name in gmatch("acdglpsuwx", ".") do
  local inside, outside = {}, {}
  for c = 0, 255 do
    local set = find(char(c), "^%" .. name) and inside or outside
    set[c] = true
  end
  classes[byte(name)], classes[byte(upper(name))] = inside, outside
end

local function include(set, other)
  for c in next, other do set[c] = true end
end

-- The set whose '[' is at p, and the index after its ']'.
local function bracket(pattern, p)
  local set, complement = {}, byte(pattern, p + 1) == CARET
  if complement then p = p + 1 end
  local last = p + 1  -- the first byte belongs to the set, also when it is a ']'
  repeat
    local c = byte(pattern, last)
    if not c then fail("missing ']'") end
    last = last + (c == PERCENT and 2 or 1)
  until byte(pattern, last) == RBRACKET
  p = p + 1
  while p < last do
    local c, after = byte(pattern, p, p + 1)
    if c == PERCENT then
      include(set, classes[after] or singles[after])
      p = p + 2
    elseif after == MINUS and p + 2 < last then
      for d = c, byte(pattern, p + 2) do set[d] = true end
      p = p + 3
    else
      set[c] = true
      p = p + 1
    end
  end
  if not complement then return set, last + 1 end
  local rest = {}
  for c = 0, 255 do rest[c] = not set[c] or nil end
  return rest, last + 1
end

-- The set that the single-byte class at p stands for, and the index after it.
local function single(pattern, p)
  local c = byte(pattern, p)
  if c == DOT then return any, p + 1 end
  if c == LBRACKET then return bracket(pattern, p) end
  if c ~= PERCENT then return singles[c], p + 1 end
  local class = byte(pattern, p + 1)
  if not class then fail("ends with '%'") end
  return classes[class] or singles[class], p + 2
end

-- One item: its kind, what belongs to it, and the index after it.
local function item(pattern, p)
  local c, d = byte(pattern, p, p + 1)
  if c == LPAREN then
    if d == RPAREN then return PLACE, nil, p + 2 end
    return BEGIN, nil, p + 1
  elseif c == RPAREN then
    return FINISH, nil, p + 1
  elseif c == DOLLAR and p == #pattern then
    return AT_END, nil, p + 1
  elseif c == PERCENT and d == LOWER_B then
    if p + 3 > #pattern then fail("missing arguments to '%b'") end
    return BALANCE, { byte(pattern, p + 2, p + 3) }, p + 4
  elseif c == PERCENT and d == LOWER_F then
    if byte(pattern, p + 2) ~= LBRACKET then fail("missing '[' after '%f'") end
    local set, after = bracket(pattern, p + 2)
    return FRONTIER, set, after
  elseif c == PERCENT and d and d >= 48 and d <= 57 then
    return BACK, d - 48, p + 2
  end
  local set, after = single(pattern, p)
  local suffix = SUFFIX[byte(pattern, after)]
  if suffix then return suffix, set, after + 1 end
  return ONCE, set, after
end

local known, count = {}, 0
local function compile(pattern, p)
  local items = known[p .. pattern]
  if items then return items end
  if count >= MAX_KNOWN then known, count = {}, 0 end
  local kinds, values, n = {}, {}, 0
  items, count = { kinds = kinds, values = values }, count + 1
  known[p .. pattern] = items
  while p <= #pattern do
    n = n + 1
    kinds[n], values[n], p = item(pattern, p)
  end
  kinds[n + 1] = ACCEPT
  return items
end

-- ---- items against a text --------------------------------------------------------------------------------------
local run

-- The set of bytes that must come next for the item at i to match, nil when that cannot be told so simply.
local function needed(m, i)
  local kind = m.kinds[i]
  return (kind == ONCE or kind == PLUS) and m.values[i] or nil
end

local function most(m, s, i, least)
  local text, set, e = m.text, m.values[i], s
  while set[byte(text, e)] do e = e + 1 end
  local next_kind, first = m.kinds[i + 1], needed(m, i + 1)
  if next_kind == ACCEPT or next_kind == AT_END then
    return e >= least and (next_kind == ACCEPT or e == m.after) and e or nil
  end
  while e >= least do
    if not first or first[byte(text, e)] then
      local r = run(m, e, i + 1)
      if r then return r end
    end
    e = e - 1
  end
end

local function fewest(m, s, i)
  local text, set, first = m.text, m.values[i], needed(m, i + 1)
  while true do
    if not first or first[byte(text, s)] then
      local r = run(m, s, i + 1)
      if r then return r end
    end
    if not set[byte(text, s)] then return nil end
    s = s + 1
  end
end

local function balance(m, s, pair)
  local opening, closing, depth = pair[1], pair[2], 1
  if byte(m.text, s) ~= opening then return nil end
  for i = s + 1, m.after - 1 do
    local c = byte(m.text, i)
    if c == closing then
      depth = depth - 1
      if depth == 0 then return i + 1 end
    elseif c == opening then
      depth = depth + 1
    end
  end
end

local function begin(m, s, length)
  if m.level >= MAX_CAPTURES then error("too many captures", 0) end
  m.level = m.level + 1
  m.starts[m.level], m.lengths[m.level] = s, length
end

local function to_finish(m)
  local l = m.level
  while l > 0 and m.lengths[l] ~= OPEN do l = l - 1 end
  if l == 0 then error("invalid pattern capture", 0) end
  return l
end

local function back_reference(m, s, l)
  if l < 1 or l > m.level or m.lengths[l] == OPEN then error("invalid capture index %" .. l, 0) end
  local length = m.lengths[l]
  if length < 0 or m.after - s < length then return nil end  -- a position never matches again
  charge(length / 20000)
  if sub(m.text, m.starts[l], m.starts[l] + length - 1) == sub(m.text, s, s + length - 1) then return s + length end
end

-- An item that neither repeats nor captures: the index after what it matches at s, or nil.
local function simple(m, s, kind, value)
  if kind == BALANCE then return balance(m, s, value) end
  if kind == BACK then return back_reference(m, s, value) end
  if kind == AT_END then return s == m.after and s or nil end
  local before, here = s == 1 and 0 or byte(m.text, s - 1), byte(m.text, s) or 0
  return not value[before] and value[here] and s or nil
end

-- The index after the match of the items from i on at s, or nil; then the captures are as they were.
run = function(m, s, i)
  local kinds, values, text, level, closed = m.kinds, m.values, m.text, m.level, nil
  m.depth = m.depth - 1
  if m.depth == 0 then error("pattern too complex", 0) end
  local e
  while true do
    local kind = kinds[i]
    if kind == ONCE then
      if not values[i][byte(text, s)] then break end
      s = s + 1
    elseif kind == ACCEPT then
      e = s
      break
    elseif kind == STAR or kind == PLUS then
      e = most(m, s, i, kind == STAR and s or s + 1)
      break
    elseif kind == LEAST then
      e = fewest(m, s, i)
      break
    elseif kind == MAYBE then
      e = values[i][byte(text, s)] and run(m, s + 1, i + 1)
      if e then break end
    elseif kind == BEGIN or kind == PLACE then
      begin(m, s, kind == BEGIN and OPEN or POSITION)
    elseif kind == FINISH then
      local l = to_finish(m)
      m.lengths[l] = s - m.starts[l]
      if closed then  -- each call can undo one
        e = run(m, s, i + 1)
        if not e then m.lengths[l] = OPEN end
        break
      end
      closed = l
    else
      s = simple(m, s, kind, values[i])
      if not s then break end
    end
    i = i + 1
  end
  m.depth = m.depth + 1
  if e then return e end
  m.level = level
  if closed then m.lengths[closed] = OPEN end
end

-- ---- for `matcher` ---------------------------------------------------------------------------------------------
-- A text and a pattern from its index p on; `attempt` says where a match that begins at s ends, if there is one.
local function state(text, pattern, p)
  local items = compile(pattern, p)
  return { text = text, after = #text + 1, kinds = items.kinds, values = items.values, starts = {}, lengths = {} }
end

local function attempt(m, s)
  m.level, m.depth = 0, MAX_DEPTH
  return run(m, s, 1)
end

-- Capture i of the last match, which went from s to before e; the whole match stands for the first when there is none.
local function capture(m, i, s, e)
  if i > m.level then
    if i ~= 1 then error("invalid capture index %" .. i, 0) end
    return sub(m.text, s, e - 1)
  end
  local length = m.lengths[i]
  if length == OPEN then error("unfinished capture", 0) end
  if length == POSITION then return m.starts[i] end
  return sub(m.text, m.starts[i], m.starts[i] + length - 1)
end

return { state = state, attempt = attempt, capture = capture }
