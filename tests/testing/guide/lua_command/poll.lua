local registry = require "commands.registry"

registry.add {
  name = "poll", args = "QUESTION", help = "ask everybody: /poll tea or coffee?",
  run = function(rest)
    if rest == "" then return "ask something: /poll tea or coffee?" end
    local result = tools.say("POLL: " .. rest)
    if not result.success then return result.error end
  end,
}
