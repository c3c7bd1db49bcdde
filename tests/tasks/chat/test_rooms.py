"""Rooms: so many and no more, made by members, gone when nobody needs them; nothing outlives its guest."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import trio

from chatd.config import Config, LimitsConfig
from chatd.core.room import Room
from chatd.core.visit import Visit
from chatd.errors import NotFound
from chatd.tasks.chat.ask import reserve
from chatd.tasks.chat.say import say
from chatd.testing import Disk, World
from chatd.testing.sources import CountingIds
from tests.support import converse, in_world


@in_world()
async def test_a_guest_who_leaves_while_the_disk_fails_harms_nobody(world: World) -> None:
    guest, alice = await world.join("guest-gus"), await world.join("alice")
    guest.types("/join ~guest-gus\r")
    await world.settle()
    world.disk.becomes_read_only()
    guest.types("my secret\r")
    await world.settle(2)
    world.disk.works_again()
    guest.hangs_up()
    await world.settle(20)
    alice.types("still here\r")
    await world.settle()
    assert "alice still here" in alice.screen
    assert world.hub.lobby.find("~guest-gus", "guest-gus") is None


@in_world()
async def test_a_guests_room_that_could_not_be_dropped_is_not_the_next_guests(world: World) -> None:
    guest = await world.join("guest-gus")
    guest.types("/join ~guest-gus\r")
    await world.settle()
    guest.types("my secret\r")
    await world.settle()
    world.disk.becomes_read_only()
    guest.hangs_up()
    await world.settle(5)
    world.disk.works_again()
    asked = await world.command("guest-gus", "ask @echo hi")
    assert asked.output == "hi\n"
    assert world.database.writer.execute("SELECT count(*) FROM rows WHERE content LIKE '%secret%'").fetchone() == (0,)


def test_a_killed_servers_guest_rooms_are_gone_at_the_next_start(tmp_path: Path) -> None:
    path = tmp_path / "chatd.sqlite3"

    async def before(world: World) -> None:
        guest = await world.join("guest-gus")
        guest.types("/join ~guest-gus\r")
        await world.settle()
        guest.types("my secret\r")
        await world.settle()
        # What a kill -9 here would leave, WAL and all.
        for suffix in ("", "-wal"):
            shutil.copy(f"{path}{suffix}", tmp_path / f"killed.sqlite3{suffix}")

    async def after(world: World) -> None:
        history = await world.command("guest-gus", "history ~guest-gus")
        assert "secret" not in history.output
        assert world.database.writer.execute("SELECT count(*) FROM rows").fetchone() == (0,)

    converse(before, database=path)
    converse(after, database=tmp_path / "killed.sqlite3", ids=CountingIds("second-"))


def slow_settling(world: World) -> bool:
    return bool(world.hub.answers._settling)


@in_world()
async def test_an_answer_that_waits_for_the_disk_does_not_hold_the_servers_stop(world: World) -> None:
    world.model("bot").says("x")
    alice = await world.join("alice")
    alice.types("@bot go\r")
    await world.settle()
    world.disk.becomes_read_only()
    alice.types("\x03")
    await world.settle(0.5)
    assert slow_settling(world)
    world.hub.stop(trio.current_time() + 2)
    await world.settle(2.5)
    assert not slow_settling(world) and alice.ended.is_set()
    world.disk.works_again()


@in_world()
async def test_a_guests_room_goes_also_when_nothing_can_be_written(world: World) -> None:
    guest = await world.join("guest-gus")
    guest.types("/join ~guest-gus\r")
    await world.settle()
    guest.types("my secret\r")
    await world.settle()
    world.disk.becomes_read_only()
    await world.join("newcomer")  # whose name cannot be registered now
    guest.hangs_up()
    await world.settle(5)
    world.disk.works_again()
    again = await world.join("guest-gus")
    again.types("/join ~guest-gus\r")
    await world.settle()
    assert "~guest-gus" in again.screen and "secret" not in again.screen


@in_world(replace(Config(), limits=LimitsConfig(max_rooms=3)), disk=Disk(lambda: 0.01))
async def test_rooms_made_at_once_do_not_exceed_their_limit(world: World) -> None:
    people = [await world.join(f"user{i}") for i in range(6)]
    for i, person in enumerate(people):
        person.types(f"/join room{i}\r")
    await world.settle(5)
    assert len(world.hub.lobby.rooms) == 3
    assert sum("the limit is max_rooms" in person.screen for person in people) == 4


@in_world()
async def test_a_guest_who_asks_twice_at_once_has_one_room(world: World) -> None:
    """A room that is being made is nobody's remains: taken for that, it was dropped under the other question."""
    await world.join("alice")
    delays = iter([0.0, 0.0, 0.0, 0.3, *[0.0] * 4, 1.0])  # the first one hears of it while the second one drops it
    world.disk.delay = lambda: next(delays, 0.0)
    rooms: list[Room] = []

    async def enter(after: float) -> None:
        await trio.sleep(after)
        rooms.append(await world.hub.open_room("~guest-gus", world.visitor("guest-gus"), make=True))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(enter, 0.0)
        nursery.start_soon(enter, 0.05)
    assert rooms[0] is rooms[1]
    say(world.hub, world.visitor("guest-gus"), rooms[0], "hello")
    await world.settle(2)
    assert [text for _, text, _ in world.rows("~guest-gus")] == ["hello"]


