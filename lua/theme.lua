-- Owns how things look: style strings (attributes and colours), and the few marks that tell things apart without colour.
return {
  -- the author column; the mark stands before the name
  own = "bold",
  other = "fg:cyan",
  model = "fg:green",
  system = "dim",
  tool = "dim",
  marks = { own = ">", other = " ", model = "@", system = "*", tool = "|" },

  -- texts
  text = "",
  system_text = "dim",
  tool_text = "dim",
  thought = "dim italic",
  action = "italic",
  highlight = "bold reverse",
  state = "bold fg:yellow",
  indicator = "bold",
  notes = { info = "dim", warn = "fg:yellow", error = "bold fg:red" },

  -- the lines at the bottom
  status = "reverse",
  status_room = "reverse bold",
  status_new = "reverse bold",
  notice = { info = "reverse", warn = "bold reverse fg:yellow", error = "bold reverse fg:red" },
  prompt = "dim",
  input = "",

  -- pages
  title = "bold reverse",
  heading = "bold",
  footer = "dim",

  -- what moves while an answer is being written, one per quarter of a second
  frames = { "⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏" },
  state_marks = {
    length = "[length]",
    cancelled = "[cancelled]",
    truncated = "[cut]",
    failed = "[failed]",
    interrupted = "[interrupted]",
  },
}
