"""Taking places for a question: all of them or none, and nothing is taken before everything has been checked."""

from __future__ import annotations

import pytest

from chatd.config import Config, LimitsConfig
from chatd.core.row import Status
from chatd.errors import LimitReached, NotFound, UsageError
from chatd.tasks.chat.ask import Asked, reserve
from chatd.testing import World
from chatd.testing.world import member
from tests.support import converse, in_world

ALICE = member("alice")


def ask(world: World, *names: str, message: str = "hi", typed: str = "@x hi") -> Asked:
    room = world.hub.lobby.find("lobby", "alice")
    assert room is not None
    return reserve(world.hub, ALICE, room, names, message, typed=typed, owner=None)


@in_world()
async def test_a_model_is_told_what_was_said_in_the_room_of_the_question_and_nowhere_else(world: World) -> None:
    bot = world.model("bot").says("one").ends().says("two").ends().says("three").ends().says("four").ends()
    await world.command("alice", "say in the lobby")
    await world.command("alice", "ask @bot for me alone")
    await world.command("bob", "say also in the lobby")
    await world.command("bob", "ask --room lobby @bot for all")
    await world.command("bob", "ask @bot for me as well")
    await world.command("alice", "ask @bot and on")
    asked = [[(getattr(one, "author", "bot"), one.text) for one in question.messages] for question in bot.questions]
    assert [question.room for question in bot.questions] == ["~alice", "lobby", "~bob", "~alice"]
    assert asked == [
        [("alice", "for me alone")],
        [("alice", "in the lobby"), ("bob", "also in the lobby"), ("bob", "for all")],
        [("bob", "for me as well")],
        [("alice", "for me alone"), ("bot", "one"), ("alice", "and on")],  # as many as there were in the lobby
    ]


@in_world()
async def test_a_bug_on_the_way_gives_back_what_was_taken(world: World) -> None:
    world.model("one")
    world.model("two").info = None  # type: ignore[assignment]
    with pytest.raises(AttributeError):
        ask(world, "one", "two")
    assert not world.hub.answers.running


def test_a_limit_on_the_way_gives_back_what_was_taken() -> None:
    async def conversation(world: World) -> None:
        world.model("one"), world.model("two")
        with pytest.raises(LimitReached, match="you ask 2 models, the limit is 1 at once"):
            ask(world, "one", "two")
        assert not world.hub.answers.running

    converse(conversation, Config(limits=LimitsConfig(max_streams_per_user=1)))


@pytest.mark.parametrize(("message", "typed"), [("x" * 16385, "@bot short"), ("short", "@bot " + "x" * 16385)])
def test_neither_what_is_asked_nor_what_is_shown_may_be_too_long(message: str, typed: str) -> None:
    """A script may have them differ."""

    @in_world()
    async def conversation(world: World) -> None:
        world.model("bot")
        with pytest.raises(UsageError, match="the limit is 16"):
            ask(world, "bot", message=message, typed=typed)
        assert not world.hub.answers.running

    conversation()


@in_world()
async def test_nobody_is_asked_when_one_is_nobody(world: World) -> None:
    world.model("one")
    with pytest.raises(NotFound):
        ask(world, "one", "nobody")
    assert not world.hub.answers.running


@in_world()
async def test_at_most_eight_at_once(world: World) -> None:
    for number in range(9):
        world.model(f"m{number}")
    with pytest.raises(LimitReached, match="9 models asked at once, the limit is 8"):
        ask(world, *(f"m{number}" for number in range(9)))


@in_world()
async def test_a_place_that_was_taken_can_be_stopped_before_it_runs(world: World) -> None:
    bot = world.model("bot")
    asked = ask(world, "bot")
    (answer,) = asked.answers
    answer.stop(Status.CANCELLED)
    asked.submit(world.hub)
    await answer.run()
    await world.settle()
    assert not world.hub.answers.running and bot.open_streams == 0
    assert world.rows() == [("alice", "@x hi", "complete")]
