"""The oracles of what is told over the web take what is right, and notice each thing that is not."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

import pytest

from chatd.testing.checks import Broken
from chatd.testing.simulation.oracles.record import RecordedRow
from chatd.testing.simulation.oracles.web import FollowedRoom, GivenSecrets, check_named, check_names, overheard
from chatd.testing.web_events import ToldEvent

ROW = RecordedRow(
    1, "a", "lobby", 1, None, None, "message.model", "bot", None, "abc", "complete", "then", "then", "now",
    {"client_id": "mine"}, 1, 3,
)  # fmt: skip


def told(n: int, event: str, content: str = "", status: str = "open", event_id: str | None = None) -> ToldEvent:
    row = {**ROW.as_json(), "content": content, "status": status, "finished_at": None if status == "open" else "now"}
    return ToldEvent("", {"event": event, "n": n, "row": row}, str(n) if event_id is None else event_id)


def grew(n: int, offset: int, delta: str, row_id: str = "a") -> ToldEvent:
    return ToldEvent("", {"event": "grew", "n": n, "row_id": row_id, "offset": offset, "delta": delta}, str(n))


RIGHT = [told(1, "added"), grew(2, 0, "ab"), grew(3, 2, "c"), told(4, "finished", "abc", "complete")]


def room_of(*events: ToldEvent) -> FollowedRoom:
    room = FollowedRoom()
    for event in events:
        room.take(event)
    return room


def test_what_is_right_is_taken() -> None:
    room_of(*RIGHT).check([ROW])
    room_of().check([ROW])
    moved = ToldEvent("", {"event": "joined", "n": 4, "name": "bob"}, "4")
    room_of(*RIGHT, moved, told(5, "lagged", "abc", "complete")).check([ROW])


@pytest.mark.parametrize(
    "events",
    [
        [told(1, "added"), told(2, "added")],
        [grew(1, 0, "ab")],
        [told(1, "added"), grew(2, 1, "b")],
        [told(1, "added"), grew(2, 0, "ab"), grew(3, 0, "ab")],
        [told(2, "added"), grew(1, 0, "ab")],
        [told(1, "added", event_id="2")],
        [ToldEvent("", {"event": "nonsense", "n": 1})],
    ],
)
def test_what_cannot_be_is_noticed(events: list[ToldEvent]) -> None:
    with pytest.raises(Broken):
        room_of(*events)


@pytest.mark.parametrize("left_out", range(3))
def test_what_is_missing_is_noticed_at_the_end(left_out: int) -> None:
    later = replace(ROW, n=2, id="b", seq=2)
    with pytest.raises(Broken):
        room_of(*RIGHT).check([ROW, later])
    kept = [event for at, event in enumerate(RIGHT[:3]) if at < left_out]
    if kept:
        with pytest.raises(Broken):
            room_of(*kept).check([ROW])


@pytest.mark.parametrize(
    ("rows", "answered", "holds"), [(1, ["mine"], True), (0, [], True), (0, ["mine"], False), (2, [], False)]
)
def test_a_row_with_a_name_is_there_once(rows: int, answered: list[str], holds: bool) -> None:
    def check() -> None:
        check_named([ROW] * rows, ["mine"], answered)

    if holds:
        check()
    else:
        with pytest.raises(Broken):
            check()


@pytest.mark.parametrize("body", ['{"room":"~bob"}', '{"name":"~bob"}'])
def test_another_ones_room_is_noticed(body: str) -> None:
    check_names("bob", body.encode())
    check_names("alice", b'{"content":"\\"room\\":\\"~bob\\""}')
    for who in ("alice", ""):
        with pytest.raises(Broken):
            check_names(who, body.encode())


def test_a_secret_is_noticed_wherever_it_is() -> None:
    secrets: Any = GivenSecrets()
    assert secrets.keep("hush") == "hush"
    secrets.check("a page", b"hus h")
    with pytest.raises(Broken):
        secrets.check("a page", b"so hush!")
    with overheard(secrets):
        logging.getLogger("chatd.web").debug("a request of %s", "nobody")
        assert secrets.broken is None
        logging.getLogger("chatd.web").debug("a request of %s", "hush")
    assert secrets.broken is not None
