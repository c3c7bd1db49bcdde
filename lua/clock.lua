-- Owns times as people read them: of the day and of the calendar, in the time zone that was chosen. The host's times
-- are milliseconds since 1970, UTC.
local settings = require "settings"

local M = {}

local DAY, MINUTE = 86400000, 60000
local COLUMNS = { off = 0, short = 6, long = 17 }  -- with the blank behind
local LEAST = 40                                    -- columns that must be left for the row

local WEEKDAYS = { [0] = "Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday" }
local MONTHS = { "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
                 "November", "December" }

local mode, offset = "off", 0

-- Milliseconds to add to UTC: of "utc", "+01:00".
local function offset_of(zone)
  local sign, hours, minutes = zone:match("^([+-])(%d+):(%d+)$")
  if not sign then return 0 end
  local ms = (tonumber(hours) * 60 + tonumber(minutes)) * MINUTE
  return sign == "-" and -ms or ms
end

-- The number of the day, here, that a time is in.
function M.day(ms) return (ms + offset) // DAY end

-- Year, month and day of the month of a day's number (days since 1970; years begin in March, leap days end them).
local function civil(day)
  local z = day + 719468
  local era = z // 146097
  local of_era = z - era * 146097
  local year = (of_era - of_era // 1460 + of_era // 36524 - of_era // 146096) // 365
  local of_year = of_era - (365 * year + year // 4 - year // 100)
  local m = (5 * of_year + 2) // 153
  local month = m < 10 and m + 3 or m - 9
  return year + era * 400 + (month <= 2 and 1 or 0), month, of_year - (153 * m + 2) // 5 + 1
end

-- "Friday 20 November 2026" of a day's number.
function M.date(day)
  local year, month, of_month = civil(day)
  return WEEKDAYS[day % 7] .. " " .. of_month .. " " .. MONTHS[month] .. " " .. year
end

-- "15:04" of a time.
function M.time(ms)
  local minutes = (ms + offset) // MINUTE % 1440
  return ("%02d:%02d"):format(minutes // 60, minutes % 60)
end

-- "2026-11-20 15:04" of a time.
function M.long(ms) return ("%d-%02d-%02d "):format(civil(M.day(ms))) .. M.time(ms) end

-- How the times of rows are shown on a screen of this width: "off", "short" or "long"; and the columns they take.
function M.column(width)
  local shown = mode
  if shown == "long" and width - COLUMNS.long < LEAST then shown = "short" end
  if shown == "short" and width - COLUMNS.short < LEAST then shown = "off" end
  return shown, COLUMNS[shown]
end

-- When something was, as such a column shows it.
function M.stamp(ms, shown) return shown == "long" and M.long(ms) or M.time(ms) end

-- The same for a line of text: "15:04 ", or nothing when no times are wanted.
function M.prefix(ms) return mode == "off" and "" or M.stamp(ms, mode) .. " " end

settings.watch("time", function(value) mode = value end)
settings.watch("zone", function(value) offset = offset_of(value) end)

return M
