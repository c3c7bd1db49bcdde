"""The clock of a world can be set, as a machine's can: people see other times, and nothing else depends on it."""

from __future__ import annotations

import json

import pytest
import trio

from chatd.core.visit import Visit
from chatd.testing import World
from tests.support import in_world

HOUR = 3600.0
DAY = 24 * HOUR


@pytest.mark.parametrize("seconds", [-1.0, -HOUR, -DAY, HOUR, DAY])
def test_rows_stand_in_the_order_in_which_they_were_said(seconds: float) -> None:
    @in_world()
    async def conversation(world: World) -> None:
        viewer = await world.join("bob")
        await world.command("alice", "say before")
        world.clock.jumps(seconds)
        await world.command("alice", "say after")
        await world.settle()
        assert [text for _, text, _ in world.rows()] == ["before", "after"]
        assert viewer.screen.text.index("before") < viewer.screen.text.index("after")
        history = (await world.command("carol", "history --json")).output.splitlines()
        first, second = [json.loads(line) for line in history]
        assert (first["seq"], second["seq"]) == (1, 2)
        assert (first["created_at"] < second["created_at"]) is (seconds > 0)

    conversation()


@in_world()
async def test_limits_of_time_are_those_of_the_clock_that_nobody_sets(world: World) -> None:
    bot = world.model("bot").says("one ").pauses(2.0).says("two").ends()
    world.connect(Visit(world.visitor("alice"), "ask --room lobby @bot go on")).ends_input()
    await world.settle()
    world.clock.jumps(DAY)
    await world.settle(1)
    world.clock.jumps(-2 * DAY)
    await world.settle(3)
    assert world.rows()[-1] == ("bot", "one two", "complete") and len(bot.questions) == 1


@in_world()
async def test_how_long_the_server_is_up_does_not_depend_on_the_clock(world: World) -> None:
    await trio.sleep(100)
    for seconds in (-HOUR, 2 * HOUR):
        world.clock.jumps(seconds)
        stats = json.loads((await world.command("alice", "stats --json")).output)
        assert 100 <= stats["uptime_s"] < 110


@in_world(shipped=True)
async def test_a_notice_ends_in_its_time_when_the_clock_was_set_back(world: World) -> None:
    alice = await world.join("alice")
    alice.types("/nope\r")
    await world.settle()
    assert "there is no command /nope" in alice.screen.text
    world.clock.jumps(-HOUR)
    await world.settle(20)
    assert "there is no command /nope" not in alice.screen.text


@in_world(shipped=True)
async def test_a_word_of_the_server_is_wiped_by_a_key_when_the_clock_was_set_back(world: World) -> None:
    alice = await world.join("alice")
    alice.types("/join ~bob\r")
    await world.settle()
    assert "there is no room" in alice.screen.text
    world.clock.jumps(-HOUR)
    await world.settle(3)
    alice.types("x")
    await world.settle()
    assert "there is no room" not in alice.screen.text, alice.screen.framed()
