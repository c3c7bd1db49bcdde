"""`chatd sim`, as it is typed."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from chatd.cli import main
from chatd.sim_command import KINDS as COMMAND_KINDS
from chatd.sim_command import SCENARIOS as COMMAND_SCENARIOS
from chatd.sim_command import SCHEDULES
from chatd.testing import Mode
from chatd.testing.program_json import to_json
from chatd.testing.simulation.draw import draw
from chatd.testing.simulation.scenarios import SCENARIOS
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


def test_ones_own_scripts_are_lived_with_and_what_errs_in_them_shrinks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The scripts that hold hold; a bug in them is found, few acts are left of its world, and the line replays it."""
    scripts = tmp_path / "my scripts"
    scripts.mkdir()
    (scripts / "vowels.lua").write_text("tools.on_row_added(function(_, row) local _ = row.content:find('e') end)")
    assert main(["sim", "--seed", "3", "--lua", str(scripts)]) == 0
    (scripts / "vowels.lua").write_text("tools.on_row_added(function(_, row)\n  local _ = nil .. row.content\nend)")
    capsys.readouterr()
    assert main(["sim", "--seed", "3", "--lua", str(scripts)]) == 1
    told = capsys.readouterr().out
    assert "an invariant is broken: no script errs: " in told and "vowels.lua:2: attempt to concatenate" in told
    (again,) = re.findall(r"again: chatd (sim --schedule \w+ --lua '.*' --program '.*')\n", told)
    assert main(shlex.split(again)) == 1
    kept = tmp_path / "kept.json"
    kept.write_text(shlex.split(again)[-1])
    assert main(["sim", "--program", str(kept)]) == 0, "with the scripts of the simulation it holds"
    assert "it held: " in capsys.readouterr().out


def test_who_reads_no_further_ends_it_quietly(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As with `chatd sim … | head`: no traceback, and nothing that is tried again at the exit."""

    def closed(*_: object) -> None:
        raise BrokenPipeError

    ended: list[bool] = []
    monkeypatch.setattr("builtins.print", closed)
    monkeypatch.setattr("chatd.cli._nowhere", lambda: ended.append(True))
    assert main(["sim"]) == 1 and main(["sim", "--program", to_json(draw(1))]) == 1
    assert ended == [True, True] and not capsys.readouterr().err


def test_the_guide_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["guide"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("# Testing with chatd\n") and "--chatd-seed" in told


def test_a_program_that_is_not_there_is_a_missing_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sim", "--program", "nowhere.json"]) == 66
    assert "nowhere.json: No such file" in capsys.readouterr().err


def test_scripts_that_are_not_there_are_a_missing_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sim", "--lua", str(tmp_path / "nowhere")]) == 66
    assert "there is no directory" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--lua", ".", "--sweep"], "--lua goes with seeds"),
        (["--runs", "0"], "'0' is no number from 1 on"),
        (["--program", "{}"], "that is no program"),
        (["--program", "/bin/sh"], "that is no program"),
        (["--program", "{}", "--sweep"], "--program plays one world"),
        (["--program", "{}", "--keep-going", "told.jsonl"], "--program plays one world"),
        (["--at", "nobody:3"], "'nobody:3' is not mention, session"),
        (["--schedule", "random"], "invalid choice"),
    ],
)
def test_what_is_typed_wrong_is_said(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sim", *arguments]) == 64
    assert words in capsys.readouterr().err
