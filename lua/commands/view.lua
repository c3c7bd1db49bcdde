-- Owns the commands about one's own screen and session.
local chat = require "chat"
local here = require "here"
local page = require "page"
local registry = require "commands.registry"
local text = require "text"

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

local SHOWN = {
  { "uptime_s", "up", "%.0f s" }, { "sessions", "sessions", "%.0f" }, { "rooms", "rooms", "%.0f" }, { "rows", "rows", "%.0f" },
  { "streams", "answers running", "%.0f" }, { "queued", "questions waiting", "%.0f" }, { "tokens", "tokens", "%.0f" },
  { "tokens_per_s", "tokens a second", "%.1f" }, { "first_token_ms_p50", "first token, half of them", "%.0f ms" },
  { "cancelled", "cancelled", "%.0f" }, { "failed", "failed", "%.0f" },
  { "commit_ms_p99", "on disk, 99 of 100", "%.1f ms" }, { "loop_lag_ms_p99", "late, 99 of 100", "%.1f ms" },
  { "memory_mb", "memory", "%.0f MB" },
}

registry.add {
  name = "stats", help = "what the server is doing",
  run = function()
    local stats, lines = tools.stats(), {}
    for _, shown in ipairs(SHOWN) do
      local value = stats[shown[1]]
      if value then lines[#lines + 1] = text.fit(shown[2], 28) .. " " .. shown[3]:format(value) end
    end
    page.show("Statistics", lines, 29)
  end,
}
