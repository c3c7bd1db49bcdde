"""What a session's script is told of rows comes in batches, and is as if each callback had been called alone: effects
and errors in their order, an allowance for each, and those that wait hold up nobody."""

from __future__ import annotations

from pathlib import Path

import pytest
import trio

from chatd.adapters.lua.runtime import Runtime
from chatd.core.tool import ToolSpec
from chatd.ports import MAX_CALLS, Arguments, Call, Ended, SimpleTool, ToolContext
from chatd.tasks.chat.say import say
from chatd.testing import World
from tests.tasks.scripted import in_script

HEARS = "if tools.session().kind == 'server' then return end\n"
"""Only a session's script goes on from here."""


def said(world: World, *texts: str) -> None:
    """Carl says all of these at once."""
    for text in texts:
        say(world.hub, world.visitor("carl"), world.hub.lobby.get("lobby", ""), text)


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many callbacks were run in each entry, one after the other, whoever's runtime it was."""
    found: list[int] = []
    real = Runtime.call_each

    def counted(runtime: Runtime, calls: list[Call], ended: Ended) -> int:
        found.append(real(runtime, calls, ended))
        return found[-1]

    monkeypatch.setattr(Runtime, "call_each", counted)
    return found


COUNTS = (
    HEARS
    + """
n = 0
tools.on_row_done(function(_, row)
  n = n + 1
  assert(row.content == "line " .. n)
  if n == 100 then tools.notify("all in order") end
end)
"""
)


def test_rows_that_come_together_are_told_in_batches(batches: list[int], tmp_path: Path) -> None:
    @in_script(mine=COUNTS)
    async def conversation(world: World) -> None:
        alice = await world.lines("alice")
        said(world, *(f"line {n}" for n in range(1, 101)))
        await world.settle()
        assert "all in order" in alice.output
        assert batches == [MAX_CALLS] * (200 // MAX_CALLS) + [200 % MAX_CALLS]

    conversation(tmp_path)


def test_who_registers_nothing_is_not_entered(batches: list[int], tmp_path: Path) -> None:
    @in_script(mine="")
    async def conversation(world: World) -> None:
        await world.lines("alice")
        said(world, "one", "two")
        await world.settle()
        assert batches == []

    conversation(tmp_path)


ERRS = (
    HEARS
    + """
tools.on_row_added(function(_, row)
  if row.author ~= "carl" then return end
  tools.notify("hears " .. row.content)
  if row.content ~= "fine" then error("cannot bear " .. row.content) end
end)
"""
)


@in_script(mine=ERRS)
async def test_errors_are_shown_in_their_order_each_once_as_long_as_it_is_the_same(world: World) -> None:
    alice = await world.lines("alice")
    said(world, "a", "fine", "a", "b", "a")
    await world.settle()
    told = [line.removeprefix("* ") for line in alice.output.splitlines() if "hears" in line or "bear" in line]
    a, b = (f"script error in on_row_added: mine.lua:6: cannot bear {text}" for text in "ab")
    assert told == ["hears a", a, "hears fine", "hears a", "hears b", b, "hears a", a]
    assert world.script_errors == [f"alice: on_row_added: mine.lua:6: cannot bear {text}" for text in "ab"]


ACTS = (
    HEARS
    + """
tools.on_row_added(function(_, row)
  if row.author ~= "carl" then return end
  if row.content == "ask" then tools.mention("bot", "what?") else tools.say("I heard " .. row.content) end
end)
"""
)


@in_script(mine=ACTS)
async def test_effects_are_those_of_one_callback(world: World) -> None:
    """What one has said is not another one's question; and of one there are so many, not of all together."""
    world.model("bot").says("that").ends()
    await world.lines("alice")
    said(world, *map(str, range(90)), "ask", "last")
    await world.settle()
    mine = [text for author, text, _ in world.rows() if author == "alice"]
    assert mine == [*(f"I heard {n}" for n in range(90)), "@bot what?", "I heard last"]


LAYS_OUT = (
    HEARS
    + """
tools.on_row_added(function(_, row)
  if row.author == "carl" then tools.notify("has " .. tools.lines(row.id, 80)) end
end)
"""
)


@in_script(mine=LAYS_OUT)
async def test_each_may_have_as_much_laid_out(world: World) -> None:
    """Each takes most of what one may: of fifty lines; a number below zero says that there is more."""
    alice = await world.lines("alice")
    said(world, *[("x" * 60 + "\n") * 50] * 5)
    await world.settle()
    assert alice.output.count("has 51") == 5


WAITS = (
    HEARS
    + """
tools.on_row_added(function(_, row)
  if row.author ~= "carl" then return end
  if row.content == "wait" then tools.call("slow", {}) end
  tools.notify("told " .. row.content)
end)
"""
)


@in_script(mine=WAITS)
async def test_one_that_waits_holds_up_none(world: World) -> None:
    async def slow(_: Arguments, __: ToolContext) -> str:
        await trio.sleep(1)
        return "done"

    world.hub.answers.router.tools.add(SimpleTool(ToolSpec("slow", "takes a second", {"type": "object"}), slow))
    alice = await world.lines("alice")
    said(world, "a", "wait", "b", "c")
    await world.until(lambda: "told wait" in alice.output)
    order = [alice.output.index(f"told {text}") for text in ("a", "b", "c", "wait")]
    assert order == sorted(order)
