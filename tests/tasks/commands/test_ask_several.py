"""`ask` of several models, with tools and retries: the order of what is printed, and the exit status."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from chatd.core.row import Status
from chatd.core.visit import Visit
from chatd.errors import (
    BadConfig,
    ChatdError,
    Exit,
    LimitReached,
    ModelUnavailable,
    NetworkFailure,
    NotFound,
    NotPermitted,
    StorageError,
    UpstreamFailure,
)
from chatd.testing import MemoryTerminal, World
from chatd.testing.world import member
from tests.support import in_world


def events(terminal: MemoryTerminal) -> list[dict[str, Any]]:
    return [json.loads(line) for line in terminal.output.splitlines()]


def of(all_events: list[dict[str, Any]], mention_id: str) -> list[str]:
    return [event["type"] for event in all_events if event["mention_id"] == mention_id]


@in_world()
async def test_as_text_they_come_one_after_the_other_in_the_order_asked(world: World) -> None:
    world.model("slow").says("I ").pauses(5).says("think").ends()
    world.model("quick").says("yes\n\n").ends()
    asked = await world.command("alice", "ask @slow,quick really?")
    assert asked.output == "== slow ==\nI think\n== quick ==\nyes\n"
    assert (asked.errors, asked.exit_status) == ("", Exit.OK)
    assert [row[:2] for row in world.rows("~alice")[:1]] == [("alice", "@slow,quick really?")]


@in_world()
async def test_the_first_streams_while_the_others_wait(world: World) -> None:
    first = world.model("first").says("one ")
    second = world.model("second").says("two")
    asked = world.connect(Visit(member("alice"), "ask @first,second count"))
    await world.settle()
    assert asked.output == "== first ==\none "
    second.ends()
    await world.settle()
    assert asked.output == "== first ==\none "
    first.says("more").ends()
    await asked.ended.wait()
    assert asked.output == "== first ==\none more\n== second ==\ntwo\n"


@in_world()
async def test_tools_and_retries_are_notes_on_stderr_and_never_in_the_answer(world: World) -> None:
    bot = (
        world.model("bot").retries("bot: connection reset").says("hm").calls("calculate", '{"expression":"1+1"}').ends()
    )
    bot.says("2").ends()
    world.model("other").says("two").ends()
    asked = await world.command("alice", "ask @bot,other add")
    assert asked.output == "== bot ==\nhm\n2\n== other ==\ntwo\n"
    notes = asked.errors.splitlines()
    assert len(notes) == 3 and "connection reset" in notes[0] and "2 of 3" in notes[0]
    assert notes[1:] == ['chatd: bot: calls calculate {"expression":"1+1"}', "chatd: bot: calculate: 2"]


@in_world()
async def test_as_events_each_has_its_own_story_and_its_own_mention(world: World) -> None:
    bot = world.model("bot").retries("connection reset").thinks("so").calls("calculate", '{"expression":"1+1"}').ends()
    bot.says("2").counts(10, 5).ends()
    world.model("other").says("t").pauses(0.2).says("wo").fails("it broke")
    asked = await world.command("alice", "ask --json @bot,other add")
    told = events(asked)
    one, two = dict.fromkeys(event["mention_id"] for event in told)
    assert of(told, one) == ["started", "retry", "thinking", "tool_call", "tool_result", "token", "done"]
    assert of(told, two) == ["started", "token", "token", "error"]
    assert asked.exit_status == Exit.FAILED
    last = {event["mention_id"]: event for event in told}
    assert (last[one]["status"], last[one]["stats"]["completion_tokens"]) == ("complete", 5)
    assert (last[two]["status"], last[two]["error"]) == ("failed", "it broke")
    retry = next(event for event in told if event["type"] == "retry")
    assert "connection reset" in retry["content"]
    call, result = (next(event for event in told if event["type"] == kind) for kind in ("tool_call", "tool_result"))
    assert call["tool_name"] == result["tool_name"] == "calculate" and result["content"] == "2"
    row_ids = {event["row_id"] for event in told if event["type"] == "token"}
    assert row_ids == {last[one]["row_id"], last[two]["row_id"]}


@in_world()
async def test_two_forms_of_one_name_are_one_question(world: World) -> None:
    bot = world.model("bot:latest").says("x").ends()
    assert (await world.command("alice", "ask @bot,bot:latest hi")).output == "x\n"
    assert len(bot.questions) == 1


ENDS = {
    "ok": (None, Exit.OK),
    "refused": (ModelUnavailable("x"), Exit.TEMPORARY),
    "network": (NetworkFailure("x"), Exit.TEMPORARY),
    "limit": (LimitReached("x"), Exit.TEMPORARY),
    "key": (UpstreamFailure("x", exit_code=Exit.NOT_PERMITTED), Exit.NOT_PERMITTED),
    "guest": (NotPermitted("x"), Exit.NOT_PERMITTED),
    "unknown": (UpstreamFailure("x", exit_code=Exit.UNAVAILABLE), Exit.UNAVAILABLE),
    "gone": (NotFound("x"), Exit.UNAVAILABLE),
    "said": (UpstreamFailure("x"), Exit.FAILED),
    "disk": (StorageError("x"), Exit.FAILED),
    "config": (BadConfig("x"), Exit.FAILED),
    "bug": (ChatdError("x"), Exit.FAILED),
}
"""How a model fails before its first piece -> what `ask` exits with."""

WORST = (Exit.FAILED, Exit.TEMPORARY, Exit.NOT_PERMITTED, Exit.UNAVAILABLE, Exit.OK)


def answers(world: World, name: str, how: str) -> None:
    error = ENDS[how][0]
    model = world.model(name)
    model.says("fine").ends() if error is None else model.raises(error)


@pytest.mark.parametrize("how", list(ENDS))
def test_how_one_ended_is_the_exit_status(how: str) -> None:
    @in_world()
    async def conversation(world: World) -> None:
        answers(world, "bot", how)
        assert (await world.command("alice", "ask @bot hi")).exit_status == ENDS[how][1]

    conversation()


@in_world()
async def test_of_several_the_worst_is_the_exit_status(world: World) -> None:
    for one, two in itertools.combinations(("ok", "refused", "guest", "gone", "said"), 2):
        answers(world, "one", one)
        answers(world, "two", two)
        asked = await world.command("alice", "ask @one,two hi")
        assert asked.exit_status == min(ENDS[one][1], ENDS[two][1], key=WORST.index), (one, two)


@pytest.mark.parametrize("status", [Status.FAILED, Status.TRUNCATED])
def test_after_the_first_piece_every_failure_is_1(status: Status) -> None:
    @in_world()
    async def conversation(world: World) -> None:
        cut = status is Status.TRUNCATED
        world.model("bot").says("half").raises(NetworkFailure("reset", cut=cut))
        asked = await world.command("alice", "ask @bot hi")
        assert (asked.output, asked.exit_status) == ("half\n", Exit.FAILED)
        assert world.rows("~alice")[1] == ("bot", "half", str(status))

    conversation()


@in_world()
async def test_when_one_of_several_has_no_place_nobody_is_asked(world: World) -> None:
    for _ in range(3):
        world.connect(Visit(member("alice"), "ask @busy hi"))
    busy, one, two = world.model("busy"), world.model("one"), world.model("two")
    await world.settle()
    asked = await world.command("alice", "ask @one,two hi")
    assert asked.exit_status == Exit.TEMPORARY and "the limit is 4 at once" in asked.errors
    assert not one.questions and not two.questions and len(world.hub.answers.running) == 3
    for _ in range(3):
        busy.says("x").ends()
    await world.settle()
    assert len(world.rows("~alice")) == 6


@in_world()
async def test_cancelling_ends_all_of_them(world: World) -> None:
    world.model("one").says("x")
    world.model("two")
    asked = world.connect(Visit(member("alice"), "ask @one,two hi", pty=True))
    await world.settle()
    asked.types("\x03")
    await asked.ended.wait()
    assert asked.exit_status == Exit.CANCELLED
    assert world.rows("~alice")[1:] == [("one", "x", "cancelled")]


@in_world()
async def test_a_question_of_the_largest_size_is_asked_whole(world: World) -> None:
    bot = world.model("bot", context_tokens=100).says("long!").ends()
    text = ("x" * 79 + "\n") * 3276
    asked = await world.command("alice", "ask @bot review", text.encode())
    assert asked.exit_status == Exit.OK and text.strip() in bot.questions[0].text
    assert len(bot.questions[0].messages) == 1
