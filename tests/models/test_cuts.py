"""Streams of every protocol, tool rounds among them, cut at random places: never a blank answer and never a lying one.

What had come is kept, what broke off is never called complete, every call is answered, and no call of a round that
broke off is run.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from chatd.adapters.json_schema import compile_schema
from chatd.core.row import Status
from chatd.core.stream import Done, Failed, StreamEvent, Token, ToolCall, ToolResult
from chatd.core.tool import NO_PARAMETERS, ToolSpec
from chatd.ports import Arguments, SimpleTool, ToolContext
from chatd.tasks.asking.router import Router
from chatd.tasks.asking.tools.registry import Tools
from chatd.testing import World, run
from chatd.testing.sources import CountingIds, VirtualTime
from chatd.testing.upstream import WIRES, Close, FakeUpstream, MemoryNetwork, Reset, Step, Wire, streamed
from chatd.wiring.limits import router_limits, tool_limits
from chatd.wiring.models import Upstreams
from tests.models.upstreams import ENVIRON, events, offers, rows, script, settings, tell
from tests.wire.models.streams import NOISE, Recorded, record
from tests.wire.models.streams import Wire as Recorder

CUTS = 145
"""For each protocol; together over 500."""
CUTS_IN_ROOMS = 25
"""For each protocol, likewise, but with everything a room does."""

PIECES = ["grüß ", "dich, ", "Wel", "t 🌍", " <thi", "nt> of", " x\r\n", "```\n"]


class Clock:
    """A tool, and how often it ran."""

    def __init__(self) -> None:
        self.ran = 0
        self.tool = SimpleTool(ToolSpec("clock", "the time", NO_PARAMETERS), self._answer)

    async def _answer(self, _: Arguments, __: ToolContext) -> str:
        self.ran += 1
        return "noon"


@dataclass
class Cut:
    """An answer of two rounds that breaks off in one of them."""

    rounds: list[Recorded]
    replies: list[tuple[Step, ...]]
    whole: int
    """Rounds that came to their end."""
    at: int
    """Bytes that came of the one that did not."""

    @property
    def least(self) -> str:
        """The text that must have come."""
        before = "".join(self.rounds[n].text_at(len(self.rounds[n].data)) for n in range(self.whole))
        return before + self.rounds[self.whole].text_at(self.at)

    @property
    def most(self) -> str:
        """All that was meant to be said."""
        return "".join(one.text_at(len(one.data)) for one in self.rounds)


def cuts(wire: Wire, number: int) -> Iterator[Cut]:
    """Always the same ones."""
    chance = random.Random(wire.provider)
    for _ in range(number):
        recorder = (wire.provider, chance.choice(["\n", "\r\n"]), chance.choice([True, False]))
        rounds = []
        for _ in range(2):
            noise = chance.sample(NOISE[wire.provider], 2)
            pieces = chance.sample(PIECES, chance.randrange(1, 5))
            rounds.append(record(wire.provider, pieces, Recorder(*recorder, noise)))
        whole = chance.randrange(2)
        at = chance.randrange(0, rounds[whole].end)
        replies = [streamed(wire, one.data) for one in rounds[:whole]]
        ending = chance.choice(((Reset(),), (Close(),), ()))
        # Without one of these the body ends as it should, in the middle of the answer.
        replies.append(streamed(wire, rounds[whole].data[:at], *ending))
        yield Cut(rounds, replies, whole, at)


@pytest.mark.parametrize("wire", WIRES)
def test_through_the_router(wire: Wire) -> None:
    run(_through_the_router, wire)


async def _through_the_router(wire: Wire) -> None:
    config = settings(wire, retry_attempts=1)
    fake, clock = FakeUpstream(), Clock()
    async with fake.network() as network, Upstreams(config, ENVIRON, network=network) as upstreams:
        tools = Tools(compile_schema, tool_limits(config))
        tools.add(clock.tool)
        router = Router(upstreams.registry, tools, CountingIds(), router_limits(config), clock=VirtualTime())
        for cut in cuts(wire, CUTS):
            script(fake, *cut.replies)
            heard: list[StreamEvent] = []
            ran = clock.ran
            last = await router.stream_ask("m", "inference", "hi", on_chunk=heard.append)
            check(cut, heard, last)
            assert clock.ran - ran == cut.whole, "the calls of a round that broke off are not run"
            assert not any(isinstance(event, Done) for event in heard)
    assert network.open_streams == 0


def check(cut: Cut, heard: list[StreamEvent], last: Done | Failed) -> None:
    text = "".join(event.text for event in heard if isinstance(event, Token))
    assert cut.most.startswith(text) and text.startswith(cut.least)
    assert isinstance(last, Failed) and heard[-1] is last
    assert last.status is (Status.TRUNCATED if text else Status.FAILED)
    assert last.reason.isprintable() and last.reason
    called = [event.id for event in heard if isinstance(event, ToolCall)]
    answered = [event.id for event in heard if isinstance(event, ToolResult)]
    assert called == answered and len(set(called)) == len(called)


@pytest.mark.parametrize("wire", WIRES)
def test_through_a_room(wire: Wire) -> None:
    async def story(world: World, fake: FakeUpstream, _: MemoryNetwork) -> None:
        clock = Clock()
        world.hub.answers.router.tools.add(clock.tool, replace=True)
        found: dict[str, tuple[Cut, str]] = {}
        for cut in cuts(wire, CUTS_IN_ROOMS):
            script(fake, *cut.replies)
            seen = await world.command("alice", "ask --json @m hi")
            assert seen.exit_status in (1, 75), "75: the server closed without a word"
            last = events(seen)[-1]
            assert last["type"] == "error" and last["status"] in ("truncated", "failed")
            found[last["mention_id"]] = cut, last["status"]
        for mention, (cut, status) in found.items():
            check_room([row for row in await rows(world) if row["mention_id"] == mention], cut, status)

    offering = FakeUpstream()
    offers(offering)
    tell(story, settings(wire, retry_attempts=1), fake=offering)


def check_room(found: list[dict[str, str]], cut: Cut, status: str) -> None:
    answers = [row for row in found if row["content_method"] == "message.model"]
    text = "".join(row["content"] for row in answers)
    assert cut.most.startswith(text) and text.startswith(cut.least)
    assert all(row["content"] for row in answers), "no answer is blank"
    assert {row["status"] for row in found} <= {"complete", "failed", status}
    open_one = answers[-1:] if len(answers) > cut.whole else []
    assert all(row["status"] == status for row in open_one if row is found[-2])
    called = [row["id"] for row in found if row["content_method"] == "tool.call"]
    assert [row["parent_id"] for row in found if row["content_method"] == "tool.result"] == called
    assert [row["content_method"] for row in found].count("message.system") == 1
