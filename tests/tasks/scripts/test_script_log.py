"""A script's lines in the server's log are clean, and so few that nothing else drowns."""

from __future__ import annotations

import logging

import pytest

from chatd.tasks.scripts.script_log import MAX_CHARS, MAX_LINES, WINDOW_MS, ScriptLog


class Hands:
    """A clock that the test turns."""

    def __init__(self) -> None:
        self.ms = 5_000

    def now_ms(self) -> int:
        return self.ms


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG, "chatd.script")
    return caplog


def test_a_line_is_one_line_of_bounded_length(lines: pytest.LogCaptureFixture) -> None:
    log = ScriptLog(Hands())
    log.write("warn", "a\nb\x1b[2J" + "x" * 5000)
    log.write("loud", "no such level")
    first, second = lines.records
    assert first.levelname == "WARNING" and "\n" not in first.message and "\x1b" not in first.message
    assert len(first.message) <= MAX_CHARS and second.levelname == "INFO"


def test_a_flood_is_cut_and_its_size_is_told_when_it_is_over(lines: pytest.LogCaptureFixture) -> None:
    clock = Hands()
    log = ScriptLog(clock)
    for n in range(MAX_LINES + 7):
        log.write("info", f"line {n}")
    assert [r.message for r in lines.records] == [f"line {n}" for n in range(MAX_LINES)]
    clock.ms += WINDOW_MS
    log.write("info", "calm again")
    told = [r.message for r in lines.records[MAX_LINES:]]
    assert told == ["7 lines of a script were left out, the limit is 100 in 10 s", "calm again"]


def test_a_clock_that_is_put_back_silences_nobody(lines: pytest.LogCaptureFixture) -> None:
    clock = Hands()
    log = ScriptLog(clock)
    for _ in range(MAX_LINES + 1):
        log.write("info", "before")
    clock.ms -= 4_000
    log.write("info", "after")
    assert lines.records[-1].message == "after"
