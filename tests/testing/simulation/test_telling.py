"""What is told of a broken world: short, of the shortened world, with what happened and where it went another way."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from chatd.testing import Mode
from chatd.testing.checks import Broken
from chatd.testing.program_json import from_json
from chatd.testing.simulation import Outcome, simulate
from chatd.testing.simulation.long_run import go_on
from chatd.testing.simulation.report import look_at, simulate_all
from chatd.testing.simulation.telling import folded
from tests.testing.simulation import planted

TRACE = (
    "    0.000      1 bounded          alice types 'hi'",
    "    0.100      2 paint            alice is sent 10 bytes, 01234567",
    "    0.200      3 paint            bob is sent 5 bytes, 01234567",
    "    0.900      4 paint            alice is sent 1000 bytes, 01234567",
    "    1.000      5 bounded          alice hangs up",
)


def test_frames_are_folded_and_acts_are_not() -> None:
    assert folded(TRACE) == [
        "    0.000  alice types 'hi'",
        "    0.100  alice is sent 1,010 bytes 2 times, until 0.900 s",
        "    0.200  bob is sent 5 bytes once",
        "    1.000  alice hangs up",
    ]


def test_the_steps_that_are_told_are_those_of_the_shortened_world(monkeypatch: pytest.MonkeyPatch) -> None:
    planted.a_double_finish(monkeypatch)
    told: list[str] = []
    assert not simulate_all(0, 60, None, say=told.append)
    again = shlex.split(next(line for line in told if line.startswith("again: ")))
    steps = int(told[-1].rpartition(" ")[2])
    program, mode = from_json(again[again.index("--program") + 1]), Mode(again[again.index("--schedule") + 1])
    shown: list[str] = []
    assert not look_at(program, mode, 1, say=shown.append)
    assert f"of {steps}," in shown[0]
    assert not any("bytes, " in line for line in told), "no hash tells anybody anything"


def world(seed: int, *, breaks: bool = False) -> Outcome:
    broken = Broken("it holds", f"not at {seed}\nat all") if breaks else None
    return Outcome(seed, Mode.FIFO, 1, 1, 0, (), "", broken)


def test_a_long_run_goes_on_where_it_was_interrupted(tmp_path: Path) -> None:
    file, told, lived = tmp_path / "run.jsonl", list[str](), list[int]()

    def live(seeds: range, last: int = 1000) -> list[Outcome]:
        lived.extend(seed for seed in seeds if seed <= last)
        return [world(seed, breaks=seed == 7) for seed in seeds if seed <= last]

    assert not go_on(file, 0, 200, lambda seeds: live(seeds, 120), told.append)
    assert not go_on(file, 0, 200, live, told.append), "what broke before is not forgotten"
    assert lived[:121] == [*range(121)] and lived[121:] == [*range(100, 200)], "some are lived twice, none is left out"
    assert told[-1] == "1 broke" and "seed 7: it holds: not at 7" in told
    assert go_on(tmp_path / "good", 0, 5, lambda seeds: [world(seed) for seed in seeds], told.append)


def test_a_world_that_holds_is_told_beside_the_one_that_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    planted.a_call_without_its_result(monkeypatch)
    told: list[str] = []
    assert not simulate_all(5, 60, None, say=told.append)
    at = next(at for at, line in enumerate(told) if "they part here" in line)
    assert any(line.startswith(("  - ", "  + ")) for line in told[at:])
    assert simulate(5, Mode.FIFO).trace
