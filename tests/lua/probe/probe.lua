-- Looks into the interface for the tests.
local input = require "input"

-- Tells the editor's text, the part of it before the cursor, and the number of its graphemes.
function probe_input()
  local cells = input.cells()
  tools.report(input.text(), input.before(), #cells)
end

-- Tells whether the menu is open, and how many bytes stand before the word it is about.
function probe_menu()
  local place = require("complete").where(input.before())
  tools.report(require("menu").is_open(), place and place.from or 0)
end

-- From now on every line is refused, but only when some history has been loaded.
function probe_refuse_late()
  function on_line()
    tools.history(1)
    return false
  end
end

-- A command of a script, whose arguments are explained.
function probe_add_command()
  require("commands.registry").add {
    name = "paint", help = "paint something",
    complete = function() return { { name = "red", says = "like a rose" }, { name = "blue", says = "like the sky" } } end,
    run = function() end,
  }
end

-- A page opens over the chat.
function probe_open_page()
  require("page").show("A page", { "words" })
end
