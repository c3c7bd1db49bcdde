tools.define {
  name = "count_words", description = "Counts the words of a text.",
  parameters = { type = "object", properties = { text = { type = "string" } }, required = { "text" } },
  run = function(arguments, call)
    local _, count = arguments.text:gsub("%S+", "")
    return count .. " words, " .. call.asker
  end,
}
