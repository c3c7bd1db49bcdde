"""Whoever leaves an answer, at whatever moment: the model's server sees the connection close in that very moment, what
had come is kept, and nothing is asked on behalf of one who left.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial

import pytest
import trio
import trio.testing

from chatd.core.tool import NO_PARAMETERS, ToolSpec
from chatd.ports import Arguments, SimpleTool, ToolContext
from chatd.testing import MemoryTerminal, World
from chatd.testing.upstream import (
    OLLAMA,
    WIRES,
    Close,
    FakeUpstream,
    MemoryNetwork,
    Step,
    Wait,
    WaitForClose,
    Wire,
    refusal,
    streamed,
)
from tests.adapters.upstream.faults import begun
from tests.models.upstreams import (
    answered,
    asked,
    questions,
    rows,
    script,
    settings,
    start,
    tell,
)

Replies = Callable[[Wire], list[tuple[Step, ...]]]


def calls(wire: Wire) -> tuple[Step, ...]:
    """A round that calls the slow tool, on a connection that is not kept."""
    said = (wire.opening(), wire.token("let me see"), wire.call("c1", "slow", {}), wire.done("tool_calls"))
    return (*streamed(wire, *said, headers={"Connection": "close"}), Close())


@dataclass(frozen=True)
class Moment:
    """What the server is at when its asker leaves, and what stands in the room then, the question not counted."""

    name: str
    replies: Replies
    left: list[tuple[str, str]]
    """Author and text; what was open gets the ending's status."""
    requests: int = 1
    tool_s: float = 0.0
    """How long the slow tool takes."""
    asking: bool = True
    """Whether a request is on its way."""


CALL = [("m", "let me see"), ("m", "{}")]
MOMENTS = [
    Moment("before the head", lambda w: [(WaitForClose(),)], []),
    Moment("before the first piece", lambda w: [streamed(w, w.opening(), WaitForClose())], []),
    Moment("in the middle", lambda w: [streamed(w, *begun(w), WaitForClose())], [("m", "hello")]),
    Moment(
        "while a tool runs",
        lambda w: [calls(w)],
        [*CALL, ("slow", "no result: the answer was")],
        tool_s=100,
        asking=False,
    ),
    Moment(
        "in the second round",
        lambda w: [calls(w), streamed(w, w.opening(), w.token("so "), WaitForClose())],
        [*CALL, ("slow", "done"), ("m", "so ")],
        requests=2,
    ),
    Moment(
        "between two tries",
        lambda w: [refusal(w, 503, "busy", {"Retry-After": "50", "Connection": "close"})],
        [],
        asking=False,
    ),
]


@dataclass
class Place:
    """The terminals of a story."""

    world: World
    asker: MemoryTerminal
    viewer: MemoryTerminal
    ended_as: str = "cancelled"
    reason: str = field(default="")


async def ctrl_c(place: Place) -> None:
    place.asker.types("\x03")


async def command(place: Place) -> None:
    place.asker.types("/cancel\r")


async def from_a_shell(place: Place) -> None:
    start(place.world, "cancel")


async def hang_up(place: Place) -> None:
    place.asker.hangs_up()


async def stop(place: Place) -> None:
    place.ended_as = "interrupted"
    place.world.hub.stop(trio.current_time() + 2)


WAYS: list[Callable[[Place], Awaitable[None]]] = [ctrl_c, command, from_a_shell, hang_up, stop]


def slow_tool(seconds: float) -> SimpleTool:
    async def answer(_: Arguments, __: ToolContext) -> str:
        await trio.sleep(seconds)
        return "done"

    return SimpleTool(ToolSpec("slow", "takes its time", NO_PARAMETERS), answer)


async def leaves(
    moment: Moment, way: Callable[[Place], Awaitable[None]], wire: Wire,
    world: World, fake: FakeUpstream, network: MemoryNetwork,
) -> None:  # fmt: skip
    world.hub.answers.router.tools.add(slow_tool(moment.tool_s))
    place = Place(world, await world.join("alice"), await world.join("bob"))
    script(fake, *moment.replies(wire))
    place.asker.types("@m hi\r")
    await asked(fake, moment.requests)
    await world.settle()
    assert len(world.hub.answers.running) == 1
    assert network.open_streams == fake.open_connections == int(moment.asking), "nothing is held open meanwhile"
    left = trio.current_time()
    await way(place)
    await trio.testing.wait_all_tasks_blocked()
    assert trio.current_time() == left
    assert not world.hub.answers.running
    assert network.open_streams == fake.open_connections == 0
    assert not moment.asking or questions(fake)[-1].closed_at == left
    if place.ended_as == "cancelled":
        await world.settle(200)
        assert len(questions(fake)) == moment.requests, "nothing more is asked"
    else:
        await place.asker.ended.wait()
    check_rows(moment, place)


