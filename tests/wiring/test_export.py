"""`chatd export`: a room of a stopped server, on stdout."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from chatd.adapters.data_directory import DataDirectory
from chatd.cli import main
from chatd.errors import Exit
from chatd.testing import World, run


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The directory of a server that has been talked on."""

    async def talk() -> None:
        async with World.open(database=tmp_path / "chatd.sqlite3") as world:
            await world.command("alice", "say hello")
            await world.command("alice", "ask @echo for me alone")

    run(partial(talk))
    return tmp_path


def test_a_room_is_written_out(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "lobby", "--data", str(data), "--format", "text"]) == Exit.OK
    assert capsys.readouterr().out == "alice: hello\n"
    assert main(["export", "~alice", "--data", str(data)]) == Exit.OK
    assert "for me alone" in capsys.readouterr().out


def test_what_is_not_there_is_said(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "nowhere", "--data", str(data)]) == Exit.UNAVAILABLE
    assert main(["export", "lobby", "--data", str(tmp_path / "none")]) == Exit.MISSING_INPUT
    assert not (tmp_path / "none").exists()
    assert main(["export", "lobby", "--data", str(data), "--format", "pdf"]) == Exit.USAGE


def test_a_directory_in_use_is_left_alone(data: Path) -> None:
    held = DataDirectory(data)
    try:
        assert main(["export", "lobby", "--data", str(data)]) == Exit.CANNOT_CREATE
    finally:
        held.close()
