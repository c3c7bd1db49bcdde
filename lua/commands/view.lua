-- Owns the commands about one's own screen and session.
local chat = require "chat"
local here = require "here"
local registry = require "commands.registry"

registry.add {
  name = "clear", help = "clear the screen; PgUp brings it back",
  run = function()
    if here.is_screen() then chat.clear() end
  end,
}

registry.add {
  name = "quit", help = "leave the server",
  run = function() tools.quit() end,
}
