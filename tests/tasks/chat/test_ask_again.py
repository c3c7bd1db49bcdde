"""/retry and /continue: one more child of the same question, without a row of the asker's."""

from __future__ import annotations

import json
from typing import Any

from chatd.core.prompt import GO_ON
from chatd.core.question import Answered, Said, ToolReturned
from chatd.core.row import Status
from chatd.errors import ModelUnavailable
from chatd.testing import MemoryTerminal, World
from tests.support import in_world


async def history(world: World) -> list[dict[str, Any]]:
    shown = await world.command("zoe", "history --json")
    return [json.loads(line) for line in shown.output.splitlines()]


async def types(world: World, terminal: MemoryTerminal, *lines: str) -> None:
    for line in lines:
        terminal.types(f"{line}\r")
        await world.settle()


def said(world: World) -> list[tuple[str, str]]:
    return [(author, text) for author, text, _ in world.rows()]


@in_world(shipped=True)
async def test_retrying_asks_the_same_question_with_what_stood_before_it(world: World) -> None:
    bot = world.model("bot").says("one").ends().says("two").ends()
    alice = await world.join("alice")
    await types(world, alice, "hello", "@bot why?", "never mind", "/retry")
    assert said(world) == [
        ("alice", "hello"), ("alice", "@bot why?"), ("bot", "one"), ("alice", "never mind"), ("bot", "two"),
    ]  # fmt: skip
    _, question, first, _, second = await history(world)
    assert first["parent_id"] == second["parent_id"] == question["id"]
    assert second["meta"]["retries"] == first["id"] and "retries" not in first["meta"]
    assert second["mention_id"] != first["mention_id"]
    assert bot.questions[0].messages == bot.questions[1].messages
    assert bot.questions[1].messages == (Said("alice", "hello"), Said("alice", "why?", asked=True))


@in_world(shipped=True)
async def test_continuing_goes_on_from_what_was_kept_again_and_again(world: World) -> None:
    bot = world.model("bot").says("one ").fails("the wire broke", Status.TRUNCATED)
    bot.says("two ").ends(Status.LENGTH).says("three").ends()
    alice = await world.join("alice")
    await types(world, alice, "@bot count", "/continue", "/continue")
    assert said(world) == [
        ("alice", "@bot count"), ("bot", "one "), ("system", "bot: the wire broke"), ("bot", "two "), ("bot", "three"),
    ]  # fmt: skip
    question, first, _, second, third = await history(world)
    assert {row["parent_id"] for row in (first, second, third)} == {question["id"]}
    assert (second["meta"]["continues"], third["meta"]["continues"]) == (first["id"], second["id"])
    assert bot.questions[2].messages == (
        Said("alice", "count", asked=True), Answered("one "), Said("", GO_ON), Answered("two "), Said("", GO_ON),
    )  # fmt: skip
    assert bot.questions[2].continues == "one two "
    await types(world, alice, "/continue")
    assert "the answer of @bot is complete; /retry asks again" in alice.screen.text
    assert len(bot.questions) == 3


@in_world(shipped=True)
async def test_there_is_nothing_to_ask_again(world: World) -> None:
    world.model("bot").says("for bob").ends()
    bob, alice = await world.join("bob"), await world.join("alice")
    await types(world, bob, "@bot hi")
    for command in ("/retry", "/continue", "/retry bot"):
        await types(world, alice, command)
        assert "no answer to a question of yours here" in alice.screen.text
        alice.types("\x15")
    await types(world, alice, "/retry nobody")
    assert "there is no model" in alice.screen.text
    assert len(world.rows()) == 2


@in_world(shipped=True)
async def test_a_failure_without_a_word_can_be_retried_and_has_no_beginning(world: World) -> None:
    bot = world.model("bot").raises(ModelUnavailable("refused"))
    alice = await world.join("alice")
    await types(world, alice, "@bot hi", "/continue")
    assert "there is no beginning to carry on" in alice.screen.text
    alice.types("\x15")
    bot.says("hello").ends()
    await types(world, alice, "/retry")
    assert said(world) == [("alice", "@bot hi"), ("system", "bot: refused"), ("bot", "hello")]
    question, failure, answer = await history(world)
    assert (answer["parent_id"], answer["meta"]["retries"]) == (question["id"], failure["id"])


@in_world(shipped=True)
async def test_what_was_cancelled_before_the_first_word_is_what_is_retried_and_no_older_question(world: World) -> None:
    bot = world.model("bot").says("first answer").ends()
    alice = await world.join("alice")
    await types(world, alice, "@bot first", "@bot second", "\x03")
    assert bot.open_streams == 0
    bot.says("second answer").ends()
    await types(world, alice, "/retry")
    assert bot.questions[-1].text == "second"
    question, answer = (await history(world))[-2:]
    assert (answer["parent_id"], answer["meta"]["retries"]) == (question["id"], question["id"])


