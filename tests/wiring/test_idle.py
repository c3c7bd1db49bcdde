"""Idle is free: no task of the server takes a step without something due. Counted on the virtual clock."""

from __future__ import annotations

import trio

from chatd.testing import World
from tests.steps import Steps
from tests.support import in_world

SERVER = 20
"""Steps a minute of a server in which nobody is: a look at the scripts every ten seconds."""


async def steps_of_a_minute() -> Steps:
    await trio.sleep(10)  # what was done before is settled
    with Steps() as steps:
        await trio.sleep(60)
    return steps


@in_world(shipped=True)
async def test_an_idle_server_and_its_idle_sessions(world: World) -> None:
    steps = await steps_of_a_minute()
    assert steps.total <= SERVER, steps.by_name.most_common(5)
    for number in range(1, 4):
        await world.join(f"u{number}")
        await world.settle(15)  # notices go
        steps = await steps_of_a_minute()
        assert steps.total <= SERVER, ("a session whose person does nothing takes none", steps.by_name.most_common(5))


@in_world(shipped=True)
async def test_a_server_is_as_idle_after_much_has_happened_as_before(world: World) -> None:
    alice, bob = await world.join("alice"), await world.lines("bob")
    for line in range(30):
        alice.types(f"line {line}\r")
        await world.settle(0.2)
    assert "line 29" in bob.output
    alice.hangs_up()
    bob.hangs_up()
    await world.settle(1)
    steps = await steps_of_a_minute()
    assert steps.total <= SERVER, steps.by_name.most_common(5)
