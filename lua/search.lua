-- Owns searching in all that was said in the room: the hits, newest first, and going through them. It lasts until Esc,
-- or until something is typed.
local chat = require "chat"
local here = require "here"
local notice = require "notice"
local page = require "page"
local text = require "text"

local M = {}

local PAGE = 20          -- hits the host finds at once
local MAX_HITS = 1000    -- that are remembered
local MAX_STEPS = 16     -- of one run of n's
local MAX_TERMS = 8      -- that are made to stand out

local found              -- {words, terms, hits, at, place, places, whole, room}: hits are {id, seq}, `whole` without more

-- What a search looks for, for the eye: words and "phrases" in lower case, without who said them.
local function terms_of(words)
  local terms = {}
  local rest = words:lower():gsub('from:"[^"]*"', " "):gsub("from:%S*", " "):gsub('"([^"]*)"?', function(phrase)
    if text.trim(phrase) ~= "" then terms[#terms + 1] = text.trim(phrase) end
    return " "
  end)
  for word in rest:gmatch("[^%s%p]+") do terms[#terms + 1] = word end
  return table.move(terms, 1, math.min(#terms, MAX_TERMS), 1, {})
end

function M.is_on() return found ~= nil and found.room == chat.room() end

-- Ends it. Returns whether there was a search.
function M.stop()
  if not found then return false end
  found = nil
  chat.search {}
  return true
end

-- Adds a page of hits to a search.
local function add(search, list)
  for _, row in ipairs(list) do search.hits[#search.hits + 1] = { id = row.id, seq = row.seq } end
  search.whole = #list < PAGE or #search.hits >= MAX_HITS
end

-- Shows where the search stands, at the `place`-th place of the row. This may wait.
local function show(place)
  local mine, hit = found, found.hits[found.at]
  chat.search(mine.terms, hit.id)
  mine.busy = true
  local shown, places = chat.show(hit.seq, place)
  mine.busy = false
  if mine ~= found then return end
  if not shown then return notice.show("it could not be loaded", "error") end
  found.place, found.places = shown, places
  local count = #found.hits .. (found.whole and "" or "+")
  if places > 1 then count = count .. ", place " .. shown .. " of " .. places end
  notice.show(found.at .. " of " .. count .. " for " .. found.words .. "; n: older, N: newer, Esc ends")
end

-- A page of hits, or {error=}.
local function ask(words, before)
  local ok, result = pcall(tools.search, words, before)
  return ok and result or { error = tostring(result) }
end

-- In line mode: the hits as lines, oldest first.
local function list(hits)
  local lines = {}
  for i = #hits, 1, -1 do lines[#lines + 1] = hits[i].author .. ": " .. (hits[i].snippet:gsub("%s+", " ")) end
  page.show("", lines)
end

-- Looks for words. Returns nil, or why there is nothing to be seen.
function M.start(words)
  local room = chat.room()
  local hits = ask(words)
  if hits.error then return hits.error end
  if #hits == 0 then return "nothing was said with " .. words end
  if not here.is_screen() then return list(hits) end
  if room ~= chat.room() then return end  -- we are elsewhere by now
  found = { words = words, terms = terms_of(words), hits = {}, at = 1, room = room }
  chat.when_elsewhere(M.stop)
  add(found, hits)
  show(1)
end

-- Puts what was said meanwhile before the newest hit. Returns how many hits that is. This may wait.
local function look_again(search)
  search.busy = true
  local newest = ask(search.words)
  search.busy = false
  if newest.error then return 0 end
  local new = {}
  for _, row in ipairs(newest) do
    if row.seq > search.hits[1].seq then new[#new + 1] = { id = row.id, seq = row.seq } end
  end
  local count = #new
  search.hits = table.move(search.hits, 1, #search.hits, count + 1, new)
  return count
end

-- Goes on to the next place of the row, then to the next older hit (1), or back and to the next newer one (-1).
function M.go(by)
  local mine = found
  if mine.busy then return end  -- it waits for the disk
  local place = (mine.place or 1) + by
  if place >= 1 and place <= (mine.places or 1) then return show(place) end
  if by < 0 and mine.at == 1 then
    mine.at = mine.at + look_again(mine)
    if mine ~= found then return end
  end
  local at = mine.at + by
  if at > #mine.hits and not mine.whole then
    mine.busy = true
    local more = ask(mine.words, mine.hits[#mine.hits].id)
    mine.busy = false
    if mine ~= found then return end
    if more.error then return notice.show(more.error, "error") end
    add(mine, more)
  end
  if at < 1 or at > #mine.hits then return notice.show(at < 1 and "this is the newest" or "there is nothing older") end
  mine.at = at
  show(by > 0 and 1 or -1)
end

-- A key was pressed on an empty line, `typed` is its text if it is one. Returns whether it was for the search; any other
-- text ends it.
function M.key(name, typed)
  if not M.is_on() then return false end
  if typed and #typed <= MAX_STEPS and typed:find("^[nN]+$") then
    for step in typed:gmatch(".") do
      if M.is_on() then M.go(step == "n" and 1 or -1) end
    end
    return true
  end
  if name == "Esc" then return M.stop() end
  if typed or name == "Paste" then M.stop() end
  return false
end

return M
