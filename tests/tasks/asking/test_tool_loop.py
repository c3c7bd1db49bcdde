"""Answers with tools: each call has its result, and is on disk before it runs, whatever the model and people do."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest
import trio

from chatd.config import Config, LimitsConfig
from chatd.core.question import Answered, ToolReturned
from chatd.core.row import Status
from chatd.core.tool import ToolSpec
from chatd.errors import Exit, NetworkFailure
from chatd.ports import Arguments, SimpleTool, ToolContext
from chatd.testing import World
from tests.support import converse, in_world


def add_tool(world: World, name: str, seconds: float = 0, answer: str = "done") -> list[Arguments]:
    """A tool that takes its time; returns the list of what it is called with."""
    calls: list[Arguments] = []

    async def run(arguments: Arguments, _: ToolContext) -> str:
        calls.append(arguments)
        await trio.sleep(seconds)
        return answer

    world.hub.answers.router.tools.add(SimpleTool(ToolSpec(name, "does it", {"type": "object"}), run))
    return calls


async def ask(world: World, text: str = "@bot do it") -> list[tuple[str, str, str]]:
    alice = await world.join("alice")
    alice.types(f"{text}\r")
    await world.settle(60)
    return world.rows()[1:]


@in_world()
async def test_a_call_and_its_result_are_rows_and_the_model_is_told(world: World) -> None:
    bot = world.model("bot").says("let me see").calls("calculate", '{"expression": "6*7"}').ends().says("42!").ends()
    assert await ask(world) == [
        ("bot", "let me see", "complete"), ("bot", '{"expression": "6*7"}', "complete"),
        ("calculate", "42", "complete"), ("bot", "42!", "complete"),
    ]  # fmt: skip
    _, answered, returned = bot.questions[1].messages
    assert isinstance(answered, Answered) and answered.text == "let me see" and len(answered.calls) == 1
    assert returned == ToolReturned("call", "calculate", "42")
    history = await world.command("alice", "history --json")
    rows = [json.loads(line) for line in history.output.splitlines()]
    assert [row["content_method"] for row in rows][1:] == ["message.model", "tool.call", "tool.result", "message.model"]
    assert rows[3]["parent_id"] == rows[2]["id"] and rows[2]["tool_name"] == "calculate"
    assert len({row["mention_id"] for row in rows}) == 1


@in_world()
async def test_calls_of_one_round_run_side_by_side(world: World) -> None:
    add_tool(world, "slow", 20)
    bot = world.model("bot").calls("slow", '{"n":1}', call_id="a").calls("slow", '{"n":2}', call_id="b").ends()
    bot.says("both").ends()
    alice = await world.join("alice")
    alice.types("@bot go\r")
    await world.settle(21)
    assert world.rows()[-1] == ("bot", "both", "complete")


@in_world()
async def test_a_call_is_on_disk_before_its_tool_runs(world: World) -> None:
    seen: list[tuple[str, str, str]] = []

    async def run(_: Arguments, __: ToolContext) -> str:
        seen.extend(world.rows())
        return "ok"

    world.hub.answers.router.tools.add(SimpleTool(ToolSpec("look", "looks", {"type": "object"}), run))
    world.model("bot").calls("look").ends().says("fine").ends()
    world.disk.delay = lambda: 0.2
    await ask(world)
    assert seen[-1] == ("bot", "{}", "complete")


@in_world()
async def test_the_same_call_is_blocked_the_third_time(world: World) -> None:
    calls = add_tool(world, "again")
    bot = world.model("bot")
    for spelled in ('{"a":1,"b":2}', '{"b": 2, "a": 1}', '{"a":1,"b":2}'):
        bot.calls("again", spelled).ends()
    bot.says("enough").ends()
    rows = await ask(world)
    assert len(calls) == 2
    assert rows[5] == ("again", "not run: the same call was made 2 times already; go on with what it gave", "failed")
    assert rows[-1] == ("bot", "enough", "complete")


def test_after_the_last_round_it_is_asked_once_more_without_tools() -> None:
    async def conversation(world: World) -> None:
        bot = world.model("bot")
        for number in range(3):
            bot.calls("calculate", f'{{"expression": "{number}"}}', call_id=f"c{number}").ends()
        rows = await ask(world)
        assert [question.may_call for question in bot.questions] == [True, True, False]
        assert rows[-2] == ("calculate", "not run: the limit is 2 rounds of tool calls (max_tool_rounds)", "failed")
        reason = "bot: kept calling tools after 2 rounds, the limit is max_tool_rounds"
        assert rows[-1] == ("system", reason, "complete")

    converse(conversation, Config(limits=LimitsConfig(max_tool_rounds=2)))


@in_world()
async def test_a_call_that_was_cut_off_is_not_run_and_the_model_is_told(world: World) -> None:
    calls = add_tool(world, "cut")
    bot = world.model("bot").calls("cut", '{"half": ').ends(Status.LENGTH).says("sorry").ends()
    rows = await ask(world)
    assert not calls
    assert rows[1] == ("cut", "not run: the call was cut off by the limit on the answer's length", "failed")
    assert rows[-1] == ("bot", "sorry", "complete") and len(bot.questions) == 2


@pytest.mark.parametrize("arguments", ["[1]", '"{}"', "{", "7"])
def test_arguments_that_are_none_are_answered_and_never_run(arguments: str) -> None:
    async def conversation(world: World) -> None:
        calls = add_tool(world, "it")
        world.model("bot").calls("it", arguments).ends().says("oh").ends()
        rows = await ask(world)
        assert not calls and rows[0] == ("bot", arguments, "complete")
        assert rows[1][1].startswith("invalid arguments: ") and rows[1][2] == "failed"

    converse(conversation)


@in_world()
async def test_what_was_called_when_the_stream_broke_is_not_run(world: World) -> None:
    calls = add_tool(world, "it")
    bot = world.model("bot").says("wait").calls("it")
    bot.raises(NetworkFailure("the connection broke", cut=True))
    rows = await ask(world)
    assert not calls
    assert rows == [
        ("bot", "wait", "complete"), ("bot", "{}", "complete"), ("it", "not run: the answer broke off", "failed"),
        ("system", "bot: the connection broke", "complete"),
    ]  # fmt: skip


@in_world()
async def test_ctrl_c_during_a_tool_stops_it_and_leaves_a_history_without_dangling_calls(world: World) -> None:
    add_tool(world, "slow", 1000)
    bot = world.model("bot").calls("slow").ends()
    alice = await world.join("alice")
    alice.types("@bot go\r")
    await world.settle(5)
    alice.types("\x03")
    await world.settle()
    result = ("slow", "no result: the answer was cancelled before the tool ended", "cancelled")
    assert world.rows()[1:] == [("bot", "{}", "complete"), result]
    bot.says("hi").ends()
    alice.types("@bot and now?\r")
    await world.settle()
    messages = bot.questions[-1].messages
    called = {call.id for message in messages if isinstance(message, Answered) for call in message.calls}
    assert called == {message.id for message in messages if isinstance(message, ToolReturned)} != set()
    assert world.rows()[-1] == ("bot", "hi", "complete")


def test_a_tool_that_takes_too_long_is_stopped_and_the_answer_goes_on() -> None:
    async def conversation(world: World) -> None:
        add_tool(world, "slow", 1000)
        world.model("bot").calls("slow").ends().says("then not").ends()
        rows = await ask(world)
        assert rows[1] == ("slow", "(stopped: it took longer than 3 s)", "failed")
        assert rows[-1] == ("bot", "then not", "complete")

    converse(conversation, Config(limits=LimitsConfig(tool_timeout=3)))


@in_world()
async def test_output_that_comes_in_pieces_grows_its_row(world: World) -> None:
    class Talking:
        spec = ToolSpec("talk", "talks", {"type": "object"})

        def run(self, _: Arguments, __: ToolContext) -> AbstractAsyncContextManager[AsyncIterator[str]]:
            return talk()

    world.hub.answers.router.tools.add(Talking())
    world.model("bot").calls("talk").ends().says("ok").ends()
    alice = await world.join("alice")
    alice.types("@bot go\r")
    await world.settle(1.5)
    assert world.rows()[-1] == ("talk", "one ", "open")
    await world.settle(5)
    assert world.rows()[-2] == ("talk", "one two", "complete")


@in_world()
async def test_ask_tells_of_tools_on_stderr_and_as_events(world: World) -> None:
    bot = world.model("bot").says("hm").calls("calculate", '{"expression":"1+1"}').ends().says("2").ends()
    asked = await world.command("alice", "ask @bot add")
    assert (asked.output, asked.exit_status) == ("hm\n2\n", Exit.OK)
    assert "bot: calls calculate" in asked.errors and "bot: calculate: 2" in asked.errors
    bot.thinks("so").calls("calculate", '{"expression":"1+1"}').counts(10, 5).ends().says("2").ends()
    events = [json.loads(line) for line in (await world.command("alice", "ask --json @bot add")).output.splitlines()]
    assert [event["type"] for event in events] == ["started", "thinking", "tool_call", "tool_result", "token", "done"]
    assert (events[2]["content"], events[3]["content"]) == ('{"expression":"1+1"}', "2")


@asynccontextmanager
async def talk() -> AsyncIterator[AsyncIterator[str]]:
    yield _Pieces()


class _Pieces:
    def __init__(self) -> None:
        self._left = ["two", "one "]

    def __aiter__(self) -> AsyncIterator[str]:
        return self

    async def __anext__(self) -> str:
        if not self._left:
            raise StopAsyncIteration
        await trio.sleep(1)
        return self._left.pop()
