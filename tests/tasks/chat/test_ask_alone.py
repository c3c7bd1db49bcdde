"""A question outside of any room costs what one in a room costs, and leaves nothing behind."""

from __future__ import annotations

import logging
from dataclasses import replace

import pytest
import trio

from chatd.config import Config, LimitsConfig
from chatd.core.question import Question, Said
from chatd.core.row import Status
from chatd.core.stream import Done, StreamEvent, Token, ToolCall, Usage
from chatd.core.tool import NO_PARAMETERS, ToolSpec
from chatd.core.visit import Visitor
from chatd.errors import LimitReached, NetworkFailure, NotPermitted, ServerStopping
from chatd.tasks.chat.ask_alone import asking_alone
from chatd.testing import World, run

HI = Question("hi", messages=(Said("", "hi", asked=True),))


async def told(world: World, visitor: Visitor, question: Question = HI, name: str = "bot") -> list[StreamEvent]:
    whose = replace(question, asker=visitor.name, account=visitor.account)
    async with asking_alone(world.hub, visitor, world.model(name), whose) as events:
        return [event async for event in events]


def test_it_is_counted_and_not_written_down() -> None:
    async def main() -> None:
        settings = Config(limits=LimitsConfig(max_tokens_per_day=20))
        async with World.open(settings) as world:
            alice = world.visitor("alice")
            world.model("bot").says("one", "two").counts(15, 9).ends()
            events = await told(world, alice)
            assert [event.text for event in events if isinstance(event, Token)] == ["one", "two"]
            assert isinstance(events[-1], Done)
            assert world.hub.answers.tally.tokens == 9 and len(world.hub.answers.first_token_ms) == 1
            assert not any(room.seq for room in world.hub.lobby.rooms)
            with pytest.raises(LimitReached, match="used 24 tokens today"):
                await told(world, alice)
            assert (await world.command("alice", "ask @echo hi")).exit_status == 75, "the same budget"

    run(main)


def test_what_no_server_can_have_counted_costs_nobody_anything() -> None:
    async def main() -> None:
        settings = Config(limits=LimitsConfig(max_tokens_per_day=20))
        async with World.open(settings) as world:
            alice = world.visitor("alice")
            world.model("bot").says("one").counts(1 << 70, -5).ends().says("two").counts(4, 2).ends()
            assert Usage(1 << 70, -5) not in await told(world, alice)
            await told(world, alice)
            assert world.hub.answers.tally.tokens == 3, "of the first answer its piece"
            assert (await world.command("alice", "ask @echo hi")).exit_status == 0, "the budget is nearly whole"

    run(main)


def test_one_that_fails_is_a_line_of_the_log_with_its_reason_and_no_word(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async with World.open() as world:
            world.model("bot").says("swordfish").raises(NetworkFailure("it broke", cut=True))
            await told(world, world.visitor("alice"), replace(HI, text="swordfish"))

    with caplog.at_level(logging.INFO, "chatd.models.answers"):
        run(main)
    (line,) = [record.getMessage() for record in caplog.records if record.name == "chatd.models.answers"]
    assert line.endswith(" of bot to alice, in no room: truncated; it broke")


def test_guests_may_ask_what_they_may_ask_elsewhere() -> None:
    async def main() -> None:
        async with World.open() as world:
            world.model("far", local=False)
            with pytest.raises(NotPermitted, match="local models only"):
                await told(world, world.visitor("guest-x"), name="far")

    run(main)


def test_an_answer_that_is_too_long_is_ended() -> None:
    async def main() -> None:
        async with World.open(Config(limits=LimitsConfig(max_answer=10))) as world:
            model = world.model("bot").says("123456789", "0ab", "never").pauses(1000)
            events = await told(world, world.visitor("alice"))
            assert events[-1] == Done(Status.LENGTH, "length")
            assert "".join(event.text for event in events if isinstance(event, Token)) == "123456789"
            assert model.open_streams == 0

    run(main)


def test_calls_of_the_askers_own_tools_end_it() -> None:
    async def main() -> None:
        async with World.open() as world:
            world.model("bot").says("let me see").calls("look").ends()
            question = replace(HI, tools=(ToolSpec("look", "", NO_PARAMETERS),), hands_back=True)
            events = await told(world, world.visitor("alice"), question)
            assert [type(event) for event in events[-2:]] == [ToolCall, Done]

    run(main)


async def stop_soon(world: World) -> None:
    await trio.sleep(1)
    world.hub.stop(trio.current_time() + 2)


def test_a_server_that_stops_says_so() -> None:
    async def main() -> None:
        async with World.open() as world:
            world.model("bot").says("so f").pauses(1000)
            async with trio.open_nursery() as nursery:
                nursery.start_soon(stop_soon, world)
                with pytest.raises(ServerStopping):
                    await told(world, world.visitor("alice"))
            with pytest.raises(ServerStopping):
                await told(world, world.visitor("alice"))

    run(main)
