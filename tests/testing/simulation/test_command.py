"""`chatd sim`, as it is typed."""

from __future__ import annotations

import pytest

from chatd.cli import KINDS as COMMAND_KINDS
from chatd.cli import SCENARIOS as COMMAND_SCENARIOS
from chatd.cli import SCHEDULES, main
from chatd.testing import Mode
from chatd.testing.simulation.sweep import SCENARIOS
from chatd.testing.simulation.sweeps import KINDS


def test_the_command_line_knows_what_there_is() -> None:
    """It names them without importing them, as `--version` must be quick."""
    assert tuple(SCENARIOS) == COMMAND_SCENARIOS
    assert tuple(map(str, KINDS)) == COMMAND_KINDS
    assert tuple(map(str, Mode)) == SCHEDULES


def test_worlds_that_hold_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sim", "--seed", "7", "--runs", "2"]) == 0
    assert capsys.readouterr().out.startswith("2 worlds held: ")


def test_one_world_of_a_sweep_is_replayed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sim", "--scenario", "slow disk", "--at", "mention:3"]) == 0
    assert capsys.readouterr().out.endswith("it held\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--runs", "0"], "'0' is no number from 1 on"),
        (["--keep", "x"], "'x' is no list of places"),
        (["--at", "nobody:3"], "'nobody:3' is not mention, session"),
        (["--seed", "1", "--keep", "900"], "the program of seed 1 has"),
        (["--schedule", "random"], "invalid choice"),
    ],
)
def test_what_is_typed_wrong_is_said(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sim", *arguments]) == 64
    assert words in capsys.readouterr().err
