-- Reviews what goes to models, for simulated worlds: of a model called warden it refuses what does not say please, and
-- hides numbers; everybody else's passes.
tools.on_prompt(function(messages, call)
  if not call.model:find("^warden") then return nil end
  local last = messages[#messages]
  if not last.content:find("please", 1, true) then return "the warden hears nothing that does not say please" end
  if not last.content:find("%d") then return nil end
  last.content = last.content:gsub("%d+", "[number]")
  return messages
end)
