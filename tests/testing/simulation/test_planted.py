"""The simulation proves itself: bugs that people write are planted, and each is found within its number of worlds."""

from __future__ import annotations

import shlex

import pytest

from chatd.core.room import Room
from chatd.testing import Mode
from chatd.testing.program_json import from_json
from chatd.testing.simulation.report import play, simulate_all
from tests import mutants
from tests.testing.simulation import planted
from tests.testing.simulation.planted import PLANTED, Planted, find
from tests.testing.simulation.planted_disk import DISK
from tests.testing.simulation.planted_related import RELATED
from tests.testing.simulation.planted_screens import SCREENS
from tests.testing.simulation.planted_scripts import SCRIPTS
from tests.testing.simulation.planted_web import WEB


@pytest.mark.parametrize("bug", [*PLANTED, *DISK, *RELATED, *SCREENS, *WEB, *SCRIPTS], ids=lambda bug: str(bug.name))
def test_a_planted_bug_is_found(bug: Planted) -> None:
    assert find(bug.plant, bug.within, bug.soon) is not None


def test_nothing_is_found_where_nothing_is_planted() -> None:
    assert find(lambda _: None, 4) is None


def test_a_patch_that_fits_no_more_is_no_bug() -> None:
    """What it patches may be otherwise by now: then what breaks is the patch."""

    def a_patch_of_before(patch: pytest.MonkeyPatch) -> None:
        patch.setattr(Room, "since", lambda self: [])

    with pytest.raises(TypeError, match="does not fit what it patches"):
        find(a_patch_of_before, 3)


def test_the_command_tells_what_was_found_and_what_was_not(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found, missed = Planted(planted.a_double_finish, 20), Planted(lambda _: None, 1)
    monkeypatch.setattr(mutants, "PLANTED", (found,))
    monkeypatch.setattr(mutants, "EXPECTED_LATER", ())
    assert mutants.main(["--list", "own"]) == 0
    assert capsys.readouterr().out.endswith("own: 1 of 1 found\n")
    monkeypatch.setattr(mutants, "PLANTED", (found, missed))
    assert mutants.main(["--list", "own"]) == 1
    told = capsys.readouterr().out
    assert "not found (in 1 worlds)" in told and told.endswith("own: 1 of 2 found\n")


def test_fewer_foreign_bugs_than_wanted_are_a_failure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(mutants, "FOREIGN", (Planted(planted.a_double_finish, 20), Planted(lambda _: None, 1)))
    assert mutants.main(["--list", "foreign", "--wanted", "1"]) == 0
    assert mutants.main(["--list", "foreign", "--wanted", "2"]) == 1
    assert capsys.readouterr().out.endswith("foreign: 1 of 2 found\n")


def test_what_several_processes_find_is_what_one_finds() -> None:
    bugs = ((planted.a_double_finish, 0), (planted.a_call_without_its_result, 5))
    jobs: list[mutants.Job] = [(Planted(bug), 20, first) for bug, first in bugs]
    seeds = [found and found.seed for found in mutants._results(jobs, 1)]
    assert [found and found.seed for found in mutants._results(jobs, 2)] == seeds and None not in seeds


def test_what_is_told_of_it_replays_it(monkeypatch: pytest.MonkeyPatch) -> None:
    planted.a_call_without_its_result(monkeypatch)
    told: list[str] = []
    assert not simulate_all(5, 60, None, say=told.append)
    again = shlex.split(next(line for line in told if line.startswith("again: ")))
    program = from_json(again[again.index("--program") + 1])
    found = play(program, Mode(again[again.index("--schedule") + 1]), say=told.append)
    assert not found and len(program.acts) < 10
