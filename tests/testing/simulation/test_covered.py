"""The lines that worlds run are counted, those of functions alone."""

from __future__ import annotations

import pytest

from tests import covered

SOURCE = """import trio

def outer(a):
    b = a

    def inner(
        c,
    ):
        return c

    return inner(b)

WHOLE = 1
"""


def test_lines_outside_functions_are_run_by_nobody() -> None:
    assert covered.inside_functions(SOURCE) == {4, 5, 9, 10, 11}


def test_lines_that_follow_each_other_are_a_range() -> None:
    assert covered.ranges([1, 3, 4, 5, 9]) == ["1", "3-5", "9"]


def test_what_is_run_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert covered.main(["--runs", "1"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[-1].split()[1:4] == ["%", "of", told[-1].split()[3]] and "lines are run" in told[-1]
    assert any("tasks/chat/rooms.py: " in line for line in told)