def check_rows(moment: Moment, place: Place) -> None:
    """What had come stands there, closed once, every call answered; nobody is told what they asked for."""
    found = [row for row in place.world.rows() if row[0] not in ("alice", "system")]
    assert [(author, text) for author, text, _ in found] == [
        (author, f"{text} {place.ended_as} before the tool ended" if text.startswith("no result") else text)
        for author, text in moment.left
    ]
    assert "open" not in {status for _, _, status in place.world.rows()}
    if moment.left:
        assert found[-1][2] == place.ended_as
        assert {status for _, _, status in found[:-1]} <= {"complete"}
    if place.ended_as == "cancelled":
        assert not [row for row in place.world.rows() if row[0] == "system"]


CASES = [(m, way, WIRES[(n + k) % 3]) for n, m in enumerate(MOMENTS) for k, way in enumerate(WAYS)]


@pytest.mark.parametrize(("moment", "way", "wire"), CASES, ids=lambda x: getattr(x, "name", getattr(x, "__name__", "")))
def test_the_server_sees_it_at_once(moment: Moment, way: Callable[[Place], Awaitable[None]], wire: Wire) -> None:
    tell(partial(leaves, moment, way, wire), settings(wire), shipped=True)


@pytest.mark.parametrize("way", WAYS)
def test_a_question_that_waits_for_its_turn_is_never_asked(way: Callable[[Place], Awaitable[None]]) -> None:
    async def story(world: World, fake: FakeUpstream, network: MemoryNetwork) -> None:
        script(fake, streamed(OLLAMA, *begun(OLLAMA), Wait(20.0), OLLAMA.done()))
        ahead = start(world, "ask @m first", "zoe")
        await asked(fake)
        place = Place(world, await world.join("alice"), await world.join("bob"))
        place.asker.types("@m hi\r")
        await world.settle()
        assert world.hub.answers.router.places.queued == 1
        left = trio.current_time()
        await way(place)
        await trio.testing.wait_all_tasks_blocked()
        assert (trio.current_time(), world.hub.answers.router.places.queued) == (left, 0)
        await ahead.ended.wait()
        await world.settle(2)
        assert len(questions(fake)) == 1
        assert not [row for row in world.rows() if row[0] == "m"]
        assert ahead.exit_status == (143 if place.ended_as == "interrupted" else 0)

    tell(story, settings(OLLAMA, model={"max_parallel": 1}), shipped=True)


@pytest.mark.parametrize("wire", WIRES)
def test_one_of_two_answers_is_left_and_the_other_goes_on(wire: Wire) -> None:
    async def story(world: World, fake: FakeUpstream, _: MemoryNetwork) -> None:
        script(fake, *[streamed(wire, *begun(wire), Wait(5.0), wire.token("!"), wire.done())] * 2)
        mine, theirs = start(world, "ask @m one", pty=True), start(world, "ask @m two", "bob")
        await asked(fake, 2)
        await world.settle()
        mine.types("\x03")
        await theirs.ended.wait()
        assert (mine.exit_status, theirs.exit_status, theirs.output) == (130, 0, "hello!\n")
        assert sorted(request.closed_at is not None for request in questions(fake)) == [False, True]

    tell(story, settings(wire))


def test_after_a_cancelled_tool_round_the_next_question_tells_a_history_that_every_server_takes() -> None:
    """Each call in it has its result right behind it, and what is said next answers an answer."""

    async def story(world: World, fake: FakeUpstream, _: MemoryNetwork) -> None:
        world.hub.answers.router.tools.add(slow_tool(100))
        script(fake, calls(OLLAMA), streamed(OLLAMA, *OLLAMA.answer("fine")))
        alice = await world.join("alice")
        alice.types("@m hi\r")
        await asked(fake)
        await world.settle()
        alice.types("\x03")
        await world.settle()
        alice.types("@m go on\r")
        await answered(world)
        _, *messages = questions(fake)[-1].json["messages"]
        assert [message["role"] for message in messages] == ["user", "assistant", "tool", "assistant", "user"]
        (call,) = messages[1]["tool_calls"]
        assert messages[2]["tool_call_id"] == call["id"] and "cancelled" in messages[2]["content"]
        found = await rows(world, room="lobby")
        (result,) = [row for row in found if row["content_method"] == "tool.result"]
        (made,) = [row for row in found if row["content_method"] == "tool.call"]
        assert (result["parent_id"], result["status"]) == (made["id"], "cancelled")

    tell(story, settings(OLLAMA))
