"""Annotations by the server's script: the last value always lands, at a bounded pace, and what is wrong is told."""

from __future__ import annotations

import json
from typing import Any

from chatd.core.visit import Visit
from chatd.testing import World
from tests.tasks.scripted import call, in_script

COUNTS = """
tools.on_row_added(function(_, row) tools.set_meta(row.id, "length", #row.content) end)
tools.on_row_changed(function(_, row) tools.set_meta(row.id, "length", row.length) end)
tools.on_row_done(function(_, row)
  tools.set_meta(row.id, "length", row.length)
  tools.set_meta(row.id, "ended", row.status)
end)
"""


def metas(world: World) -> dict[str, Any]:
    """Of each author's newest row in the lobby, what stands below `x` on disk."""
    found = world.database.writer.execute("SELECT author, meta FROM rows ORDER BY n")
    return {author: json.loads(meta).get("x") for author, meta in found}


@in_script(counts=COUNTS)
async def test_a_row_is_annotated_while_it_grows_and_when_it_ends(world: World) -> None:
    world.model("bot").says("so ").pauses(1).says("far").pauses(1).ends()
    bob = await world.lines("bob")
    bob.types("@bot go\n")
    await world.settle(0.5)
    assert metas(world) == {"bob": {"length": 7, "ended": "complete"}, "bot": {"length": 3}}
    await world.settle(1)
    assert metas(world)["bot"] == {"length": 6}, "also while it grows"
    await world.settle(2)
    assert metas(world)["bot"] == {"length": 6, "ended": "complete"}
    told = (await world.command("bob", "history lobby --limit 1 --json")).output
    assert json.loads(told)["meta"]["x"] == {"length": 6, "ended": "complete"}
    exported = (await world.command("bob", "export lobby --format jsonl")).output
    assert [json.loads(line)["meta"]["x"]["length"] for line in exported.splitlines()] == [7, 6]


