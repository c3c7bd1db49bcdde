"""A cable that takes its time: latency, bandwidth, a dead peer, a slow close; and a person with an ssh client on it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import trio

from chatd.core.visit import Visit
from chatd.testing import World, run
from chatd.testing.connection import GOOD, QUALITIES
from chatd.testing.simulation.cable import Cable
from chatd.testing.simulation.ssh_people import LIMITS, SshPeople, ssh_engine, ssh_people


def test_bytes_arrive_after_the_delay_in_their_order_whatever_the_cable_becomes() -> None:
    async def main() -> None:
        began, cable = trio.current_time(), Cable()
        cable.becomes(QUALITIES["far"])
        await cable.ours.send_all(b"first, ")
        cable.becomes(GOOD)
        await cable.ours.send_all(b"second")
        assert await cable.theirs.receive_some() == b"first, second"
        assert trio.current_time() - began == QUALITIES["far"].delay

    run(main)


def test_a_slow_cable_has_a_rate_towards_the_person_alone() -> None:
    async def main() -> None:
        began, cable = trio.current_time(), Cable()
        cable.becomes(QUALITIES["slow"])
        await cable.ours.send_all(b"x" * 4000)
        await cable.theirs.receive_some()
        assert trio.current_time() == began
        await cable.theirs.send_all(b"y" * 2000)
        await cable.ours.receive_some()
        assert trio.current_time() - began == 2000 / QUALITIES["slow"].rate

    run(main)


def test_a_dead_peer_sends_no_end_and_a_slow_one_sends_it_late() -> None:
    async def main() -> None:
        began, dead, slow = trio.current_time(), Cable(), Cable()
        dead.becomes(QUALITIES["half-open"])
        slow.becomes(QUALITIES["closes slowly"])
        for cable in (dead, slow):
            await cable.ours.send_all(b"last words")
            cable.ours.close()
        assert await slow.theirs.receive_some() == b"last words"
        assert (
            await slow.theirs.receive_some() == b"" and trio.current_time() - began == QUALITIES["closes slowly"].linger
        )
        with trio.move_on_after(3600) as patience:
            await dead.theirs.receive_some()
        assert patience.cancelled_caught

    run(main)


def test_the_server_drops_a_dead_client_by_its_keepalive_and_serves_the_others() -> None:
    async def scene(world: World, people: SshPeople) -> None:
        alice = people.connect(Visit(people.visitor("alice"), "tail lobby --follow -n 0"))
        bob = people.connect(Visit(people.visitor("bob"), "tail lobby --follow -n 0"))
        await world.settle(1)
        alice.links(QUALITIES["half-open"])
        sayer = people.connect(Visit(people.visitor("carol"), "say --room lobby hello"))
        await sayer.ended.wait()
        await world.settle(1)
        assert "hello" in bob.output and "hello" not in alice.output and not alice.ended.is_set()
        await world.until(alice.ended.is_set, 4 * LIMITS.keepalive)
        assert not bob.ended.is_set()
        bob.hangs_up()

    run(with_people, scene)


def test_a_far_client_comes_in_and_reads_everything() -> None:
    async def scene(world: World, people: SshPeople) -> None:
        alice = people.connect(Visit(people.visitor("alice"), "whoami"))
        alice.links(QUALITIES["far"])
        await alice.ended.wait()
        assert alice.output.startswith("alice\n") and alice.exit_status == 0
        assert trio.current_time() > 8 * QUALITIES["far"].delay, "that many messages it takes to come in"

    run(with_people, scene)


async def with_people(scene: Callable[[World, SshPeople], Awaitable[None]]) -> None:
    async with ssh_engine(), World.open() as world, ssh_people(world) as people:
        await scene(world, people)
