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

if found then
  registry.add { name = "edition", help = "which edition of the scripts this is", run = function() tools.notify("edition one") end }
  registry.add {
    name = "timer", help = "says something in two seconds",
    run = function() tools.after(2, function() tools.notify("timer of edition one") end) end,
  }
  registry.add {
    name = "keep", help = "keeps a value: /keep KEY VALUE",
    run = function(rest)
      local key, value = rest:match("^(%S+)%s+(.*)$")
      tools.kv_set("kept." .. (key or "none"), value)
      tools.notify("kept " .. tostring(key))
    end,
  }
  registry.add {
    name = "kept", help = "shows what was kept: /kept KEY",
    run = function(rest) tools.notify("kept is " .. tostring(tools.kv_get("kept." .. rest))) end,
  }
end
