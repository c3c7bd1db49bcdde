-- Hooks on rows, for simulated worlds: from this edition on rows are drawn in each person's own runtime. What is said as
-- `whose …` is shown to each with their name, what is said as `once …` to all alike, and `/turn` turns what hooks show.
local found, registry = pcall(require, "commands.registry")
local turned = false

tools.on_row(function(row)
  local words = row.content:match("^whose (.*)$")
  if not words then return row end
  return { content = words .. " of " .. tools.session().name .. (turned and ", turned" or "") }
end)

tools.on_row(function(row)
  local words = row.content:match("^once (.*)$")
  return words and { content = words .. " for all" } or true
end, { shared = true })

if found then
  registry.add {
    name = "turn", help = "turns what hooks on rows show",
    run = function()
      turned = not turned
      tools.mark_dirty("chat")
    end,
  }
end
