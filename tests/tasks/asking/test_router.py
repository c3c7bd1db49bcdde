"""The router: events in order to whoever asks, at their pace; leaving closes the model; nothing stays behind."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio
import trio.testing

from chatd.core.question import Question, Said
from chatd.core.row import Status
from chatd.core.stream import (
    Done,
    Failed,
    Lagged,
    Started,
    StreamEvent,
    Thinking,
    Token,
    ToolCall,
    ToolOutput,
    ToolResult,
    Usage,
)
from chatd.errors import (
    Exit,
    ModelUnavailable,
    NetworkFailure,
    TimedOut,
    UsageError,
)
from chatd.ports import ModelInfo
from tests.tasks.asking.house import House, ignore, in_house

# --- stream


@in_house()
async def test_events_come_in_order_and_end_with_done(house: House) -> None:
    house.bot.thinks("hm").says("a", "b").counts(1, 2).ends()
    async with house.router.stream("@(bot)", "why?") as events:
        heard = [event async for event in events]
    assert heard == [Started(), Thinking("hm"), Token("a"), Token("b"), Usage(1, 2), Done()]
    assert house.bot.questions[0].messages == (Said("", "why?", asked=True),)


@in_house()
async def test_every_event_says_whose_it_is_and_when_it_came(house: House) -> None:
    """To who asks and to who listens alike; and what it says is matched as without it."""
    house.bot.says("a").pauses(1.5).says("b").ends()
    begun = house.clock.now_ms()
    async with house.router.stream("bot", "why?") as events:
        with events.listen() as listener:
            heard = [event async for event in events]
            beside = [event async for event in listener]
    assert [event.time_ms for event in heard] == [begun, begun, begun + 1500, begun + 1500]
    assert {event.stream_id for event in heard} == {events.id}
    stamps = [(event, event.stream_id, event.time_ms) for event in heard]
    assert stamps == [(event, event.stream_id, event.time_ms) for event in beside]
    match heard[1]:
        case Token("a"):
            assert heard[1] == Token("a") and repr(heard[1]) == "Token(text='a')"
        case _:
            pytest.fail("a stamped event is matched by position as any other")


@in_house()
async def test_a_stream_that_is_left_and_one_that_lags_say_whose_they_are(house: House) -> None:
    house.bot.says("a", "b", "c")
    async with house.router.stream("bot", "why?") as events:
        listener = events.listen(room=1)
        for _ in range(4):
            await anext(events)
    beside = [event async for event in listener]
    assert beside[1:] == [Lagged(3), Failed("who asked has left", Status.CANCELLED, Exit.CANCELLED)]
    assert {event.stream_id for event in beside} == {events.id} and all(event.time_ms for event in beside)


@in_house()
async def test_leaving_early_closes_the_model(house: House) -> None:
    house.bot.says("a", "b", "c")
    async with house.router.stream("bot", "why?") as events:
        async for event in events:
            if event == Token("a"):
                assert house.bot.open_streams == 1
                break
    assert house.bot.open_streams == 0 and house.router.idle


@in_house()
async def test_the_model_is_not_read_ahead_of_the_reader(house: House) -> None:
    house.bot.says(*"abcdef").ends()
    async with house.router.stream("bot", "why?") as events:
        assert [await anext(events) for _ in range(2)] == [Started(), Token("a")]
        await trio.sleep(100)
        assert len(house.bot._script) == 6  # b to f and the end


@in_house()
async def test_the_users_exception_comes_out_bare(house: House) -> None:
    house.bot.says("a")

    async def fail() -> None:
        async with house.router.stream("bot", "why?") as events:
            await anext(events)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()


@in_house()
async def test_cancellation_from_outside_closes_the_model_and_goes_on_up(house: House) -> None:
    with trio.move_on_after(5) as scope:
        async with house.router.stream("bot", "why?") as events:
            async for _ in events:
                pass
    assert scope.cancelled_caught and trio.current_time() == 5


@in_house()
async def test_a_failure_is_the_last_event(house: House) -> None:
    house.bot.says("half").raises(NetworkFailure("it broke", cut=True))
    async with house.router.stream("bot", "why?") as events:
        heard = [event async for event in events]
    assert heard[-1] == Failed("it broke", Status.TRUNCATED, Exit.FAILED)


@pytest.mark.parametrize("spoken", [True, False])
def test_who_could_not_be_had_is_told_from_who_broke(spoken: bool) -> None:
    @in_house()
    async def conversation(house: House) -> None:
        if spoken:
            house.bot.says("half")
        house.bot.raises(ModelUnavailable("refused"))
        last = await house.router.stream_ask("bot", "inference", "why?", on_chunk=ignore)
        assert last == Failed("refused", Status.FAILED, Exit.FAILED if spoken else Exit.TEMPORARY)

    conversation()


@in_house()
async def test_nothing_comes_after_the_end_though_the_model_goes_on(house: House) -> None:
    house.bot.says("a").ends().says("b").ends()
    heard: list[StreamEvent] = []
    await house.router.stream_ask("bot", "inference", "why?", on_chunk=heard.append)
    assert heard == [Started(), Token("a"), Done()]


@in_house()
async def test_a_model_that_says_failed_is_heard_once_and_its_calls_are_answered_before(house: House) -> None:
    house.bot.says("a").calls("slow", call_id="c").fails("it broke")
    heard: list[StreamEvent] = []
    assert await house.router.stream_ask("bot", "inference", "why?", on_chunk=heard.append) == Failed("it broke")
    assert heard == [
        Started(), Token("a"), ToolCall("c", "slow", "{}"),
        ToolResult("c", "slow", "not run: the answer broke off", Status.FAILED), Failed("it broke"),
    ]  # fmt: skip


# --- stream_ask


@in_house()
async def test_the_callback_slows_the_model(house: House) -> None:
    house.bot.says(*"abc").ends()
    taken: list[float] = []

    async def slowly(event: StreamEvent) -> None:
        if isinstance(event, Token):
            left = len(house.bot._script)
            await trio.sleep(10)
            assert len(house.bot._script) == left, "the model was read while the callback waited"
            taken.append(trio.current_time())

    assert await house.router.stream_ask("bot", "inference", "why?", on_chunk=slowly) == Done()
    assert taken == [10, 20, 30]


@in_house()
async def test_a_plain_callback_will_do_whatever_it_returns(house: House) -> None:
    house.bot.says("a").ends()
    heard: list[StreamEvent] = []

    def write(event: StreamEvent) -> int:
        heard.append(event)
        return len(heard)

    assert await house.router.stream_ask("bot", "inference", "why?", on_chunk=write) == Done()
    assert heard == [Started(), Token("a"), Done()]


@in_house()
async def test_time_is_up_for_the_whole(house: House) -> None:
    house.bot.says("a").pauses(3).says("b").pauses(3)
    with pytest.raises(TimedOut, match="bot did not answer within 5 s"):
        await house.router.stream_ask("bot", "inference", "why?", on_chunk=ignore, timeout=5)
    assert house.bot.open_streams == 0 and trio.current_time() == 5


@pytest.mark.parametrize("error", [ZeroDivisionError(), NetworkFailure("mine"), UsageError("mine")])
@pytest.mark.parametrize("at", [Started, Token, ToolCall, ToolOutput, ToolResult, Done])
def test_what_the_callback_raises_comes_out_bare_and_it_is_not_called_again(error: Exception, at: type) -> None:
    """Also what looks like a failure of the model, and in the midst of tools that run side by side."""

    @in_house()
    async def conversation(house: House) -> None:
        house.bot.says("a").calls("slow", call_id="c").calls("slow", '{"a": 1}', call_id="d").ends().says("b").ends()
        raised = 0

        async def refuse(event: StreamEvent) -> None:
            nonlocal raised
            assert not raised
            if isinstance(event, at):
                raised += 1
                raise error

        with pytest.raises(type(error)) as info:
            await house.router.stream_ask("bot", "inference", "why?", on_chunk=refuse)
        assert info.value is error

    conversation()


@in_house()
async def test_the_callback_is_never_called_while_it_waits(house: House) -> None:
    """Tools that run side by side have one listener, who may be writing to a socket."""
    for number in range(3):
        house.bot.calls("slow", f'{{"n": {number}}}', call_id=f"c{number}")
    house.bot.ends().says("ok").ends()
    busy = False

    async def alone(event: StreamEvent) -> None:
        nonlocal busy
        assert not busy, event
        busy = True
        await trio.sleep(0.1)
        busy = False

    assert await house.router.stream_ask("bot", "inference", "why?", on_chunk=alone) == Done()


class Endless:
    """A model that neither waits nor ends."""

    info = ModelInfo("endless", "test", "endless")

    @asynccontextmanager
    async def stream(self, _: Question) -> AsyncIterator[AsyncIterator[StreamEvent]]:
        yield self

    def __aiter__(self) -> AsyncIterator[StreamEvent]:
        return self

    async def __anext__(self) -> StreamEvent:
        await trio.lowlevel.checkpoint()
        return Token("x")


@in_house()
async def test_an_endless_model_can_be_left(house: House) -> None:
    house.router.register("endless", Endless())
    async with house.router.stream("endless", "hi") as events:
        for _ in range(50):
            await anext(events)
