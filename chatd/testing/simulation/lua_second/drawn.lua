-- Hooks on rows, for simulated worlds: from this edition on rows are drawn in each person's own runtime.
tools.on_row(function(row) return row end)
tools.on_row(function() return true end, { shared = true })
