-- Owns /web: the way from the chat to the same rooms in a browser.
local page = require "page"
local registry = require "commands.registry"

registry.add {
  name = "web", help = "a link that logs your browser in",
  fits = function() return tools.session().web end,
  run = function()
    local result = tools.web_link()
    if not result.success then return result.error or "refused" end
    page.exact {
      "Open this link in a browser. It logs you in there, once, within 10 minutes; show it to nobody:", "", result.url,
    }
  end,
}
