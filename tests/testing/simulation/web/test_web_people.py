"""People over the web go on over cuts and restarts, and notice what goes wrong with any of it."""

from __future__ import annotations

from functools import partial

import pytest

from chatd.core.visit import Visitor
from chatd.tasks.chat import follow
from chatd.tasks.web import acting, events
from chatd.testing import Mode
from chatd.testing.program import Browse, DiskFault, Join, LetPass, Program, Restart, RunCommand
from chatd.testing.simulation import simulate
from chatd.testing.simulation.outcome import Outcome

FOLLOWS = Browse("wim", "follows")
SOON = LetPass(3.0)


def lived(*acts: object) -> Outcome:
    return simulate(3, Mode.FIFO, Program(3, (Join("alice", "lines"), *acts)))  # type: ignore[arg-type]


EVERYTHING = (
    FOLLOWS, SOON, RunCommand("alice", "say one"), SOON, Browse("wim", "is cut off"), RunCommand("alice", "say two"),
    SOON,
    Browse("wes", "posts", "three", 0.0), Browse("wes", "asks", "echo four", 0.1), Browse("wyn", "streams", "bot hi"),
    SOON, Browse("wyn", "/v1/messages", "lobby/echo five"), Browse("wyn", "looks", "/api/v1/me"),
    Browse("wim", "takes nothing"), Browse("wes", "news", "", 1.0), SOON,
)  # fmt: skip


@pytest.mark.parametrize("killed", [True, False])
def test_what_is_right_holds_over_a_restart(killed: bool) -> None:
    outcome = lived(*EVERYTHING, Restart(killed), RunCommand("alice", "say six"), *EVERYTHING)
    assert outcome.broken is None


def test_the_same_seed_is_the_same_life() -> None:
    assert lived(*EVERYTHING) == lived(*EVERYTHING)


def test_a_stream_that_begins_anew_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    original = follow.following
    monkeypatch.setattr(events, "following", lambda hub, room, *, last, since: original(hub, room, last=20))
    assert (broken := lived(*EVERYTHING).broken) is not None
    assert broken.name == "events over the web are the room"


def test_a_row_that_is_said_twice_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = map("c{}".format, range(1000))
    monkeypatch.setattr(acting, "_row_id", lambda *_: next(ids))
    cut = partial(Browse, "wes", "posts", "hello")
    acts = [act for seconds in (0.0, 0.001, 0.02, 0.021, 0.03) for act in (cut(seconds), SOON)]
    assert (broken := lived(DiskFault("slow"), *acts).broken) is not None
    assert broken.name == "what a client has a name for is said once"


def test_another_ones_room_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    from chatd.tasks.web import reading  # noqa: PLC0415

    original = reading.room_of

    async def room_of(front: object, visitor: Visitor, name: str) -> object:
        return await original(front, Visitor(name[1:], visitor.kind) if name.startswith("~") else visitor, name)  # type: ignore[arg-type]

    monkeypatch.setattr(reading, "room_of", room_of)
    acts = (
        Join("bob", "lines"),
        RunCommand("bob", "ask @echo hi"),
        SOON,
        Browse("wes", "looks", "/api/v1/rooms/~bob"),
        SOON,
    )
    assert (broken := lived(*acts).broken) is not None
    assert broken.name == "nobody's private room is told of over the web"
