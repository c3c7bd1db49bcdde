"""What a connection costs over which nothing goes: its keepalives, and not a step more."""

from __future__ import annotations

import trio

from chatd.testing.ssh import connect
from tests.adapters.ssh.world import on_virtual_clock, serving, wait_forever
from tests.steps import Steps
from tests.support import make_limits

KEEPALIVE = 20
"""Steps of a keepalive, there and back: both ends are in this process, and streams in memory take a task to send."""

MINUTES = 60


@on_virtual_clock
async def test_an_idle_connection_takes_the_steps_of_its_keepalives() -> None:
    limits = make_limits()
    async with serving(wait_forever, limits) as world, connect(world.server) as client:
        await client.open("x")
        await trio.sleep(100)
        with Steps() as steps:
            await trio.sleep(60 * MINUTES)
        assert steps.total <= KEEPALIVE * 60 * MINUTES / limits.keepalive, steps.by_name.most_common(5)


@on_virtual_clock
async def test_without_keepalives_it_takes_next_to_none() -> None:
    async with serving(wait_forever, make_limits(keepalive=1e6)) as world, connect(world.server) as client:
        await client.open("x")
        await trio.sleep(100)
        with Steps() as steps:
            await trio.sleep(60 * MINUTES)
        assert steps.total <= 2, steps.by_name.most_common(5)
