"""Comings and goings: who follows a room hears of each at once; a crowd is rung for no more often than it is shown."""

from __future__ import annotations

import json

from chatd.core.visit import Visit
from chatd.testing import MemoryTerminal, World
from tests.support import in_world

CROWD = 30


class Rings:
    """A bell that counts how often it rings."""

    def __init__(self) -> None:
        self.count = 0

    def ring(self) -> None:
        self.count += 1


def comes(world: World, name: str) -> MemoryTerminal:
    """Somebody begins to come in."""
    return world.connect(Visit(world.visitor(name), pty=True, term="xterm-256color", size=(80, 24)))


@in_world(shipped=True)
async def test_who_follows_a_room_hears_of_each_coming_and_going_at_once(world: World) -> None:
    await world.join("ann")
    follower = world.connect(Visit(world.visitor("carl"), "tail --follow --json"))
    await world.settle()
    for number in range(3):
        guest = comes(world, f"u{number}")
        await world.settle(0.01)
        guest.hangs_up()
        await world.settle(0.01)
    told = [json.loads(line) for line in follower.output.splitlines()]
    each = [(f"u{number}", event) for number in range(3) for event in ("joined", "left")]
    assert [(event["name"], event["event"]) for event in told] == each
    follower.hangs_up()


@in_world(shipped=True)
async def test_a_crowd_is_rung_for_once_however_many_come_until_it_is_shown(world: World) -> None:
    room, bell = world.hub.lobby.get("lobby", ""), Rings()
    people = [await world.join(f"p{number:02}") for number in range(CROWD)]
    await world.settle(2)
    world.hub.recorder.watch(room, bell)
    for number in range(10):
        comes(world, f"u{number}")
        await world.settle(0.001)
    assert bell.count == 1, "the first is shown at once"
    await world.settle(2)
    assert bell.count == 2, "the others are shown together"
    assert all(f"{CROWD + 10} here" in person.screen.text for person in people)
    world.hub.recorder.unwatch(room, bell)


@in_world(shipped=True)
async def test_who_asked_to_be_told_who_comes_is_told_of_all(world: World) -> None:
    ann = await world.join("ann")
    ann.types("/set joins on\r")
    await world.settle(1)
    for number in range(3):
        comes(world, f"u{number}")
        await world.settle(0.03)
    await world.settle(1)
    told = [line for line in ann.screen.text.splitlines() if " came" in line]
    assert all(any(f"u{number}" in line for line in told) for number in range(3)), ann.screen.text
