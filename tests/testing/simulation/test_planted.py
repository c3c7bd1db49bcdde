"""The simulation proves itself: bugs that people write are planted, and each is found within a few worlds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chatd.adapters.sqlite.log import SqliteLog
from chatd.core.mention import Mention
from chatd.core.room import Room
from chatd.core.row import Finish
from chatd.ports import Committed
from chatd.tasks.gate import Gate, Ticket
from chatd.testing import Mode
from chatd.testing.simulation import simulate
from chatd.testing.simulation.report import schedule_of, simulate_all

WITHIN = 60
"""Worlds in which each bug is found."""

Plant = Callable[[pytest.MonkeyPatch], object]


def shown_before_it_is_committed(patch: pytest.MonkeyPatch) -> None:
    original = SqliteLog.append

    async def append(self: SqliteLog, batch: Any) -> Any:
        await original(self, batch[:-1])
        return [Committed()] * len(batch)

    patch.setattr(SqliteLog, "append", append)


def calls_left_dangling(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Mention, "_answer", lambda *_: [])


def a_row_left_open(patch: pytest.MonkeyPatch) -> None:
    original = Mention.interrupt

    def interrupt(self: Mention, *args: Any) -> Any:
        return [draft for draft in original(self, *args) if not isinstance(draft, Finish)]

    patch.setattr(Mention, "interrupt", interrupt)


def a_reader_off_by_one(patch: pytest.MonkeyPatch) -> None:
    original = Room.since

    def since(self: Room, cursor: int) -> Any:
        found = original(self, cursor)
        return found[1:] if isinstance(found, list) and len(found) > 2 else found

    patch.setattr(Room, "since", since)


def a_place_that_is_not_given_back(patch: pytest.MonkeyPatch) -> None:
    original = Gate.depart

    def depart(self: Gate, ticket: Ticket) -> None:
        if not ticket.inside or self.waiting:
            original(self, ticket)

    patch.setattr(Gate, "depart", depart)


PLANTED: tuple[Plant, ...] = (
    shown_before_it_is_committed,
    calls_left_dangling,
    a_row_left_open,
    a_reader_off_by_one,
    a_place_that_is_not_given_back,
)


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: str(plant.__name__))
def test_a_planted_bug_is_found(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    assert any(simulate(seed, schedule_of(seed, None)).broken for seed in range(WITHIN))


def test_what_is_told_of_it_replays_it(monkeypatch: pytest.MonkeyPatch) -> None:
    a_row_left_open(monkeypatch)
    told: list[str] = []
    assert not simulate_all(0, WITHIN, None, say=told.append)
    again = told[-1].split()
    seed, schedule, keep = again[again.index("--seed") + 1], again[again.index("--schedule") + 1], again[-1]
    kept = [int(at) for at in keep.split(",")]
    found = simulate_all(int(seed), 1, Mode(schedule), keep=kept, say=told.append)
    assert not found and len(kept) < 10
