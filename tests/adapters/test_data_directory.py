"""The server's directory: for its owner's eyes alone, and for one server at a time."""

from __future__ import annotations

import logging
import os
import stat
from pathlib import Path

import pytest

from chatd.adapters.data_directory import DataDirectory
from chatd.errors import CannotCreate


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_data_directory_is_for_one_server(tmp_path: Path) -> None:
    first = DataDirectory(tmp_path / "data")
    with pytest.raises(CannotCreate, match="in use by another server"):
        DataDirectory(tmp_path / "data")
    first.close()
    DataDirectory(tmp_path / "data").close()
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700


def test_a_directory_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotCreate, match="data directory"):
        DataDirectory(tmp_path / "file" / "data")


@pytest.mark.parametrize("found", [0o755, 0o777, 0o710, 0o701])
def test_a_directory_that_is_open_to_others_is_closed_with_its_files(
    found: int, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("chatd.sqlite3", "chatd.sqlite3-wal", "chatd.sqlite3-shm", "lock"):
        (tmp_path / name).write_text("")
        (tmp_path / name).chmod(0o644)
    (tmp_path / "ssh_host_ed25519_key").write_text("")
    (tmp_path / "ssh_host_ed25519_key").chmod(0o644)
    tmp_path.chmod(found)
    with caplog.at_level(logging.WARNING):
        DataDirectory(tmp_path).close()
    assert mode(tmp_path) == 0o700
    assert {mode(tmp_path / name) for name in ("chatd.sqlite3", "chatd.sqlite3-wal", "chatd.sqlite3-shm", "lock")} == {
        0o600
    }
    assert mode(tmp_path / "ssh_host_ed25519_key") == 0o644  # who has read it has it: that is refused, not mended
    (line,) = caplog.messages
    assert f"was open to others (mode {found:04o}); it is 0700 now" in line


def test_one_that_holds_what_is_not_ours_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("")
    tmp_path.chmod(0o755)
    with pytest.raises(CannotCreate, match=r"open to others \(mode 0755\) and holds 'index.html'.*chmod 700"):
        DataDirectory(tmp_path)
    assert mode(tmp_path) == 0o755 and os.listdir(tmp_path) == ["index.html"]


def test_one_of_somebody_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tmp_path.chmod(0o755)
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(CannotCreate, match=r"open to others .* and not ours"):
        DataDirectory(tmp_path)


def test_a_lock_that_leads_elsewhere_is_refused(tmp_path: Path) -> None:
    (tmp_path / "lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(CannotCreate, match="data directory"):
        DataDirectory(tmp_path)
    assert not (tmp_path / "elsewhere").exists()
