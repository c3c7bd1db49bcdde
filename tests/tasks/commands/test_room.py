"""`ssh host room`: what is set of a room, and setting it from a shell."""

from __future__ import annotations

import json

from chatd.tasks.chat.room_settings import set_room
from chatd.testing import World
from tests.support import in_world


@in_world()
async def test_all_of_it_one_of_it_and_setting_it(world: World) -> None:
    world.model("bot")
    await world.command("alice", "room topic all  about tea")
    set_default = await world.command("alice", "room lobby default @bot")
    assert (set_default.output, set_default.errors, set_default.exit_status) == ("", "", 0)
    shown = await world.command("bob", "room")
    assert shown.output.splitlines() == [
        "topic        all about tea", "description  -", "default      bot", "system       -", "retrieval    off",
    ]  # fmt: skip
    assert (await world.command("bob", "room topic")).output == "all about tea\n"
    told = json.loads((await world.command("bob", "room lobby --json")).output)
    assert told == {
        "name": "lobby", "topic": "all about tea", "description": "", "default": "bot", "system": "",
        "retrieval": "off",
    }  # fmt: skip
    assert json.loads((await world.command("bob", "room --json retrieval")).output) == {
        "name": "lobby", "retrieval": "off",
    }  # fmt: skip
    assert [text for _, text, _ in world.rows()] == [
        "alice set the topic: all about tea", "alice set the default model: bot",
    ]  # fmt: skip


@in_world()
async def test_no_line_of_a_text_looks_like_another_setting(world: World) -> None:
    lobby = world.hub.lobby.get("lobby", "")
    set_room(world.hub, world.visitor("mallory"), lobby, {"description": "tea\ndefault      mallory"})
    await world.settle()
    shown = (await world.command("bob", "room")).output.splitlines()
    assert shown[1:4] == ["description  tea", " " * 13 + "default      mallory", "default      -"]


@in_world()
async def test_rooms_of_ones_own_and_those_that_are_called_like_a_setting(world: World) -> None:
    await world.hub.open_room("topic", world.visitor("alice"), make=True)
    await world.command("alice", "room #topic topic words")
    await world.command("alice", "room ~alice topic mine")
    assert (await world.command("alice", "room #topic topic")).output == "words\n"
    assert (await world.command("alice", "room ~alice topic")).output == "mine\n"
    assert (await world.command("bob", "room topic")).output == "\n", "the lobby's"
    hidden = await world.command("bob", "room ~alice")
    assert (hidden.exit_status, hidden.errors) == (69, "chatd: there is no room '~alice'\n")


@in_world()
async def test_what_is_wrong_is_one_line_and_changes_nothing(world: World) -> None:
    for command, status, why in (
        ("room retrieval perhaps", 64, "chatd: retrieval is on or off, not 'perhaps'\n"),
        ("room lobby colour red", 64, "chatd: a room has no setting 'colour'; there are topic, "),
        ("room default nobody", 69, "chatd: there is no model 'nobody'; you can ask @"),
        ("room topic -", 64, "chatd: there is no topic\n"),
    ):
        refused = await world.command("alice", command)
        assert (refused.exit_status, refused.output) == (status, "") and refused.errors.startswith(why), command
    assert world.rows() == []


@in_world()
async def test_who_names_nobody_asks_the_rooms_default_model(world: World) -> None:
    world.model("bot").says("four").ends()
    nobody = await world.command("alice", "ask two and two?")
    assert (nobody.exit_status, nobody.output) == (64, "")
    assert nobody.errors == (
        "chatd: say whom to ask: ask @MODEL TEXT…; ~alice has no default model (room ~alice default NAME)\n"
    )
    await world.command("alice", "room lobby default bot")
    asked = await world.command("alice", "ask --room lobby two and two?")
    assert (asked.output, asked.exit_status) == ("four\n", 0)
    assert ("alice", "@bot two and two?", "complete") in world.rows()
