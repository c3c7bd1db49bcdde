"""Whom the router asks, what it takes for a question, and who may listen beside the asker."""

from __future__ import annotations

from typing import Any

import pytest
import trio
import trio.testing

from chatd.core.question import Answered, Question, ToolReturned
from chatd.core.row import Status
from chatd.core.stream import (
    Done,
    Failed,
    Lagged,
    Started,
    StreamEvent,
    Token,
    ToolCall,
    ToolOutput,
    ToolResult,
)
from chatd.errors import (
    LimitFailure,
    NoStreaming,
    NotFound,
    UsageError,
)
from chatd.ports import ModelInfo
from chatd.tasks.asking.actor import Actor, Say
from tests.tasks.asking.house import House, ignore, in_house


class Mute:
    """Has a name, and nothing to say."""

    info = ModelInfo("mute", "test", "mute")


# --- who, and what


@in_house()
async def test_names_that_mean_nobody_and_actors_that_cannot_stream(house: House) -> None:
    house.router.register("Mute", Mute())  # type: ignore[arg-type]
    with pytest.raises(NotFound, match="there is no model 'nobody'; you can ask @bot"):
        async with house.router.stream("nobody", "why?"):
            pass
    with pytest.raises(NoStreaming, match=r"^Actor mute does not support streaming$"):
        await house.router.stream_ask("mute", "inference", "why?", on_chunk=ignore)
    with pytest.raises(UsageError, match="inference"):
        await house.router.stream_ask("bot", "cron.tick", "why?", on_chunk=ignore)


@in_house()
async def test_the_forms_of_a_question(house: House) -> None:
    house.model("own", system="be brief")
    for payload in ("hi", {"message": "hi"}, {"content": "hi", "system": "be kind"}):
        house.models[-1].says("x").ends()
        await house.router.stream_ask("own", "inference", payload, on_chunk=ignore)
    house.bot.says("x").ends()
    await house.router.stream_ask("bot", "mention", Question("whole", "alice"), on_chunk=ignore)
    assert [(q.text, q.system) for q in house.models[-1].questions] == [
        ("hi", "be brief"), ("hi", "be brief"), ("hi", "be kind"),
    ]  # fmt: skip
    assert house.bot.questions[0] == Question("whole", "alice", may_call=False)


@pytest.mark.parametrize("payload", ["", " ", {}, {"message": 7}, {"message": "hi", "system": 7}, None, ["hi"], 7])
def test_what_is_no_question_is_refused(payload: Any) -> None:
    @in_house()
    async def conversation(house: House) -> None:
        with pytest.raises(UsageError, match="a question is a text"):
            await house.router.stream_ask("bot", "inference", payload, on_chunk=ignore)

    conversation()


@in_house()
async def test_a_registered_function_is_asked_by_any_spelling_of_its_name(house: House) -> None:
    async def speak(question: Question, say: Say) -> None:
        for word in question.text.split():
            await say(word + "!")

    house.router.register("Parrot", Actor("Parrot", speak))
    async with house.router.stream("@PARROT", "hello world") as events:
        assert [event async for event in events] == [Started(), Token("hello!"), Token("world!"), Done()]


async def read(house: House, name: str, then: Exception | None = None) -> list[StreamEvent]:
    """Read a stream to the end; `then` is raised in the midst of it."""
    heard: list[StreamEvent] = []
    async with house.router.stream(name, "hi") as events:
        async for event in events:
            heard.append(event)
            if then is not None and isinstance(event, Token):
                raise then
    return heard


def actor_that_raises(error: Exception) -> Actor:
    async def speak(_: Question, say: Say) -> None:
        await say("half")
        raise error

    return Actor("broken", speak)


@in_house()
async def test_a_bug_of_an_actor_comes_out_bare_where_the_answer_is_read(house: House) -> None:
    bug = ValueError("oh no")
    house.router.register("broken", actor_that_raises(bug))
    with pytest.raises(ValueError, match="oh no") as info:
        await house.router.stream_ask("broken", "inference", "hi", on_chunk=ignore)
    assert info.value is bug
    with pytest.raises(ValueError, match="oh no") as info:
        await read(house, "broken")
    assert info.value is bug


