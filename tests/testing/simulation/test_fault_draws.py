"""Faults with time in them: each is drawn, counted, told in a line, and played in a world."""

from __future__ import annotations

import random

import pytest

from chatd.testing import Mode
from chatd.testing.connection import QUALITIES
from chatd.testing.program import (
    Act,
    ClockFault,
    DiscoveryFault,
    DiskFault,
    Join,
    LetPass,
    LinkFault,
    Program,
    Restart,
    RunCommand,
    Type,
    describe,
)
from chatd.testing.simulation import simulate
from chatd.testing.simulation.fault_draws import draw_fault
from chatd.testing.simulation.found_models import HOWS

ACTS: tuple[Act, ...] = (
    *(LinkFault("alice", how) for how in QUALITIES), ClockFault("backwards", -3600.0), ClockFault("forwards", 86_400.0),
    DiskFault("lies"), *(DiscoveryFault(how) for how in HOWS),
)  # fmt: skip


def test_every_kind_is_drawn() -> None:
    source = random.Random(1)
    drawn = {describe(draw_fault(source, "alice")) for _ in range(1000)}
    assert {describe(act) for act in ACTS} <= drawn


@pytest.mark.parametrize("act", ACTS, ids=describe)
def test_a_world_holds_with_each_of_them(act: Act) -> None:
    """It is counted, and stands in the trace in one line."""
    program = Program(7, (
        Join("alice", "screen"), Join("bob", "lines"), Type("alice", "before\r", 0), LetPass(0.4), act,
        Type("alice", "@bot,llama hi\r", 1), Type("bob", "/models\r", 0), RunCommand("carol", "models --json"),
        LetPass(3.0), Type("alice", "after\r", 0), LetPass(0.4),
    ))  # fmt: skip
    outcome = simulate(7, Mode.SHUFFLE, program)
    assert outcome.broken is None
    assert sum(line.endswith(describe(act)) for line in outcome.trace) == 1
    assert outcome.faults >= 1


def test_after_a_lie_and_a_kill_the_next_server_goes_on_with_what_was_synced() -> None:
    program = Program(3, (
        Join("alice", "screen"), Type("alice", "safe\r", 0), LetPass(0.4), DiskFault("lies"),
        Type("alice", "lost\r", 0), LetPass(0.4), Restart(killed=True), Join("alice", "screen"), LetPass(0.4),
        RunCommand("bob", "history --json"), LetPass(0.4),
    ))  # fmt: skip
    assert simulate(3, Mode.FIFO, program).broken is None


def test_the_clock_that_was_set_stays_so_for_the_next_server() -> None:
    program = Program(3, (
        Join("alice", "screen"), Type("alice", "now\r", 0), LetPass(0.4), ClockFault("backwards", -86_400.0),
        Restart(killed=False), Join("alice", "screen"), Type("alice", "then\r", 0), LetPass(0.4),
    ))  # fmt: skip
    assert simulate(3, Mode.FIFO, program).broken is None
