"""Who connects faster than people do."""

from __future__ import annotations

import trio
import trio.testing

from chatd.testing.ssh import connect
from tests.adapters.ssh.world import World, greet, on_virtual_clock, read_all, serving
from tests.support import make_limits

LIMITS = make_limits(connects_per_second=10, waiting_logins=1000, waiting_logins_per_address=1000)
REFUSED = b"more than 10 connections a second from one address; try again later\r\n"


async def flood(world: World, count: int, address: str = "192.0.2.9") -> list[trio.abc.HalfCloseableStream]:
    return [await world.knock(address) for _ in range(count)]


@on_virtual_clock
async def test_who_comes_too_fast_is_answered_later_or_refused() -> None:
    async with serving(greet, LIMITS) as world:
        crowd = await flood(world, 300)
        assert world.server.counts == (10, 10)
        assert (await read_all(crowd[10])).startswith(REFUSED)
        await trio.sleep(1.05)
        assert world.server.counts[1] == 20
        await trio.sleep(10)
        assert world.server.counts[1] == 60  # ten at once, and ten in each of the seconds that are waited
        assert not world.server._arrivals.waiting
        for stranger in crowd:
            await stranger.aclose()
        await trio.sleep(2)
    refused = [line for line in world.records.lines if line.startswith("refused")]
    assert len(refused) == 240 and {line.split(": ")[1] for line in refused} == {REFUSED.decode().strip()}


@on_virtual_clock
async def test_a_flood_costs_other_addresses_nothing() -> None:
    async with serving(greet, LIMITS) as world:
        async with trio.open_nursery() as nursery:

            async def attack() -> None:
                while True:
                    world.server.connections.start_soon(
                        world.server.serve_stream, trio.testing.memory_stream_pair()[1], "192.0.2.9"
                    )
                    await trio.sleep(1 / 300)

            nursery.start_soon(attack)
            await trio.sleep(2)
            began = trio.current_time()
            async with connect(world.server, user="bob", address="192.0.2.1") as client:
                await client.open("x")
            assert trio.current_time() - began < 1
            nursery.cancel_scope.cancel()
        world.server.connections.cancel_scope.cancel()


@on_virtual_clock
async def test_who_comes_after_a_flood_from_the_same_address_does_not_wait_for_its_remains() -> None:
    async with serving(greet, make_limits(connects_per_second=10)) as world:
        crowd = await flood(world, 300)
        began = trio.current_time()
        async with connect(world.server, user="bob", address="192.0.2.9") as client:
            await client.open("x")
        assert trio.current_time() - began < 1
        for stranger in crowd:
            await stranger.aclose()
        await trio.sleep(8)


@on_virtual_clock
async def test_when_too_many_wait_those_of_the_longest_line_are_refused() -> None:
    async with serving(greet, make_limits(connects_per_second=1, paced=5)) as world:
        few = await flood(world, 3, "192.0.2.1")
        many = await flood(world, 10, "192.0.2.2")
        await trio.sleep(4.5)
        assert len(world.server._gate.links) == 3 + 4
        for stranger in (*few, *many):
            await stranger.aclose()
        await trio.sleep(2)
    refused = [line for line in world.records.lines if line.startswith("refused")]
    assert len(refused) == 6 and all(line.startswith("refused 192.0.2.2") for line in refused)


@on_virtual_clock
async def test_who_is_to_be_answered_later_can_be_cancelled() -> None:
    async with serving(greet, make_limits(connects_per_second=1)) as world:
        crowd = await flood(world, 3)
        world.server.connections.cancel_scope.cancel()
        assert await read_all(crowd[1]) == b""
        assert not world.server._arrivals.waiting
