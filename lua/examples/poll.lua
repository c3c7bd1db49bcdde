-- A command and a row of its own: `/poll tea or coffee?` asks everybody, `/vote tea` counts.
-- Copy this file into the directory of `[lua] path`; it is there as soon as it is saved.
local registry = require "commands.registry"

local QUESTION, VOTE = "poll.question", "poll.vote"

registry.add {
  name = "poll", args = "QUESTION", help = "ask everybody: /poll tea or coffee?",
  run = function(rest)
    if rest == "" then return "ask something: /poll tea or coffee?" end
    local result = tools.add_row { content_method = QUESTION, content = rest }
    if not result.success then return result.error end
  end,
}

registry.add {
  name = "vote", args = "CHOICE", help = "vote in the newest poll: /vote tea",
  run = function(rest)
    if rest == "" then return "vote for something: /vote tea" end
    local result = tools.add_row { content_method = VOTE, content = rest:lower() }
    if not result.success then return result.error end
  end,
}
