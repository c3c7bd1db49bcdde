local registry = require "commands.registry"

registry.add {
  name = "motto", args = "[TEXT]", help = "your motto: /motto slow and steady",
  run = function(text)
    if text ~= "" then tools.kv_set("motto", text) end
    return "your motto: " .. (tools.kv_get("motto") or "none yet")
  end,
}
