"""Setting what a room is like: who may, who is told, what models and those who ask nobody get of it."""

from __future__ import annotations

import pytest

from chatd.errors import NotFound, NotPermitted, UsageError
from chatd.tasks.chat.ask import reserve
from chatd.tasks.chat.room_settings import differing, model_of, set_room, settings_view
from chatd.testing import World, run
from tests.support import in_world


@in_world()
async def test_several_are_set_together_and_a_row_tells_of_each(world: World) -> None:
    world.model("bot")
    lobby, alice = world.hub.lobby.get("lobby", ""), world.visitor("alice")
    wanted = {"topic": "tea", "default": "@BOT", "retrieval": "on"}
    await world.hub.recorder.confirm(set_room(world.hub, alice, lobby, wanted))
    assert lobby.settings == {"topic": "tea", "default": "bot", "retrieval": "on"}
    assert [text for _, text, _ in world.rows()] == [
        "alice set the topic: tea", "alice set the default model: bot", "alice turned retrieval on",
    ]  # fmt: skip
    assert differing(world.hub, alice, lobby, {**wanted, "topic": "cake"}) == {"topic": "cake"}
    assert settings_view(lobby)["system"] == "" and settings_view(lobby)["retrieval"] == "on"


@in_world()
async def test_one_that_is_wrong_leaves_all_as_they_were(world: World) -> None:
    lobby, alice = world.hub.lobby.get("lobby", ""), world.visitor("alice")
    for wanted, error, why in (
        ({"topic": "tea", "retrieval": "maybe"}, UsageError, "retrieval is on or off"),
        ({"topic": "tea", "default": "nobody"}, NotFound, "there is no model 'nobody'; you can ask @"),
        ({"topic": "tea", "system": "-"}, UsageError, "there is no system prompt"),
        ({"colour": "red"}, UsageError, "no setting 'colour'"),
        ({}, UsageError, "say what to set: topic, "),
    ):
        with pytest.raises(error, match=why):
            set_room(world.hub, alice, lobby, wanted)
    with pytest.raises(NotPermitted, match="guests set nothing of a room"):
        set_room(world.hub, world.visitor("guest-gus"), lobby, {"topic": "tea"})
    assert lobby.settings == {} and world.rows() == []


@in_world()
async def test_the_words_of_a_room_go_to_every_model_behind_the_operators(world: World) -> None:
    world.model("bot", system="You are helpful.")
    world.model("mute", system="")
    lobby, alice = world.hub.lobby.get("lobby", ""), world.visitor("alice")
    for name, before in (("bot", "You are helpful.\n\n"), ("mute", "")):
        told = reserve(world.hub, alice, lobby, [name], "hi", typed="@x hi", owner=None).answers[0]
        assert told.question.system.startswith(before) and bool(told.question.system) == bool(before)
        world.hub.answers.abandon(told)
    await world.hub.recorder.confirm(set_room(world.hub, alice, lobby, {"system": "Answer in rhyme."}))
    for name, before in (("bot", "You are helpful.\n\n"), ("mute", "")):
        told = reserve(world.hub, alice, lobby, [name], "hi", typed="@x hi", owner=None).answers[0]
        assert told.question.system.startswith(f"{before}Answer in rhyme.\n\nYou are {name}, in the room lobby")
        world.hub.answers.abandon(told)


@in_world()
async def test_a_default_model_that_is_gone_is_named_with_the_way_to_set_another(world: World) -> None:
    bot = world.model("bot")
    lobby, alice = world.hub.lobby.get("lobby", ""), world.visitor("alice")
    assert model_of(world.hub, lobby) is None
    await world.hub.recorder.confirm(set_room(world.hub, alice, lobby, {"default": "bot"}))
    assert model_of(world.hub, lobby) == "bot"
    world.hub.models.remove(bot.info.name)
    with pytest.raises(NotFound, match=r"the default model of lobby, @bot, is not here any more; .*/room default NAME"):
        model_of(world.hub, lobby)


def test_settings_outlive_a_kill() -> None:
    async def main() -> None:
        async with World.open() as world:
            await world.command("alice", "room system Be brief.")
            await world.command("alice", "room retrieval on")
            image = world.image()
        async with World.open(image=image) as world:
            assert world.hub.lobby.get("lobby", "").settings == {"system": "Be brief.", "retrieval": "on"}

    run(main)
