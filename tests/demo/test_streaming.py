"""The demonstration of the router: pieces as they come, what they took; interrupts and failures end it cleanly."""

from __future__ import annotations

import re
import signal
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.core.stream import Done, Started, StreamEvent, Token, Usage
from chatd.demo.provider import ANSWERS, answer_to
from chatd.demo.streaming import IN_TURN, TOGETHER, Measured

PATIENCE = 60.0
COMMAND = [sys.executable, "-m", "chatd.demo"]


@given(st.lists(st.tuples(st.integers(0, 500), st.text(min_size=1, max_size=5)), max_size=8))
def test_what_a_stream_took_is_told_by_its_events(pieces: list[tuple[int, str]]) -> None:
    measured, now = Measured(), 7000
    events: list[StreamEvent] = [Started(time_ms=now)]
    for wait, text in pieces:
        now += wait
        events.append(Token(text, time_ms=now))
    for event in (*events, Usage(3, 5, time_ms=now), Done(time_ms=now)):
        measured.note(event)
    assert (measured.pieces, measured.characters) == (len(pieces), sum(len(text) for _, text in pieces))
    assert measured.last_ms - 7000 == sum(wait for wait, _ in pieces)
    assert measured.first_ms == (7000 + pieces[0][0] if pieces else None)
    assert "5 tokens" in measured.line and f"{(now - 7000) / 1000:.2f} s" in measured.line


def test_the_small_model_knows_what_it_is_asked() -> None:
    assert {answer_to(question) for question in (*IN_TURN, *TOGETHER)} == set(ANSWERS.values())


@pytest.mark.real
def test_it_prints_pieces_and_figures_and_ends_well() -> None:
    done = subprocess.run(COMMAND, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert ANSWERS["actor"] in done.stdout and ANSWERS["shorter"] in done.stdout
    figures = re.findall(
        r"first token after \d+ ms, (\d+) pieces, (\d+) characters, (\d+) tokens, [\d.]+ tokens/s", done.stdout
    )
    wanted = [(len(answer.split()), len(answer)) for answer in ANSWERS.values()]
    assert [(int(tokens), int(characters)) for _, characters, tokens in figures] == wanted
    sea = done.stdout.index("[1]The"), done.stdout.index("[2]The")
    assert max(sea) < done.stdout.index("coast."), "the second speaks while the first does"


@pytest.mark.real
def test_an_interrupt_ends_it_at_once_with_130() -> None:
    with subprocess.Popen(COMMAND, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        heard = b""
        while b"messages" not in heard:  # a word in the midst of the first answer
            heard += process.stdout.read1(100)  # type: ignore[attr-defined]
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate(timeout=PATIENCE)
    assert (process.returncode, errors) == (130, b"")
    assert b"[interrupted: the model's connection is closed]" in rest and b"others" not in rest


@pytest.mark.real
def test_a_server_that_is_not_there_is_told_in_a_line() -> None:
    command = [*COMMAND, "--endpoint", "http://127.0.0.1:1", "hello"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 75 and re.fullmatch(r"chatd: 127\.0\.0\.1:1 refuses the connection[^\n]*\n", done.stderr)
