"""A new name holds at once and goes to the disk by itself: nobody who comes in waits for the disk."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

import pytest
import trio

from chatd.core.visit import Visit
from chatd.errors import StorageError
from chatd.tasks.chat.visiting import logged_in
from chatd.testing import Disk, World
from chatd.testing.images import opened
from chatd.testing.simulation.oracles.record import Record
from tests.support import in_world

REGISTERED = "the name alice is now registered for your key"
UNDER_WAY = "the name alice goes to your key"

MINE = ("alice", "SHA256:alice")


@in_world(shipped=True)
async def test_a_newcomer_is_in_before_a_slow_disk_has_answered(world: World) -> None:
    world.disk.delay = lambda: 5.0
    began = trio.current_time()
    alice = await world.join("alice", size=(100, 24))
    assert trio.current_time() < began + 1
    assert UNDER_WAY in alice.screen and "1 here: alice" in alice.screen
    await world.settle(12)
    assert REGISTERED in alice.screen
    world.disk.works_again()
    assert MINE in await world.directory.keys()


@in_world(shipped=True)
async def test_on_a_quick_disk_there_is_no_second_word(world: World) -> None:
    alice = await world.join("alice", size=(100, 24))
    await world.settle(5)
    assert UNDER_WAY in alice.screen and REGISTERED not in alice.screen
    assert await world.directory.keys() == [MINE]


@in_world(shipped=True)
async def test_whoever_cannot_be_registered_is_told_and_told_again_when_they_are(world: World) -> None:
    world.disk.becomes_read_only()
    alice = await world.join("alice", size=(130, 24))
    assert "your name is not registered on disk yet" in alice.screen and "read-only" in alice.screen
    bob = await world.join("bob", size=(130, 24))
    assert "your name is not registered on disk yet" in bob.screen, "the disk is known to refuse"
    assert await world.directory.keys() == []
    world.disk.works_again()
    await world.settle(6)
    assert REGISTERED in alice.screen and "the name bob is now registered" in bob.screen
    assert sorted(name for name, _ in await world.directory.keys()) == ["alice", "bob"]


@in_world()
async def test_a_known_key_writes_nothing_and_waits_for_no_write(world: World) -> None:
    alice = await world.lines("alice")
    alice.hangs_up()
    await world.settle(2)
    calls: list[str] = []

    async def refuses(names: Mapping[str, str], at_ms: int) -> None:
        calls.extend(names)
        raise StorageError("disk I/O error")

    world.directory.register = refuses  # type: ignore[method-assign]
    stuck = await world.lines("bob")
    again = await world.lines("alice")
    again.sends(b"here I am\n")
    await world.settle()
    assert ("alice", "here I am", "complete") in world.rows()
    assert set(calls) == {"bob"} and "registered" not in again.output
    del world.directory.register
    stuck.hangs_up()
    await world.settle(6)


@in_world()
async def test_nothing_is_read_for_somebody_who_is_new(world: World) -> None:
    async def unasked(name: str) -> dict[str, str]:
        raise AssertionError(f"there can be nothing on disk of {name}")

    world.directory.kept = unasked  # type: ignore[method-assign]
    world.directory.read_markers = unasked  # type: ignore[method-assign, assignment]
    alice = await world.lines("alice")
    alice.sends(b"hello\n")
    await world.settle()
    assert world.rows() == [("alice", "hello", "complete")]


@pytest.mark.parametrize("moment", range(8))
def test_whoever_leaves_at_once_has_the_name_and_what_they_read_all_the_same(moment: int) -> None:
    @in_world(disk=Disk(lambda: 0.05))
    async def conversation(world: World) -> None:
        await world.command("carol", "say hello")
        alice = await world.lines("alice")
        await trio.sleep(0.03 * moment)
        alice.hangs_up()
        await world.settle(3)
        assert MINE in await world.directory.keys()
        assert [marker.seen for marker in await world.directory.read_markers("alice")] == [1]

    conversation()


@in_world()
async def test_names_that_wait_are_written_before_the_server_has_stopped(world: World) -> None:
    world.disk.delay = lambda: 1.0
    await world.lines("alice")
    assert world.hub.registration.debt == 1, "the world checks that none is left"


@pytest.mark.parametrize("seed", range(6))
def test_a_row_is_on_disk_only_when_its_authors_name_is(seed: int) -> None:
    """Whoever pulls the plug at any moment: nobody else can come in under the name of somebody who has spoken."""
    draw = Random(seed)

    @in_world(disk=Disk(lambda: draw.choice([0.0, 0.02, 0.2])), seed=seed)
    async def conversation(world: World) -> None:
        async def pull_the_plug() -> None:
            while True:
                with opened(world.image()) as left:
                    record = Record(left)
                    assert {row.author for row in record.everywhere()} <= record.members().keys()
                await trio.sleep(0.01)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(pull_the_plug)
            for number in range(5):
                nursery.start_soon(world.command, f"p{number}", f"say I am {number}")
                await trio.sleep(draw.choice([0.0, 0.03]))
            await world.settle(5)
            nursery.cancel_scope.cancel()
        assert len(world.rows()) == 5

    conversation()


@in_world()
async def test_a_crowd_of_newcomers_makes_few_writes(world: World) -> None:
    register, writes = world.directory.register, list[int]()

    async def counted(names: Mapping[str, str], at_ms: int) -> None:
        writes.append(len(names))
        await register(names, at_ms)

    world.directory.register = counted  # type: ignore[method-assign]
    people = [world.connect(Visit(world.visitor(f"p{number}"))) for number in range(30)]
    await world.settle(1)
    assert writes == [30] and len(await world.directory.keys()) == 30
    for person in people:
        person.hangs_up()


@in_world()
async def test_a_second_channel_of_whoever_was_new_has_what_the_first_one_kept(world: World) -> None:
    """One connection has one visitor, who stays new; what is theirs is on disk by then."""
    writes = world.directory.register
    visitor = world.visitor("alice")
    first = world.connect(Visit(visitor))
    await world.settle(1)
    first.sends(b"one\n")
    await world.settle(1)
    first.hangs_up()
    await world.command("bob", "say two")
    await world.settle(1)
    world.directory.register = unexpected  # type: ignore[method-assign]
    async with logged_in(world.hub, visitor, lambda _: None, remembered=True) as login:
        assert login.markers.unread(world.hub.lobby.get("lobby", "alice")) == 1
        assert login.markers.seen(world.hub.lobby.get("lobby", "alice")) == 1
    world.directory.register = writes  # type: ignore[method-assign]


async def unexpected(names: Mapping[str, str], at_ms: int) -> None:
    raise AssertionError(f"{names} are on disk already")
