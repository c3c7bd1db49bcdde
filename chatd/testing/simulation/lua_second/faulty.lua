-- Another edition of the scripts: most of what the first one defines is gone, its timers with it, and one command is new.
local found, registry = pcall(require, "commands.registry")
if found then
  registry.add {
    name = "second", help = "says which edition of the scripts this is",
    run = function() tools.notify("edition two") end,
  }
end
