"""The examples of lua/examples: each one copied into the directory of `[lua] path`, and used in a conversation."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from chatd.config import Config, shipped_lua
from chatd.testing import World
from tests.support import converse

EXAMPLES = shipped_lua() / "examples"

Talk = Callable[[Callable[[World], Awaitable[None]]], None]


@pytest.fixture
def using(tmp_path: Path) -> Callable[..., Talk]:
    """Run a conversation on a server that has these examples."""

    def choose(*names: str) -> Talk:
        for name in names:
            (tmp_path / name).write_bytes((EXAMPLES / name).read_bytes())
        config = Config()
        settings = replace(config, lua=replace(config.lua, path=tmp_path))
        return lambda conversation: converse(conversation, settings, shipped=True)

    return choose


def test_every_example_is_tried_here() -> None:
    tried = Path(__file__).read_text()
    assert [path.name for path in sorted(EXAMPLES.glob("*.lua")) if f'"{path.name}"' not in tried] == []


def test_a_poll(using: Callable[..., Talk]) -> None:
    async def conversation(world: World) -> None:
        ann = await world.join("ann", size=(60, 16))
        bob = await world.join("bob", size=(30, 16))
        ann.types("/poll tea or coffee?\r")
        await world.settle()
        bob.types("/vote Tea\r")
        await world.settle()
        for person, width in ((ann, 60 - 2), (bob, 30 - 2)):
            lines = person.screen.text.splitlines()
            top = next(i for i, line in enumerate(lines) if line.startswith("┌─ ann asks"))
            assert len(lines[top].rstrip()) == width
            assert lines[top + 1].startswith("│ tea or coffee?")
            assert lines[top + 2].startswith("└──")
            assert lines[top + 3].startswith("  /vote CHOICE")
            assert lines[top + 4].startswith("✓ bob votes for tea")
        bob.types("/poll\r")
        await world.settle()
        assert "ask something: /poll tea or coffee?" in " ".join(bob.screen.text.split())

    using("poll.lua", "poll_rows.lua")(conversation)


def test_a_poll_without_its_renderer_is_text(using: Callable[..., Talk]) -> None:
    async def conversation(world: World) -> None:
        ann = await world.join("ann")
        ann.types("/poll tea or coffee?\r")
        await world.settle()
        assert ">ann           tea or coffee?" in ann.screen.text

    using("poll.lua")(conversation)


def test_muting(using: Callable[..., Talk]) -> None:
    async def conversation(world: World) -> None:
        ann = await world.join("ann")
        bob = await world.join("bob")
        bob.types("first\r")
        await world.settle()
        ann.types("/mute Bob\r")
        await world.settle()
        bob.types("second\r")
        await world.settle()
        assert "bob is muted" in ann.screen.text
        assert "first" not in ann.screen.text
        assert "second" not in ann.screen.text
        assert "second" in bob.screen.text
        again = await world.join("ann")
        assert "second" not in again.screen.text, "it lasts over logins"
        ann.types("/unmute bob\r")
        await world.settle()
        assert "first" in ann.screen.text
        assert "second" in ann.screen.text

    using("mute.lua")(conversation)


def test_a_careful_hook_replaces_names_and_refuses_what_is_confidential(using: Callable[..., Talk]) -> None:
    async def conversation(world: World) -> None:
        bot = world.model("bot").says("fine").ends()
        await world.command("ann", "say --room lobby Blue Heron and blue heron are late")
        asked = await world.command("ann", "ask --room lobby @bot how is Operation Teapot?")
        assert asked.output == "fine\n"
        told = [message.text for message in bot.questions[-1].messages]
        assert told == ["the project and the project are late", "how is the other project?"]
        refused = await world.command("ann", "ask @bot a CONFIDENTIAL thing")
        assert refused.exit_status == 77 and "bot: what is confidential is not for bot" in refused.errors

    using("careful.lua")(conversation)


def test_appeals_are_counted_while_an_answer_grows(using: Callable[..., Talk]) -> None:
    async def conversation(world: World) -> None:
        bot = world.model("bot").says("The data pro", "ve it, the").pauses(2).says("refore we trust it. ").pauses(2)
        bot.says("Trust, tr").pauses(1).says("ust me, I fear nothing").ends()
        ann = await world.join("ann", size=(100, 12))
        ann.types("@bot go\r")
        await world.settle(1)
        assert "ethos 0 % logos 100 % pathos 0 %" in ann.screen.text
        await world.settle(2)
        assert "ethos 50 % logos 50 % pathos 0 %" in ann.screen.text
        await world.settle(5)
        assert "ethos 57 % logos 29 % pathos 14 %" in ann.screen.text
        told = (await world.command("ann", "history lobby --limit 1 --json")).output
        assert json.loads(told)["meta"]["x"] == {"ethos": 0.57, "logos": 0.29, "pathos": 0.14}
        bot.says("Nothing of that.").ends()
        ann.types("@bot more\r")
        await world.settle(2)
        assert "ethos" not in ann.screen.text, "of the newest answer nothing was found"

    using("appeals.lua")(conversation)


def test_a_bot_of_ones_own(using: Callable[..., Talk]) -> None:
    async def conversation(world: World) -> None:
        ann = await world.join("ann")
        ann.types("@greeter hello\r")
        await world.settle(2)
        assert "@greeter       Good to see you, ann. You said: hello" in ann.screen.text
        ann.types("@greeter what time is it?\r")
        await world.settle(2)
        assert "Welcome, ann. It is Tuesday, 2023-11-14" in ann.screen.text

    using("greeter.lua")(conversation)
