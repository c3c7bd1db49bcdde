-- Owns the figures of one's own newest answer: how many tokens it took, how fast it came.
local status = require "later" "status"

local M = {}

local MIN_SPEAKING = 100  -- milliseconds: an answer that came faster has no speed worth telling

local words = ""

-- How long an answer was being spoken, in milliseconds; for ever when that is not known.
local function speaking(meta)
  local first, whole = meta.first_token_ms, meta.duration_ms
  return math.type(first) and math.type(whole) and whole - first or math.huge
end

-- An answer to one's own question has ended.
function M.answered(row)
  local meta, told = row.meta or {}, {}
  told[1] = status.amount("%.0f tokens", meta.completion_tokens)
  if speaking(meta) >= MIN_SPEAKING then told[#told + 1] = status.amount("%.0f tok/s", meta.tokens_per_s) end
  told[#told + 1] = status.first_of(meta.first_token_ms)
  told[#told + 1] = status.amount("%.0f older messages did not fit", meta.left_out)
  words = #told > 0 and row.author .. ": " .. table.concat(told, ", ") or ""
  tools.mark_dirty("status")
end

-- Another question was asked, or we are elsewhere: those figures say nothing any more.
function M.forget() words = "" end

-- The figures as words, "" without any.
function M.words() return words end

return M