@in_script(counts=COUNTS)
async def test_who_follows_is_told_and_who_comes_again_misses_nothing(world: World) -> None:
    bot = world.model("bot").says("so ").pauses(1)
    for _ in range(40):
        bot.says("more ").pauses(0.05)
    bot.ends()
    watcher = world.connect(Visit(world.visitor("bob"), "tail lobby --follow --json -n 0"))
    alice = await world.lines("alice")
    alice.types("@bot go\n")
    await world.settle(10)
    events = [json.loads(line) for line in watcher.output.splitlines()]
    changes = [one for one in events if one["event"] == "changed"]
    assert changes[-1]["row"]["meta"]["x"] == {"length": 203, "ended": "complete"}
    assert 6 <= len(changes) <= 16, "some of them a second, however many pieces there are"
    assert [one["n"] for one in events if "row" in one] == sorted(one["n"] for one in events if "row" in one)
    for stop in (1, len(events) // 2, len(events) - 2):
        again = (await world.command("bob", f"tail lobby --json --since {events[stop]['n']}")).output
        rows = {one["row"]["id"]: one["row"] for one in map(json.loads, again.splitlines()) if "row" in one}
        assert rows[changes[-1]["row"]["id"]] == changes[-1]["row"]
    text = (await world.command("bob", "tail lobby --follow --count 2 -n 2")).output
    assert text.count("so more") == 1, "as text nothing has changed"


BOTHERS = """
local ROW
tools.on_row_added(function(_, row) ROW = row.id end)
tools.define{name="annotate", description="annotates", parameters={type="object", properties={
  row={type="string"}, key={type="string"}, n={type="integer"}}}, run=function(a)
  local deep = {} for _ = 1, 9 do deep = { deep } end
  local values = { "warm", ("x"):rep(2000), 0/0, deep, { a = { 1, true } } }
  local r = tools.set_meta(a.row or ROW, a.key or "k", values[a.n])
  return r.success and "done" or r.error
end}
tools.define{name="fill", description="sets many", run=function()
  local r for n = 1, 17 do r = tools.set_meta(ROW, "key" .. n, n) end
  return r.error
end}
"""


@in_script(bothers=BOTHERS)
async def test_what_a_script_gets_wrong_is_told_and_nothing_is_written(world: World) -> None:
    alice = await world.lines("alice")
    alice.types("hello\n")
    await world.settle()
    for arguments, why in (
        ('{"row": "nobody", "n": 1}', "no row 'nobody' is at hand"),
        ('{"key": "no key", "n": 1}', "'no key' is no key"),
        ('{"n": 2}', "the value as JSON is 2 KiB, the limit is 1 KiB"),
        ('{"n": 3}', "the value has a number in it that is none"),
        ('{"n": 4}', "nested deeper than 4"),
    ):
        assert why in (await call(world, "annotate", arguments)).content
    await world.settle()
    assert metas(world) == {"alice": None}
    assert (await call(world, "fill")).content == "the row has 16 keys already, the limit is 16"
    await world.settle()
    assert metas(world) == {"alice": {f"key{n}": n for n in range(1, 17)}}
    assert (await call(world, "annotate", '{"n": 5, "key": "key1"}')).content == "done"
    assert (await call(world, "annotate", '{"n": 0, "key": "key2"}')).content == "done"
    await world.settle()
    found = metas(world)["alice"]
    assert found["key1"] == {"a": [1, True]} and "key2" not in found
    number = world.hub.lobby.get("lobby", "").number
    assert (await call(world, "annotate", '{"n": 5, "key": "key1"}')).content == "done"
    await world.settle()
    assert world.hub.lobby.get("lobby", "").number == number, "what stands there already is no entry"


FOR_EVER = """
tools.on_row_done(function(_, row)
  local n = 0
  tools.every(0.05, function() n = n + 1 tools.set_meta(row.id, "n", n) end)
end)
"""


@in_script(forever=FOR_EVER)
async def test_a_script_that_annotates_for_ever_makes_few_entries_and_fills_no_disk(world: World) -> None:
    alice = await world.lines("alice")
    alice.types("hello\n")
    await world.settle(1)
    room = world.hub.lobby.get("lobby", "")
    before = room.number
    await world.settle(60)
    assert 200 <= room.number - before <= 245, "four a second"
    (meta,) = world.database.writer.execute("SELECT meta FROM rows").fetchone()
    assert len(meta) < 40 and metas(world)["alice"]["n"] > 1000


@in_script(counts=COUNTS)
async def test_a_disk_that_fails_gets_the_last_value_when_it_works_again(world: World) -> None:
    world.model("bot").says("so ").pauses(2).says("far").pauses(2).says("!").ends()
    alice = await world.lines("alice")
    alice.types("@bot go\n")
    await world.settle(1)
    world.disk.fills_up()
    await world.settle(8)
    world.disk.works_again()
    await world.settle(20)
    assert metas(world)["bot"] == {"length": 7, "ended": "complete"}


@in_script(counts=COUNTS)
async def test_what_a_kill_leaves_has_its_annotations_and_no_more_is_shown(world: World) -> None:
    """The answer is open at that moment; its end by the next start keeps what had been found out."""
    world.model("bot").says("so far").pauses(60).ends()
    alice = await world.lines("alice")
    alice.types("@bot go\n")
    await world.settle(2)
    image = world.image()
    async with World.open(image=image) as again:
        (row,) = [live.row for live in again.hub.lobby.get("lobby", "").tail(9) if live.head.author == "bot"]
        assert (row.content, row.status) == ("so far", "interrupted")
        assert row.meta["x"] == {"length": 6}
        assert row.meta["model"] == "bot"


SESSION = 'function on_start() local r = tools.set_meta("x", "k", 1) tools.notify(tostring(r.error)) end'


@in_script(session=SESSION)
async def test_a_session_is_told_that_it_is_not_its_business(world: World) -> None:
    alice = await world.join("alice")
    assert "rows are annotated in the server's own runtime" in alice.screen.text
