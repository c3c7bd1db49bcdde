-- Looks into the interface for the tests.
local input = require "input"

-- Tells the editor's text, the part of it before the cursor, and the number of its graphemes.
function probe_input()
  local cells = input.cells()
  tools.report(input.text(), input.before(), #cells)
end

-- From now on every line is refused, but only when some history has been loaded.
function probe_refuse_late()
  function on_line()
    tools.history(1)
    return false
  end
end
