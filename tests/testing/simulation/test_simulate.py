"""Simulated worlds: the same seed is the same life, and in none of them an invariant breaks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from chatd.testing import Mode
from chatd.testing.simulation import simulate
from chatd.testing.simulation.report import simulate_all


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
