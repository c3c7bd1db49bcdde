"""Rows in the server's own runtime: the same scripts hear of every room, once for all, also while nobody is here."""

from __future__ import annotations

from chatd.tasks.chat.say import say
from chatd.testing import World
from tests.tasks.scripted import call, in_script

HEARD = """
heard = {}
local function hear(what)
  return function(_, row, delta) heard[#heard + 1] = what .. " " .. row.author .. ": " .. (delta or row.content) end
end
on_row_added, on_row_changed, on_row_done = hear "added", hear "grew", hear "done"
tools.on_row_added(on_row_added)
tools.on_row_changed(on_row_changed)
tools.on_row_done(on_row_done)
tools.define { name = "heard", description = "what was heard", parameters = {type = "object"}, run = function()
  local said = table.concat(heard, "|")
  heard = {}
  return said
end }
"""


async def heard(world: World) -> list[str]:
    said = (await call(world, "heard")).content
    return said.split("|") if said != "(no output)" else []


@in_script(mine=HEARD)
async def test_rows_of_every_room_are_heard_once(world: World) -> None:
    await world.command("bob", "say hello")
    assert await heard(world) == ["added bob: hello", "done bob: hello"]
    await world.hub.open_room("den", world.visitor("bob"), make=True)
    await world.command("bob", "say --room den there")
    assert await heard(world) == ["added bob: there", "done bob: there"]
    assert await heard(world) == []


@in_script(mine=HEARD)
async def test_an_answer_is_heard_as_it_grows(world: World) -> None:
    world.model("bot").says("one ").pauses(1).says("two").ends()
    await world.command("bob", "ask --room lobby @bot hi")
    told = await heard(world)
    assert told[:2] == ["added bob: @bot hi", "done bob: @bot hi"]
    assert told[2].startswith("added bot: ") and told[-1] == "done bot: one two"
    assert "grew bot: two" in told


@in_script(mine=HEARD, broken="tools.on_row_done(function() error('no') end)")
async def test_one_that_fails_costs_the_others_nothing(world: World) -> None:
    for text in ("a", "b"):
        await world.command("bob", f"say {text}")
    assert await heard(world) == ["added bob: a", "done bob: a", "added bob: b", "done bob: b"]


@in_script(
    late="""
    tools.define { name = "listen", description = "hears from now on", run = function()
      tools.on_row_done(function(_, row) last = row.content end)
    end }
    tools.define { name = "last", description = "what was heard last", run = function() return last end }
"""
)
async def test_who_registers_later_hears_from_then_on(world: World) -> None:
    await world.command("bob", "say before")
    await call(world, "listen")
    assert (await call(world, "last")).content == "(no output)"
    await world.command("bob", "say after")
    assert (await call(world, "last")).content == "after"


WAITS = (
    HEARD
    + """
tools.on_row_done(function(_, row)
  if row.content == "bad" then error("cannot bear it", 0) end
  if row.content == "wait" then tools.call("heard", {}) heard[#heard + 1] = "waited" end
end)
"""
)


@in_script(mine=WAITS)
async def test_rows_that_come_together_are_heard_in_batches(world: World) -> None:
    """One that waits goes on behind them, one that fails is logged."""
    for text in ("wait", "bad", *map(str, range(100)), "bad"):
        say(world.hub, world.visitor("bob"), world.hub.lobby.get("lobby", ""), text)
    await world.settle()
    assert (await heard(world))[-1] == "waited"
    assert world.script_errors == ["the server's script: on_row_done: cannot bear it"]


@in_script(mine=HEARD)
async def test_many_rows_at_once_keep_no_tool_out(world: World) -> None:
    alice = await world.join("alice")
    alice.types("".join(f"line {i}\r" for i in range(200)))
    await world.settle()
    assert len(await heard(world)) == 400
