"""Simulated worlds: the same seed is the same life, and in none of them an invariant breaks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from chatd.testing import Mode
from chatd.testing.program import Converse, Join, LetPass, Program, SaveScripts, Type
from chatd.testing.simulation import simulate
from chatd.testing.simulation.conversations import EDITED
from chatd.testing.simulation.draw import draw
from chatd.testing.simulation.editions import BROKEN
from chatd.testing.simulation.report import simulate_all
from chatd.testing.simulation.swarm import swarm
from chatd.testing.simulation.words import FAULTY


@pytest.mark.parametrize("mode", list(Mode))
def test_the_same_seed_is_the_same_life(mode: Mode) -> None:
    first, second = simulate(3, mode), simulate(3, mode)
    assert first == second and first.broken is None
    assert simulate(4, mode).digest != first.digest


def test_the_hash_seed_of_python_and_the_company_of_other_runs_change_nothing(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from chatd.testing.simulation.report import simulate_all;"
        "simulate_all(int(sys.argv[1]), int(sys.argv[2]), None, trace=Path(sys.argv[3]), say=print)"
    )

    def traces(hash_seed: str, first: int, runs: int) -> str:
        file = tmp_path / f"{hash_seed}-{first}"
        arguments = [sys.executable, "-c", program, str(first), str(runs), str(file)]
        subprocess.run(arguments, env={**os.environ, "PYTHONHASHSEED": hash_seed}, check=True, capture_output=True)
        return file.read_text()

    together = traces("1", 10, 3)
    assert together == traces("2", 10, 3)
    assert traces("3", 12, 1) in together, "alone or as one of several, a seed's trace is the same"


def test_worlds_hold_under_every_schedule() -> None:
    told: list[str] = []
    assert simulate_all(100, 24, None, say=told.append), "\n".join(told)
    assert told[0].startswith("24 worlds held: ")


def test_a_fifth_of_the_worlds_has_the_shipped_scripts_alone_and_nothing_that_needs_others() -> None:
    shipped = [seed for seed in range(300) if swarm(seed).settings.lua.path is None]
    assert 0.1 < len(shipped) / 300 < 0.3
    for act in (act for seed in shipped for act in draw(seed).acts):
        assert not isinstance(act, SaveScripts)
        assert not (isinstance(act, Converse) and act.which in EDITED)
        assert not (isinstance(act, Type) and act.text in FAULTY)


def test_scripts_that_are_saved_where_there_are_only_shipped_ones_are_the_same() -> None:
    """A program of before may say so; a reload it is all the same."""
    shipped = next(seed for seed in range(100) if swarm(seed).settings.lua.path is None)
    acts = (Join("alice", "screen"), LetPass(0.4), SaveScripts(BROKEN), LetPass(3.0), Type("alice", "/edition\r", 0))
    outcome = simulate(shipped, Mode.FIFO, Program(shipped, (*acts, LetPass(0.4)), drawn=True))
    assert outcome.broken is None
