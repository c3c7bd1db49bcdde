"""Going elsewhere: what is typed ahead is for where one goes, and nothing else waits for a room that is slow."""

from __future__ import annotations

from chatd.testing import Disk, World
from tests.support import in_world


@in_world(disk=Disk(lambda: 0.2))
async def test_what_is_typed_after_join_is_said_in_the_new_room(world: World) -> None:
    alice, carol = await world.join("alice"), await world.lines("carol")
    await world.settle(3)
    alice.types("/join den\rfor the den\r")
    carol.types("/join attic\nfor the attic\n/join cellar\nfor the cellar\n")
    carol.ends_input()
    await world.settle(10)
    assert world.rows("lobby") == []
    assert [text for _, text, _ in world.rows("den")] == ["for the den"]
    assert [text for _, text, _ in world.rows("attic")] == ["for the attic"]
    assert [text for _, text, _ in world.rows("cellar")] == ["for the cellar"]


@in_world(disk=Disk(lambda: 0.2))
async def test_ctrl_c_does_not_wait_for_a_room(world: World) -> None:
    bot = world.model("bot").says("x")
    alice = await world.join("alice")
    await world.settle(3)
    alice.types("@bot go\r")
    await world.settle(3)
    world.disk.delay = lambda: 1000.0
    alice.types("/join den\rtyped ahead\x03\r")
    await world.settle(1)
    assert bot.open_streams == 0
    world.disk.delay = lambda: 0.0
    await world.settle(2500)
    assert [text for _, text, _ in world.rows("den")] == ["typed ahead"]


@in_world()
async def test_a_room_that_cannot_be_opened_is_said_and_one_stays(world: World) -> None:
    alice = await world.join("alice", size=(120, 24))
    world.disk.becomes_read_only()
    alice.types("/join den\rstill in the lobby\r")
    await world.settle()
    assert "the disk is read-only" in alice.screen and "lobby" in alice.screen
    world.disk.works_again()
    await world.settle(10)
    alice.types("hello\r")
    await world.settle()
    assert ("alice", "hello", "complete") in world.rows("lobby")


@in_world(disk=Disk(lambda: 0.05))
async def test_a_storm_of_joins_ends_where_it_was_going(world: World) -> None:
    carol, alice = await world.lines("carol"), await world.join("alice")
    await world.settle(2)
    carol.types("/join big\n" + "/join lobby\n/join big\n" * 30 + "here\n")
    alice.types("/join big\r" + "/join lobby\r/join big\r" * 30 + "there\r")
    await world.settle(30)
    assert {text for _, text, _ in world.rows("big")} == {"here", "there"}
    assert carol.output.count("* you are in ") == 61
