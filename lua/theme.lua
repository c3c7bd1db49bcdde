-- Owns how things look: style strings (attributes and colours), and the few marks that tell things apart without colour.
-- The fields of this table are those of the theme in use; `use` changes them all.
local M = {
  -- the mark stands before the name in the author column
  marks = { own = ">", other = " ", model = "@", system = "*", tool = "|" },
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

-- Attributes alone, for terminals and people without colours: every theme is these, and what it has of its own.
local none = {
  own = "bold", other = "", model = "bold", system = "dim", tool = "dim",  -- names in the author column
  text = "", system_text = "dim", tool_text = "dim", thought = "dim italic", action = "italic",
  time = "dim", date = "dim", unread = "bold", fold = "dim", found = "reverse",
  highlight = "bold reverse", state = "bold", indicator = "bold",
  notes = { info = "dim", warn = "bold", error = "bold reverse" },  -- lines in the chat for this person alone
  status = "reverse", status_room = "reverse bold", status_new = "reverse bold",
  notice = { info = "reverse", warn = "bold reverse", error = "bold reverse" },
  prompt = "dim", input = "", menu = "reverse", menu_chosen = "bold underline",
  title = "bold reverse", heading = "bold", footer = "dim",
  markdown = {
    heading = "bold underline", strong = "bold", emphasis = "italic", strikethrough = "strike", code = "bold",
    link = "underline", ["link.url"] = "dim", quote = "dim", ["list.marker"] = "bold", rule = "dim",
    ["table.border"] = "dim", ["table.header"] = "bold", ["code.block"] = "", ["code.comment"] = "dim italic", ["code.keyword"] = "bold",
  },
}

local function with(base, changes)
  local theme = {}
  for key, value in pairs(base) do theme[key] = value end
  for key, value in pairs(changes) do
    local nested = type(value) == "table" and type(base[key]) == "table"
    theme[key] = nested and with(base[key], value) or value
  end
  return theme
end

-- A theme of what another one has and of changes: put together when it is first in use, as most never are.
local function made(base, changes)
  local whole
  return function()
    whole = whole or with(base(), changes)
    return whole
  end
end

local function plain() return none end

-- The sixteen colours that every terminal has, and that its user has chosen: they suit any background.
local ansi = made(plain, {
  other = "fg:cyan", model = "fg:green",
  state = "bold fg:yellow", unread = "bold fg:red",
  notes = { warn = "fg:yellow", error = "bold fg:red" },
  notice = { warn = "bold reverse fg:yellow", error = "bold reverse fg:red" },
  markdown = {
    heading = "bold fg:cyan", code = "fg:yellow", link = "underline fg:blue", ["list.marker"] = "fg:cyan",
    ["code.keyword"] = "fg:magenta", ["code.string"] = "fg:green", ["code.number"] = "fg:cyan",
    ["code.comment"] = "dim", ["code.name.function"] = "fg:blue", ["code.name.class"] = "bold fg:blue",
    ["code.builtin"] = "fg:cyan", ["code.operator"] = "fg:yellow", ["code.error"] = "fg:red",
  },
})

local themes = {
  none = plain,
  ansi = ansi,
  dark = made(ansi, {
    status = "bg:238 fg:252", status_room = "bg:238 fg:231 bold", status_new = "bg:238 fg:220 bold",
    menu = "bg:238 fg:252", menu_chosen = "bg:24 fg:231 bold", quote = "fg:246",
    markdown = {
      heading = "bold fg:117", code = "fg:222", link = "underline fg:111", ["list.marker"] = "fg:117",
      ["code.keyword"] = "fg:176", ["code.string"] = "fg:150", ["code.number"] = "fg:180", ["code.comment"] = "fg:245",
      ["code.name.function"] = "fg:111", ["code.name.class"] = "bold fg:111", ["code.builtin"] = "fg:80",
      ["code.operator"] = "fg:250", ["code.error"] = "fg:203",
    },
  }),
  light = made(ansi, {
    other = "fg:25", model = "fg:28", state = "bold fg:130",
    notes = { warn = "fg:130", error = "bold fg:160" },
    status = "bg:253 fg:236", status_room = "bg:253 fg:232 bold", status_new = "bg:253 fg:160 bold",
    notice = { warn = "bold bg:130 fg:231", error = "bold bg:160 fg:231" },
    menu = "bg:253 fg:236", menu_chosen = "bg:25 fg:231 bold",
    markdown = {
      heading = "bold fg:25", code = "fg:94", link = "underline fg:25", ["list.marker"] = "fg:25",
      ["code.keyword"] = "fg:90", ["code.string"] = "fg:28", ["code.number"] = "fg:94", ["code.comment"] = "fg:243",
      ["code.name.function"] = "fg:25", ["code.name.class"] = "bold fg:25", ["code.builtin"] = "fg:30",
      ["code.operator"] = "fg:240", ["code.error"] = "fg:160",
    },
  }),
}

local known = {}  -- class -> style, of the theme in use

-- Changes to the theme of that name: dark, light, ansi (sixteen colours) or none. False when there is no such theme.
function M.use(name)
  local theme = themes[name]
  if not theme then return false end
  for key, value in pairs(theme()) do M[key] = value end
  known = {}
  return true
end

-- A theme of one's own: what it does not say is as in the theme `base`.
function M.define(name, base, changes)
  themes[name] = made(themes[base] or error("there is no theme " .. tostring(base), 2), changes)
end

function M.names()
  local names = {}
  for name in pairs(themes) do names[#names + 1] = name end
  table.sort(names)
  return names
end

-- The style of one class, else of what it is a kind of: "heading" for "heading2", "code.block" for "code.operator".
local function style_of_one(class)
  local style = M.markdown[class]
  if style then return style end
  if class:find("^code%.") then return M.markdown["code.block"] or "" end
  local general = class:match("^(.*)%.") or class:match("^(%a+)%d$")
  return general and style_of_one(general) or ""
end

-- The style of what Markdown calls a piece of text: "strong", "code.keyword", or several of them in a row.
function M.class(class)
  if class == "" then return M.text end
  local style = known[class]
  if not style then
    local parts = {}
    for one in class:gmatch("%S+") do parts[#parts + 1] = style_of_one(one) end
    style = table.concat(parts, " ")
    known[class] = style
  end
  return style
end

M.use("ansi")

return M
