-- A third edition of the scripts: one command of its own.
local found, registry = pcall(require, "commands.registry")
if found then
  registry.add {
    name = "third", help = "says which edition of the scripts this is",
    run = function() tools.notify("edition three") end,
  }
end
