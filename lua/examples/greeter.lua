-- A bot that answers to its name: `@greeter hello`. It runs once, in the server's own runtime, for everybody.
local GREETINGS = { "Hello", "Good to see you", "Welcome" }

local count = 0

tools.actor {
  name = "greeter",
  run = function(text, call)
    count = count + 1
    call.say(GREETINGS[count % #GREETINGS + 1] .. ", " .. call.asker .. ". ")
    if text:lower():find("time", 1, true) then
      local clock = tools.call("clock", {})
      call.say(clock.success and "It is " .. clock.result or "I have no clock.")
    else
      call.say("You said: " .. text)
    end
  end,
}
