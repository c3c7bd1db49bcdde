-- Owns the number of the epoch: whatever changes how all rows are laid out (a setting, a fold, a hook) begins a new
-- one, and what was laid out in an older one is laid out again when it is next seen.
local M = { number = 1 }

function M.begin()
  M.number = M.number + 1
end

return M