FEW = replace(Config(), limits=LimitsConfig(max_rooms=3, rooms_per_day=2))


@in_world(FEW)
async def test_guests_make_no_rooms_and_are_told_how_one_does(world: World) -> None:
    guest = await world.join("guest-gus")
    guest.types("/join den\r")
    await world.settle()
    assert "guests make no rooms; log in with a key" in guest.screen
    assert (await world.command("guest-gus", "rooms")).output.count("\n") == 1
    alice = await world.join("alice")
    alice.types("/join den\r")
    await world.settle()
    guest.types("/join den\r")
    await world.settle()
    assert world.hub.lobby.rooms_of("guest-gus") == ["den"]


@in_world(FEW, shipped=True)
async def test_rooms_made_in_a_day_count_by_key(world: World) -> None:
    alice = await world.join("alice")
    for line in ("/join one\r", "one\r", "/join two\r", "two\r", "/nick ali\r", "/join three\r"):
        alice.types(line)
        await world.settle()
    assert "you have made 2 rooms within a day, that is the limit" in alice.screen
    await trio.sleep(43_300)
    alice.types("/join three\r")
    await world.settle()
    assert "there are 3 rooms already, the limit is max_rooms" in alice.screen


@in_world(FEW)
async def test_a_room_in_which_nothing_was_said_goes_some_time_after_its_last_person(world: World) -> None:
    alice, bob = await world.join("alice"), await world.join("bob")
    alice.types("/join empty\r")
    await world.settle()
    bob.types("/join empty\r")
    await world.settle()
    alice.types("/join lobby\r")
    await trio.sleep(700)
    assert world.hub.lobby.find("empty", "")
    bob.types("/join lobby\r")
    await trio.sleep(500)
    bob.types("/join empty\r")
    await trio.sleep(500)
    assert world.hub.lobby.find("empty", "")
    bob.types("hello\r/join lobby\r")
    alice.types("/join other\r")
    await world.settle()
    alice.types("/join lobby\r")
    await trio.sleep(700)
    assert [room.name for room in world.hub.lobby.rooms] == ["lobby", "empty"]
    assert {name for (name,) in world.database.writer.execute("SELECT name FROM rooms")} == {"lobby", "empty"}


@in_world(FEW)
async def test_rooms_that_nobody_needs_keep_nobody_from_making_one(world: World) -> None:
    people = [await world.join(name) for name in ("alice", "bob")]
    for person, room in zip(people, ("one", "two"), strict=True):
        person.types(f"/join {room}\r")
        await world.settle()
    carol = await world.join("carol")
    carol.types("/join three\r")
    await world.settle()
    assert "there are 3 rooms already" in carol.screen
    for person in people:
        person.types("/join lobby\r")
    await world.settle()
    carol.types("/join three\r")
    await world.settle()
    assert [room.name for room in world.hub.lobby.rooms] == ["lobby", "three"]


@in_world(FEW)
async def test_who_watches_a_room_keeps_it(world: World) -> None:
    alice = await world.join("alice")
    alice.types("/join one\r")
    await world.settle()
    watcher = world.connect(Visit(world.visitor("bob"), "tail one --follow"))
    await world.settle()
    alice.types("/join lobby\r")
    await trio.sleep(700)
    assert world.hub.lobby.find("one", "")
    watcher.hangs_up()
    await trio.sleep(700)
    assert not world.hub.lobby.find("one", "")


@in_world(FEW)
async def test_what_is_to_be_said_in_a_room_that_has_gone_is_refused(world: World) -> None:
    alice = await world.join("alice")
    alice.types("/join one\r")
    await world.settle()
    room = await world.hub.open_room("one", world.visitor("bob"))
    alice.types("/join lobby\r")
    await trio.sleep(700)
    with pytest.raises(NotFound, match="the room one is gone"):
        say(world.hub, world.visitor("bob"), room, "hello")
    with pytest.raises(NotFound, match="the room one is gone"):
        reserve(world.hub, world.visitor("bob"), room, ["echo"], "hello", typed="@echo hello", owner=None)
    assert not world.hub.answers.running


def test_rooms_in_which_nothing_was_said_are_gone_after_a_restart(tmp_path: Path) -> None:
    async def before(world: World) -> None:
        alice = await world.join("alice")
        for line in ("/join spoken\r", "x\r", "/join empty\r", "/join ~alice\r"):
            alice.types(line)
            await world.settle()

    async def after(world: World) -> None:
        assert sorted(room.name for room in world.hub.lobby.rooms) == ["lobby", "spoken", "~alice"]

    converse(before, database=tmp_path / "chatd.sqlite3")
    converse(after, database=tmp_path / "chatd.sqlite3", ids=CountingIds("second-"))
