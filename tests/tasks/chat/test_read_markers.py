"""Unread are the rows of others after the last one that a person has seen, on any terminal: one number everywhere."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from chatd.core.room import Room, RoomLimits
from chatd.tasks.chat.read_markers import ReadMarkers
from chatd.testing import World
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
