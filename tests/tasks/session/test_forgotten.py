"""A row on somebody's screen stays there when the room's memory has let it go."""

from __future__ import annotations

from chatd.config import Config, LimitsConfig
from chatd.testing import World
from tests.support import converse


def test_a_screen_goes_on_when_the_room_forgets_what_is_on_it() -> None:
    async def conversation(world: World) -> None:
        for number in range(6):
            await world.command("bob", f"say --room lobby before {number}")
        alice = await world.join("alice", size=(80, 24))
        for number in range(6):
            await world.command("bob", f"say --room lobby after {number}")
        await world.settle()
        for number in range(6):
            assert f"before {number}" in alice.screen and f"after {number}" in alice.screen

    converse(conversation, Config(limits=LimitsConfig(history_rows=8)), shipped=True)
