-- Scripts that go wrong, for simulated worlds: commands, a tool and an actor that err, loop, or eat memory.
local ways = {
  err = function() error("it went wrong") end,
  loop = function() while true do end end,
  hide = function() while true do pcall(error, "again") end end,
  eat = function()
    local eaten = {}
    while true do eaten[#eaten + 1] = ("x"):rep(1000) .. #eaten end
  end,
}

local function go_wrong(how) return (ways[how] or ways.err)() end

local found, registry = pcall(require, "commands.registry")
if found then
  for _, how in ipairs { "err", "loop", "hide", "eat" } do
    registry.add { name = how, help = "goes wrong", run = ways[how] }
  end
end

tools.define {
  name = "faulty", description = "Goes wrong.",
  parameters = { type = "object", properties = { how = { type = "string" } } },
  run = function(arguments) return go_wrong(arguments.how) end,
}

tools.actor {
  name = "imp",
  run = function(text, call)
    call.say("well, ")
    if ways[text] then go_wrong(text) end
  end,
}

if found then
  registry.add { name = "edition", help = "which edition of the scripts this is", run = function() tools.notify("edition one") end }
  registry.add {
    name = "timer", help = "says something in two seconds",
    run = function() tools.after(2, function() tools.notify("timer of edition one") end) end,
  }
  registry.add {
    name = "slowly", help = "says something in ten seconds",
    run = function() tools.after(10, function() tools.notify("timer of edition one") end) end,
  }
  registry.add {
    name = "keepnothing", help = "keeps values that are almost nothing",
    run = function()
      for key, value in pairs { no = false, zero = 0, empty = "" } do tools.kv_set("kept." .. key, value) end
    end,
  }
  registry.add {
    name = "keep", help = "keeps a value: /keep KEY VALUE",
    run = function(rest)
      local key, value = rest:match("^(%S+)%s+(.*)$")
      tools.kv_set("kept." .. (key or "none"), value)
      tools.notify("kept " .. tostring(key))
    end,
  }
  registry.add {
    name = "kept", help = "shows what was kept: /kept KEY",
    run = function(rest) tools.notify("kept is " .. tostring(tools.kv_get("kept." .. rest))) end,
  }
end

-- What scripts ask for and cannot have: each is refused with a reason, and nothing else happens.
local many = ("x"):rep(20000)
local odd = {
  a_key_that_is_none = function() tools.kv_get(5) end,
  a_key_that_is_too_long = function() tools.kv_set(("k"):rep(2000), 1) end,
  infinity = function() tools.kv_set("odd", math.huge) end,
  too_many_values = function() for i = 1, 3000 do tools.kv_set("odd" .. i, 1) end end,
  no_number = function() tools.wrap("x", "wide") end,
  no_text = function() tools.wrap({}, 10) end,
  too_much_text = function() tools.wrap(many, 10) end,
  a_time_before_now = function() tools.after(-1, print) end,
  too_often = function() tools.every(0.001, print) end,
  too_many_timers = function() for _ = 1, 20 do tools.after(0.05, function() end) end end,
  no_row = function() tools.add_row(5) end,
  drawing_now = function() tools.put(1, "x") end,
  placing_now = function() tools.cursor(1, 1) end,
  a_height_now = function() tools.height(1) end,
  a_look_that_is_none = function() tools.look(5) end,
  a_look_without_end = function() tools.look { odd = ("x"):rep(70000) } end,
  an_alert_there_is_not = function() tools.alert("loud") end,
  no_number_of_rows = function() tools.history("all") end,
  no_place_in_the_history = function() tools.history { before = "x" } end,
  searching_for_a_number = function() tools.search(5) end,
  a_row_there_is_not = function() tools.text("nowhere") end,
  the_servers_own_row = function() error(tools.add_row { content_method = "tool.call", content = "x" }.error) end,
  a_method_without_end = function() error(tools.add_row { content_method = ("m"):rep(500), content = "x" }.error) end,
  somebody_elses_row = function() error(tools.add_row { content_method = "message.user", author = "zz", content = "x" }.error) end,
}

-- Where nobody's things are drawn nothing waits, and no row is at hand but what is drawn.
pcall(tools.call, "clock")
pcall(tools.lines, "nowhere", 10)

-- In the server's own runtime these are refused; in a session's they do nothing.
pcall(tools.define, { name = "no name!", description = "x", run = function() end })
pcall(tools.define, { name = "wordless", description = "", run = function() end })
pcall(tools.define, { name = "shapeless", description = "x", parameters = 5, run = function() end })
pcall(tools.actor, { name = "no name!", run = function() end })
pcall(tools.actor, { name = "echo", run = function() end })
if not found or tools.session == nil then pcall(tools.put, 1, "x") end
pcall(function() if not tools.session().name then tools.put(1, "x") end end)

if found then
  registry.add {
    name = "odd", help = "asks for what cannot be had",
    run = function()
      local refused, taken = 0, {}
      for what, ask in pairs(odd) do
        local ok = pcall(ask)
        if ok then taken[#taken + 1] = what else refused = refused + 1 end
      end
      table.sort(taken)
      tools.notify("refused " .. refused .. ", taken: " .. (table.concat(taken, " ")) .. ".")
    end,
  }
end

-- What a session is told of rows: each begins once, ends once, within moments of its end, and then changes no more.
if found then
  local LATE = 4    -- ticks for which a row may have ended, or begun, and nobody was told
  local open, ended = {}, {}
  local newest, late = nil, 0    -- the last row we were told of, and for how many ticks there has been another one

  local function wrong(what, row) error("told wrongly: " .. what .. " " .. row.id .. ", " .. row.status) end

  tools.on_room(function(room)
    open, ended = {}, {}
    newest, late = room.rows, 0
  end)

  tools.on_row_added(function(_, row)
    if newest then  -- in the server's own runtime rows are those of all rooms
      if row.seq > newest + 1 then wrong("left out, after " .. newest, row) end
      newest, late = math.max(newest, row.seq), 0
    end
    if open[row.id] or ended[row.id] then wrong("added twice", row) end
    open[row.id] = 0
  end)

  tools.on_row_changed(function(_, row)
    if ended[row.id] then wrong("changed after its end", row) end
  end)

  tools.on_row_done(function(_, row)
    if ended[row.id] then wrong("ended twice", row) end
    if row.status == "open" then wrong("ended and open", row) end
    open[row.id], ended[row.id] = nil, true
  end)

  tools.on_tick(function()
    late = newest and tools.room().rows > newest and late + 1 or 0
    if late > LATE then wrong("never begun", { id = "after " .. newest, status = "not told" }) end
    if not next(open) then return end
    for _, row in ipairs(tools.history(8)) do
      if open[row.id] and row.status ~= "open" then
        open[row.id] = open[row.id] + 1
        if open[row.id] > LATE then wrong("never ended", row) end
      end
    end
  end)
end
