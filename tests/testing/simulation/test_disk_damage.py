"""What a restart finds damaged: a torn tail, a flipped bit in the WAL or in the database; and worlds that go on."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from chatd.adapters.sqlite import database
from chatd.errors import DamagedDatabase
from chatd.testing import Mode
from chatd.testing.images import DiskFiles, empty
from chatd.testing.program import DiskDamage, Join, LetPass, Program, Restart, RunCommand, Type, describe
from chatd.testing.program_json import from_json, to_json
from chatd.testing.simulation import simulate
from chatd.testing.simulation.disk_damage import FLIPPED, FLIPPED_WAL, TORN, Storage, damaged, draw_damage
from chatd.testing.simulation.draw import draw
from chatd.testing.simulation.report import schedule_of

HOWS = (TORN, FLIPPED_WAL, FLIPPED)

KIND_OF_PAGE = 2 * 4096 * 8 + 4
"""The bit of the third page without which it is a page of a tree."""


def world(damage: DiskDamage, *, killed: bool = True) -> Program:
    """People talk, ask, and meet the damage in the middle of an answer."""
    return Program(5, (
        Join("alice", "lines"), Join("bob", "screen"), Type("alice", "hello\r", 0), LetPass(0.4),
        Type("bob", "@bot,echo hi\r", 0), Type("alice", "@sage when?\r", 0), LetPass(0.05), damage, Restart(killed),
        Join("alice", "lines"), Type("alice", "again\r", 0), RunCommand("carol", "history lobby --json"), LetPass(0.4),
    ))  # fmt: skip


@pytest.mark.parametrize("where", [0, 1, 7, 5000, 30_000, 99_999])
@pytest.mark.parametrize("how", HOWS)
def test_a_world_holds_with_each(how: str, where: int) -> None:
    """It is counted, stands in the trace in one line, and is the same each time, as a line of JSON too."""
    program = world(DiskDamage(how, where))
    outcome = simulate(5, Mode.SHUFFLE, program)
    assert outcome.broken is None and outcome.faults >= 1
    assert sum(line.endswith(describe(DiskDamage(how, where))) for line in outcome.trace) == 1
    assert simulate(5, Mode.SHUFFLE, from_json(to_json(program))).digest == outcome.digest


def test_a_page_that_cannot_be_right_is_refused_and_a_bit_that_nobody_reads_is_not() -> None:
    refused = simulate(5, Mode.FIFO, world(DiskDamage(FLIPPED, KIND_OF_PAGE), killed=False))
    assert any("refuses the damaged database" in line for line in refused.trace) and refused.broken is None
    unread = 80 * 8  # the header's unused bytes
    lives = simulate(5, Mode.FIFO, world(DiskDamage(FLIPPED, unread), killed=False))
    assert any("lives with the flipped bit" in line for line in lives.trace) and lives.broken is None


def broken(patch: pytest.MonkeyPatch, name: str, stub: Callable[..., object]) -> str:
    patch.setattr(database, name, stub)
    return str(simulate(5, Mode.FIFO, world(DiskDamage(FLIPPED, KIND_OF_PAGE), killed=False)).broken)


def test_a_start_that_takes_a_malformed_database_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "a server starts on a database of which SQLite says" in broken(
        monkeypatch, "_examine", lambda *_, **__: None
    )


def test_a_refusal_that_says_nothing_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    told = broken(monkeypatch, "_damaged", lambda path, _: DamagedDatabase(f"{path} is\ndamaged"))
    assert "a refusal says in one line" in told


def test_a_refusal_that_has_changed_the_file_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    original = database._inspect

    def inspect(path: Path) -> bool:
        try:
            return original(path)
        except DamagedDatabase:
            path.write_bytes(b"")
            raise

    assert "a refused database was changed" in broken(monkeypatch, "_inspect", inspect)


def test_on_a_disk_a_world_is_what_it_is_in_memory() -> None:
    """Damage that no restart follows changes nothing."""
    for seed in range(3):
        program = draw(seed)
        acts = tuple(act for act in program.acts if not isinstance(act, DiskDamage))
        there = simulate(seed, schedule_of(seed, None), replace(program, acts=acts))
        on_disk = simulate(seed, schedule_of(seed, None), replace(program, acts=(*acts, DiskDamage(TORN, 0))))
        told = describe(DiskDamage(TORN, 0))
        assert [line for line in on_disk.trace if not line.endswith(told)] == list(there.trace)


def test_each_kind_is_drawn_and_most_restarts_find_what_was_written() -> None:
    source = random.Random(3)
    drawn = [draw_damage(source) for _ in range(1000)]
    assert {act.how for act in drawn if act is not None} == set(HOWS)
    assert 600 < drawn.count(None) < 800


def test_what_has_no_wal_is_not_torn() -> None:
    assert damaged(DiskFiles(empty()), DiskDamage(TORN, 5)) is None


def test_a_world_without_damage_is_in_memory() -> None:
    with Storage(Program(1, (LetPass(0.0),))) as storage:
        assert storage.put(DiskFiles(b"x")) == (":memory:", b"x")
    with Storage(Program(1, (DiskDamage(TORN, 0),))) as storage:
        first, second = Path(storage.put(None)[0]), Path(storage.put(DiskFiles(b"x", b"y"))[0])
        assert first.read_bytes() == empty() and DiskFiles.of(second) == DiskFiles(b"x", b"y")
    assert not first.exists()
