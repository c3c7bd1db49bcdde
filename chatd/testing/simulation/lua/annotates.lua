-- Annotates every answer, for simulated worlds: with its size in bytes, while it grows and when it is whole. What cannot
-- be is refused.
local function annotate(_, row)
  if row.content_method:find("^message%.model") then tools.set_meta(row.id, "bytes", row.length) end
end

tools.on_row_added(annotate)
tools.on_row_changed(annotate)
tools.on_row_done(function(buffer, row)
  annotate(buffer, row)
  local deep = { { { { { 1 } } } } }
  for key, value in pairs { ["no key"] = 1, deep = deep, infinite = math.huge, long = ("x"):rep(2000) } do
    if tools.set_meta(row.id, key, value).success then error(key .. " was taken") end
  end
  if tools.set_meta("nowhere", "key", 1).success then error("a row there is not was annotated") end
end)
