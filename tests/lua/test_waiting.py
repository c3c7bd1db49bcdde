"""Questions for later: asked once, in their room, when the model can be had and the asker is there; none is lost."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from chatd.testing import World, run
from chatd.testing.models import ScriptedModel
from tests.support import in_world

LOOK = 31
"""Seconds in which it is looked whether a model can be had."""


def away(world: World) -> ScriptedModel:
    """The model `bot`, whose server is away."""
    bot = world.model("bot")
    bot.unavailable = "nobody is there"
    bot.info = replace(bot.info, available=False)
    return bot


def back(bot: ScriptedModel) -> ScriptedModel:
    """It can be had again."""
    bot.unavailable = None
    bot.info = replace(bot.info, available=True)
    return bot


async def refuses(*_: object) -> str:
    """An on_prompt that lets nothing pass."""
    return "secrets stay here"


@in_world(shipped=True)
async def test_a_question_waits_for_its_model_and_is_asked_once(world: World) -> None:
    bot, ann = away(world), await world.join("ann")
    ann.types("/later @bot why?\r")
    await world.settle(10 * LOOK)
    assert not bot.questions and world.rows() == []
    back(bot).says("because").ends()
    await world.settle(LOOK)
    assert world.rows() == [("ann", "@bot why?", "complete"), ("bot", "because", "complete")]
    assert "@bot can be had again: your question is asked" in ann.screen
    await world.settle(3 * LOOK)
    assert len(bot.questions) == 1


@in_world(shipped=True)
async def test_alone_it_keeps_the_question_that_just_failed(world: World) -> None:
    bot, ann = away(world), await world.join("ann")
    ann.types("@bot why?\r")
    await world.settle()
    assert "/later asks when it can be had" in ann.screen
    ann.types("/later\r")
    await world.settle(2)
    back(bot).says("because").ends()
    await world.settle(LOOK)
    assert [row[:2] for row in world.rows()][-2:] == [("ann", "@bot why?"), ("bot", "because")]


@in_world(shipped=True)
async def test_an_answer_that_broke_off_is_to_be_carried_on(world: World) -> None:
    bot, ann = world.model("bot").says("because of").fails("gone"), await world.join("ann")
    ann.types("@bot why?\r")
    await world.settle()
    assert "/continue has @bot go on from there, /retry asks again" in ann.screen and "/later" not in ann.screen
    bot.fails("gone")
    ann.types("@bot who?\r")
    await world.settle()
    assert "/retry asks @bot again, /later asks when it can be had" in ann.screen, "of this one nothing came"


@in_world(shipped=True)
async def test_what_is_not_given_to_a_model_is_not_kept_for_later(world: World) -> None:
    world.hub.answers.router.prompt_hook.put(refuses, lambda: True)
    ann = await world.join("ann")
    ann.types("@echo the secret\r")
    await world.settle()
    assert "echo: secrets stay here" in ann.screen and "/later" not in ann.screen


@in_world(shipped=True)
async def test_of_several_models_the_one_that_failed_is_asked_again(world: World) -> None:
    bot, ann = away(world), await world.join("ann")
    ann.types("@echo,bot why?\r")
    await world.settle()
    ann.types("/later\r")
    await world.settle(2)
    back(bot).says("because").ends()
    await world.settle(LOOK)
    assert [row[:2] for row in world.rows()][-2:] == [("ann", "@bot why?"), ("bot", "because")]


@in_world(shipped=True)
async def test_without_a_failure_there_is_nothing_to_keep(world: World) -> None:
    ann = await world.join("ann")
    for line, told in (
        ("/later", "no question of yours has failed here"), ("/later why?", "say whom to ask, and what"),
        ("/later drop 3", "say which: /later drop N"), ("/later list", "nothing waits"),
    ):  # fmt: skip
        ann.types(f"\x15{line}\r")
        await world.settle()
        assert told in ann.screen, line
        ann.types("\x1b")
        await world.settle()


@in_world(shipped=True)
async def test_it_is_asked_in_its_room_and_its_asker_is_told_elsewhere(world: World) -> None:
    bot, ann = away(world), await world.join("ann")
    ann.types("/later @bot why?\r")
    await world.settle()
    ann.types("/join den\r")
    await world.settle()
    back(bot)
    await world.settle(LOOK)
    assert not bot.questions and "your question is asked when you are in lobby" in ann.screen
    bot.says("because").ends()
    ann.types("/join lobby\r")
    await world.settle(LOOK)
    assert ("ann", "@bot why?", "complete") in world.rows() and world.rows("den") == []


def test_it_waits_over_a_restart_until_its_asker_is_here(tmp_path: Path) -> None:
    async def main() -> None:
        async with World.open(database=tmp_path / "chatd.sqlite3") as world:
            away(world)
            ann = await world.join("ann")
            ann.types("/later @bot why?\r")
            await world.settle(2)
        async with World.open(database=tmp_path / "chatd.sqlite3") as world:
            bot = world.model("bot").says("because").ends()
            bob = await world.join("bob")
            await world.settle(2 * LOOK)
            assert not bot.questions
            await world.join("ann")
            await world.settle(LOOK)
            assert len(bot.questions) == 1 and "because" in bob.screen

    run(main)


@in_world(shipped=True)
async def test_in_line_mode_it_is_the_same(world: World) -> None:
    bot, ann = away(world), await world.lines("ann")
    ann.types("/later @bot why?\n/later list\n")
    await world.settle()
    assert "* kept: it is asked in lobby when @bot can be had" in ann.output
    assert "1. in lobby, for 0 hours: @bot why?" in ann.output
    back(bot).says("because").ends()
    await world.settle(LOOK)
    assert ann.output.endswith("bot: because\n")


@in_world(shipped=True)
async def test_one_that_is_given_up_is_not_asked(world: World) -> None:
    bot, ann = away(world), await world.lines("ann")
    ann.types("/later @bot one?\n/later @bot two?\n/later drop 1\n")
    await world.settle()
    assert "* given up: @bot one?" in ann.output
    back(bot).says("because").ends()
    await world.settle(3 * LOOK)
    assert [question.text for question in bot.questions] == ["two?"]


@in_world(shipped=True)
async def test_so_many_are_kept_and_no_longer_than_a_week(world: World) -> None:
    bot, ann = away(world), await world.lines("ann")
    ann.types("".join(f"/later @bot {number}?\n" for number in range(9)))
    await world.settle()
    assert "8 questions wait already, that is the limit" in ann.output
    world.clock.jumps(8 * 24 * 3600)
    back(bot)
    await world.settle(LOOK)
    assert ann.output.count("is not asked any more") == 8 and not bot.questions


@in_world(shipped=True)
async def test_what_a_limit_refuses_goes_on_waiting(world: World) -> None:
    bot, ann = away(world), await world.lines("ann")
    ann.types("".join(f"/later @bot {number}?\n" for number in range(6)))
    await world.settle()
    back(bot)
    await world.settle(LOOK)
    assert len(bot.questions) == 4 and "waits still: you have 4 answers running" in ann.output
    for _ in range(6):
        bot.says("because").ends()
    await world.settle(3 * LOOK)
    assert sorted(question.text for question in bot.questions) == [f"{number}?" for number in range(6)]


@in_world(shipped=True)
async def test_two_sessions_of_one_person_ask_once(world: World) -> None:
    bot, one, other = away(world), await world.lines("ann"), await world.lines("ann")
    one.types("/later @bot why?\n")
    await world.settle()
    other.types("hello\n")
    await world.settle()
    one.hangs_up()
    back(bot).says("because").ends()
    await world.settle(2 * LOOK)
    assert len(bot.questions) == 1 and other.output.endswith("bot: because\n")


@in_world(shipped=True)
async def test_a_failure_is_the_askers_own_business(world: World) -> None:
    """Who reads along is given no hint, and has nothing to keep."""
    away(world)
    ann, bob = await world.join("ann"), await world.join("bob")
    ann.types("@bot why?\r")
    await world.settle()
    assert "/later asks when it can be had" in ann.screen and "/later asks" not in bob.screen
    bob.types("/later\r")
    await world.settle(2)
    assert "no question of yours has failed here" in bob.screen
