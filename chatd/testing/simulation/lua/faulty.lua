-- Scripts that go wrong, for simulated worlds: commands, a tool and an actor that err, loop, or eat memory.
local ways = {
  err = function() error("it went wrong") end,
  loop = function() while true do end end,
  hide = function() while true do pcall(error, "again") end end,
  eat = function()
    local eaten = {}
    while true do eaten[#eaten + 1] = ("x"):rep(1000) .. #eaten end
  end,
}

local function go_wrong(how) return (ways[how] or ways.err)() end

local found, registry = pcall(require, "commands.registry")
if found then
  for _, how in ipairs { "err", "loop", "hide", "eat" } do
    registry.add { name = how, help = "goes wrong", run = ways[how] }
  end
end

tools.define {
  name = "faulty", description = "Goes wrong.",
  parameters = { type = "object", properties = { how = { type = "string" } } },
  run = function(arguments) return go_wrong(arguments.how) end,
}

tools.actor {
  name = "imp",
  run = function(text, call)
    call.say("well, ")
    if ways[text] then go_wrong(text) end
  end,
}