@in_house()
async def test_a_failure_that_an_actor_raises_is_told_as_its_answers(house: House) -> None:
    house.router.register("broken", actor_that_raises(LimitFailure("too much")))
    assert await read(house, "broken") == [Started(), Token("half"), Failed("too much")]


@in_house()
async def test_a_group_of_the_users_own_stays_whole_and_two_failures_at_once_are_both_told(house: House) -> None:
    own = ExceptionGroup("mine", [KeyError(1)])
    house.bot.says("a")
    with pytest.raises(ExceptionGroup) as info:
        await read(house, "bot", own)
    assert info.value is own

    async def speak(_: Question, say: Say) -> None:
        try:
            await say("half")
        finally:
            raise ValueError("in passing")

    house.router.register("untidy", Actor("untidy", speak))
    with pytest.raises(ExceptionGroup) as info:
        await read(house, "untidy", KeyError(2))
    assert info.group_contains(KeyError) and info.group_contains(ValueError)


@in_house()
async def test_tools_run_for_whoever_asks(house: House) -> None:
    house.bot.calls("slow", call_id="c").ends().says("so").ends()
    async with house.router.stream("bot", "do it") as events:
        heard = [event async for event in events]
    assert heard == [
        Started(), ToolCall("c", "slow", "{}"), ToolOutput("c", "done"), ToolResult("c", "slow", "done"),
        Started(), Token("so"), Done(),
    ]  # fmt: skip
    assert house.bot.questions[1].messages[1:] == (
        Answered("", (ToolCall("c", "slow", "{}"),)), ToolReturned("c", "slow", "done"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("rounds", "tools", "words"),
    [(0, ("*",), "kept calling tools after 0 rounds, the limit is max_tool_rounds"),
     (8, (), "called a tool, and has none")],
)  # fmt: skip
def test_a_model_that_may_call_nothing_and_calls(rounds: int, tools: tuple[str, ...], words: str) -> None:
    @in_house(tool_rounds=rounds)
    async def conversation(house: House) -> None:
        wild = house.model("wild", tools=tools).calls("slow").ends()
        heard: list[StreamEvent] = []
        assert await house.router.stream_ask("wild", "inference", "hi", on_chunk=heard.append) == Failed(words)
        assert [type(event) for event in heard] == [Started, ToolCall, ToolResult, Failed]
        assert not wild.questions[0].may_call

    conversation()


# --- listeners


@in_house()
async def test_who_listens_slowly_delays_nobody_and_is_told_what_was_missed(house: House) -> None:
    house.bot.says(*"abcdefgh").ends()
    async with house.router.stream("bot", "why?") as events:
        with events.listen(room=2) as slow, house.router.listen(events.id) as quick:
            heard = [event async for event in events]
            assert trio.current_time() == 0
            assert [event async for event in slow] == [Started(), Token("a"), Lagged(7), Done()]
            assert [event async for event in quick] == heard == [Started(), *map(Token, "abcdefgh"), Done()]


@in_house()
async def test_a_listener_hears_that_the_opener_has_left_and_nobody_listens_afterwards(house: House) -> None:
    house.bot.says("a")
    async with house.router.stream("bot", "why?") as events:
        stream_id, listener = events.id, events.listen()
        assert [await anext(events) for _ in range(2)] == [Started(), Token("a")]
    last = [event async for event in listener][-1]
    assert isinstance(last, Failed) and last.status is Status.CANCELLED
    with pytest.raises(NotFound, match="no stream"):
        house.router.listen(stream_id)
    assert isinstance(await anext(events.listen()), Failed)


@in_house()
async def test_two_streams_cannot_have_one_id(house: House) -> None:
    async with house.router.stream("bot", "why?") as events:
        with pytest.raises(UsageError, match="running already"):
            await house.router.stream_ask("bot", "inference", "hi", on_chunk=ignore, stream_id=events.id)
        assert house.router.listen(events.id)
