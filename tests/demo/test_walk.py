"""The walk through a server: each step does what it says or the walk fails, and nothing of it stays."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from chatd.demo import walk
from chatd.demo.outside import Clients
from chatd.errors import Exit

pytestmark = pytest.mark.real

PATIENCE = 120.0


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Directories for a while are made below the test's own."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def test_every_step_does_what_it_says(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "chatd.demo.walk"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stderr
    assert [line[:2] for line in done.stdout.splitlines() if line[:1].isdigit()] == ["1.", "2.", "3.", "4.", "5.", "6."]
    assert not list(tmp_path.iterdir())


def test_a_step_that_did_something_else_fails_the_walk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def wrong(clients: Clients) -> None:
        """ask somebody who is not there"""
        done = clients.ssh("alice", "ask", "@nobody", "hello")
        walk.expect(done.status == 0, f"exit status {done.status}")

    monkeypatch.setattr(walk, "STEPS", (wrong,))
    assert walk.main() == Exit.FAILED
    assert "chatd: that is not what was to come: exit status 69" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_an_interrupt_leaves_nothing_behind(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-m", "chatd.demo.walk"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        while "2. " not in process.stdout.readline():
            pass
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE)
    assert process.returncode == 130 and not list(tmp_path.iterdir())


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("shutil.which", lambda program: None if program == "curl" else program)
    assert walk.main() == Exit.UNAVAILABLE
    assert capsys.readouterr().err == "chatd: the demonstration needs curl\n"
