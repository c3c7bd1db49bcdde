"""Unread are the rows of others after the last one that a person has seen, on any terminal: one number everywhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import trio
import trio.testing
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from chatd.core.room import Room, RoomLimits
from chatd.errors import StorageError
from chatd.ports import ReadMarker
from chatd.tasks.chat.read_markers import ReadMarkers
from chatd.tasks.chat.visiting import logged_in
from chatd.testing import World, run
from tests.support import converse, in_world


async def unread(world: World, name: str) -> dict[str, int]:
    shown = await world.command(name, "rooms --json")
    return {room["name"]: room["unread"] for room in map(json.loads, shown.output.splitlines())}


@in_world()
async def test_what_one_wrote_oneself_is_not_unread(world: World) -> None:
    bob = await world.lines("bob")
    bob.sends(b"/join dev\n")
    await world.settle()
    bob.sends(b"one\ntwo\n")
    await world.settle()
    assert (await unread(world, "alice"))["dev"] == 2
    await world.command("alice", "say --room dev three")
    bob.sends(b"four\n")
    await world.settle()
    assert (await unread(world, "alice"))["dev"] == 3, "one of four is hers"
    assert (await unread(world, "bob"))["dev"] == 0, "he is looking at it"


@in_world()
async def test_what_was_seen_on_one_terminal_is_seen_on_all(world: World) -> None:
    bob = await world.lines("bob")
    bob.sends(b"one\n")
    await world.settle()
    first, second = await world.lines("alice"), await world.lines("alice")
    second.sends(b"/join dev\n")
    await world.settle()
    bob.sends(b"two\n")
    await world.settle()
    assert (await unread(world, "alice"))["lobby"] == 0, "the first terminal shows it"
    first.sends(b"/join dev\n")
    await world.settle()
    bob.sends(b"three\n")
    await world.settle()
    assert (await unread(world, "alice"))["lobby"] == 1


def test_it_is_the_same_number_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "chatd.sqlite3"

    async def before(world: World) -> None:
        alice, bob = await world.lines("alice"), await world.lines("bob")
        alice.sends(b"mine\n")
        bob.sends(b"one\n")
        await world.settle()
        alice.hangs_up()
        await world.settle()
        bob.sends(b"two\nthree\n")
        await world.settle()
        await world.command("alice", "say four")
        assert (await unread(world, "alice"))["lobby"] == 2

    async def after(world: World) -> None:
        assert (await unread(world, "alice"))["lobby"] == 2

    converse(before, database=path)
    converse(after, database=path)


@in_world()
async def test_what_could_not_be_read_is_read_by_the_next_session(world: World) -> None:
    alice, bob = await world.lines("alice"), await world.lines("bob")
    bob.sends(b"one\ntwo\n")
    await world.settle()
    alice.hangs_up()
    await world.settle()
    bob.sends(b"three\n")
    await world.settle()
    read = world.directory.read_markers
    world.directory.read_markers = unreadable  # type: ignore[method-assign, assignment]
    async with logged_in(world.hub, world.visitor("alice"), lambda _: None, remembered=True) as first:
        lobby = world.hub.lobby.get("lobby", "alice")
        assert first.markers.seen(lobby) is None
        world.directory.read_markers = read  # type: ignore[method-assign]
        assert (await unread(world, "alice"))["lobby"] == 1


async def unreadable(_: str) -> list[ReadMarker]:
    raise StorageError("disk I/O error")


def test_an_older_answer_of_the_disk_takes_back_no_row_that_was_counted() -> None:
    class Slow:
        """Answers as of ten rows, when it may."""

        def __init__(self) -> None:
            self.gates = [trio.Event(), trio.Event()]

        async def read_markers(self, name: str) -> list[ReadMarker]:
            gate = self.gates.pop(0)
            await gate.wait()
            return [ReadMarker("r", None, 0, 10)]

    async def main() -> None:
        room = Room("r", "lobby", "b", seq=10, limits=RoomLimits(9, 999, 9, 999))
        disk: Any = Slow()
        markers = ReadMarkers("alice")
        first, second = disk.gates
        async with trio.open_nursery() as nursery:
            nursery.start_soon(markers.load, disk)
            await trio.testing.wait_all_tasks_blocked()
            nursery.start_soon(markers.load, disk)
            await trio.testing.wait_all_tasks_blocked()
            first.set()
            await trio.testing.wait_all_tasks_blocked()
            markers.begin()
            room.seq = 11
            markers.wrote("r", 11)
            second.set()
        assert markers.unread(room) == 10

    run(main)


@pytest.mark.parametrize("step", range(24))
def test_a_hang_up_while_a_name_is_changed_leaves_no_markers(step: int) -> None:
    """The world itself checks it when it is left."""

    async def talk(world: World) -> None:
        alice = await world.join("alice")
        world.disk.delay = lambda: 0.1
        alice.types("/nick alicia\r")
        await trio.sleep(step * 0.05)
        alice.hangs_up()
        world.disk.delay = lambda: 0.0
        await world.settle(5)

    converse(talk, shipped=True)


class Reading(RuleBasedStateMachine):
    """One person's markers of one room, beside the rows that were said and which of them have been shown."""

    def __init__(self) -> None:
        super().__init__()
        self.room = Room("r", "lobby", "b", limits=RoomLimits(9, 999, 9, 999))
        self.markers = ReadMarkers("alice")
        self.markers.begin()
        self.said: list[str] = []
        self.shown = 0
        self.terminals = 0

    @rule(author=st.sampled_from(["alice", "bob", "carol"]))
    def somebody_says_something(self, author: str) -> None:
        self.said.append(author)
        self.room.seq += 1
        if author == "alice":
            self.markers.wrote(self.room.id, self.room.seq)
        self.shown = len(self.said) if self.terminals else self.shown

    @rule()
    def a_terminal_shows_the_room(self) -> None:
        self.markers.enter(self.room)
        self.terminals += 1
        self.shown = len(self.said)

    @rule()
    def a_terminal_leaves_it(self) -> None:
        if self.terminals:
            self.markers.leave(self.room)
            self.terminals -= 1

    @invariant()
    def the_number_is_that_of_the_others_rows_not_shown(self) -> None:
        assert self.markers.unread(self.room) == sum(author != "alice" for author in self.said[self.shown :])


TestReading = Reading.TestCase
TestReading.settings = settings(max_examples=50, stateful_step_count=30)
