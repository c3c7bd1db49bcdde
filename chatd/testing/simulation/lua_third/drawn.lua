-- Hooks on rows that are run once for all, for simulated worlds: nothing is drawn in anybody's own runtime.
tools.on_row(function(row)
  local words = row.content:match("^once (.*)$")
  return words and { content = words .. " for all, again" } or true
end, { shared = true })