@in_world(shipped=True)
async def test_what_was_only_said_is_not_asked_by_a_retry(world: World) -> None:
    bot = world.model("bot").says("yes").ends().says("again").ends()
    alice = await world.join("alice")
    await types(world, alice, "@bot really?")
    await world.command("alice", "say '@bot is nice'")
    await types(world, alice, "/retry")
    assert [question.text for question in bot.questions] == ["really?", "really?"]


@in_world(shipped=True)
async def test_a_running_answer_is_neither_retried_nor_continued(world: World) -> None:
    """Between its rounds, too, when its first row is complete."""
    bot = world.model("bot").says("old").ends(Status.LENGTH)
    alice = await world.join("alice")
    await types(world, alice, "@bot first")
    bot.says("let me see").calls("calculate", '{"expression": "1+1"}').ends()
    await types(world, alice, "@bot second")
    assert bot.open_streams == 1
    other = await world.join("alice")
    for command in ("/continue", "/retry", "/retry bot"):
        await types(world, other, command)
        assert "@bot is answering you still; /cancel stops it" in other.screen.text
        await types(world, other, "\x15")
    bot.says("2").ends().says(" and older").ends()
    await world.settle()
    assert [question.text for question in bot.questions] == ["first", "second", "second"]


@in_world(shipped=True)
async def test_what_was_cut_off_during_a_tool_goes_on_behind_its_result(world: World) -> None:
    bot = world.model("bot").says("let me see").calls("calculate", '{"expression": "6*7"}').ends()
    alice = await world.join("alice")
    await types(world, alice, "@bot what is 6*7?", "\x03")
    assert [status for _, _, status in world.rows()] == ["complete"] * 4
    bot.says("42").ends()
    await types(world, alice, "/continue")
    _, answered, returned, go_on = bot.questions[-1].messages
    assert isinstance(answered, Answered) and (answered.text, len(answered.calls)) == ("let me see", 1)
    assert isinstance(returned, ToolReturned) and returned.text == "42" and go_on == Said("", GO_ON)
    assert said(world)[-1] == ("bot", "42")


@in_world(shipped=True)
async def test_an_answer_that_was_only_a_call_can_be_retried(world: World) -> None:
    bot = world.model("bot").says("old").ends().calls("calculate", '{"expression": "1"}').ends()
    alice = await world.join("alice")
    await types(world, alice, "@bot first", "@bot second", "\x03")
    bot.says("new").ends()
    await types(world, alice, "/retry")
    assert bot.questions[-1].text == "second"


@in_world(shipped=True)
async def test_one_of_several_is_asked_again(world: World) -> None:
    one, two = world.model("one").says("I").ends(), world.model("two").says("II").ends()
    alice = await world.join("alice")
    await types(world, alice, "@one,two count")
    one.says("i").ends()
    await types(world, alice, "/retry one")
    two.says("ii").ends()
    await types(world, alice, "/retry @two")
    assert said(world)[1:] == [("one", "I"), ("two", "II"), ("one", "i"), ("two", "ii")]
    rows = await history(world)
    assert {row["parent_id"] for row in rows[1:]} == {rows[0]["id"]}
    assert rows[4]["meta"]["retries"] == rows[2]["id"]


@in_world(shipped=True)
async def test_of_several_that_left_nothing_the_named_one_is_retried(world: World) -> None:
    one, two = world.model("one"), world.model("two")
    alice = await world.join("alice")
    await types(world, alice, "@one,two count", "\x03", "\x03")
    two.says("II").ends()
    await types(world, alice, "/retry two")
    assert (len(one.questions), len(two.questions)) == (1, 2) and said(world)[-1] == ("two", "II")


@in_world(shipped=True)
async def test_a_retry_over_a_limit_is_refused_and_takes_no_place(world: World) -> None:
    world.model("bot").says("x").ends()
    other = world.model("other")
    alice = await world.join("alice")
    await types(world, alice, "@bot first", *["@other more"] * 4, "/retry bot")
    assert "you have 4 answers running" in alice.screen.text
    assert len(world.hub.answers.running) == 4
    for _ in range(4):
        other.says("y").ends()
    await world.settle()
    assert not world.hub.answers.running


@in_world(shipped=True)
async def test_what_was_only_said_is_not_asked(world: World) -> None:
    bot, other = world.model("bot").says("a").ends(), world.model("other")
    alice = await world.join("alice")
    await types(world, alice, "@bot first")
    await world.command("alice", "say --room lobby '@bot,other I only say this'")
    bot.says("b").ends()
    await types(world, alice, "/retry")
    assert [question.text for question in bot.questions] == ["first", "first"] and not other.questions


@in_world(shipped=True)
async def test_a_guest_does_not_go_on_with_what_another_guest_of_the_name_asked(world: World) -> None:
    bot = world.model("bot").says("a secret").ends(Status.LENGTH)
    first = await world.join("guest-bob")
    await types(world, first, "@bot mine")
    first.hangs_up()
    await world.settle(2)
    second = await world.join("guest-bob")
    for command in ("/retry", "/continue"):
        await types(world, second, command)
        assert "no answer to a question of yours here" in second.screen.text
        await types(world, second, "\x15")
    assert len(bot.questions) == 1
