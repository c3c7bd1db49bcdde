"""A row on somebody's screen stays there when the room's memory has let it go."""

from __future__ import annotations

from chatd.config import Config, LimitsConfig
from chatd.testing import World
from tests.support import converse

RUNNING = frozenset("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏")
"""What stands behind a row that still grows."""


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


def test_an_answer_that_ended_and_was_forgotten_before_it_was_told_is_not_shown_as_running() -> None:
    async def conversation(world: World) -> None:
        bot = world.model("bot")
        alice, bob = await world.join("alice", size=(80, 24)), await world.lines("bob")
        alice.types("@bot hello\r")
        bot.says("a beginning")
        await world.settle(3)
        assert set(alice.screen.text) & RUNNING
        bot.says(" and an end").ends()
        bob.types("".join(f"line {number}\n" for number in range(8)))
        await world.settle(3)
        assert "line 7" in alice.screen
        assert not set(alice.screen.text) & RUNNING

    converse(conversation, Config(limits=LimitsConfig(history_rows=4)), shipped=True)
