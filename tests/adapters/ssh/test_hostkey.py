"""The host key's file."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import asyncssh
import pytest

from chatd.adapters.ssh import hostkey
from chatd.adapters.ssh.hostkey import load_or_create_host_key
from chatd.errors import CannotCreate, Exit


def test_it_is_made_once_and_is_private(tmp_path: Path) -> None:
    path = tmp_path / "host_key"
    key = load_or_create_host_key(path)
    assert key.get_algorithm() == "ssh-ed25519"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_or_create_host_key(path).get_fingerprint() == key.get_fingerprint()
    assert os.listdir(tmp_path) == ["host_key"]


def test_one_that_ssh_keygen_made_will_do(tmp_path: Path) -> None:
    path = tmp_path / "host_key"
    key = asyncssh.generate_private_key("ssh-ed25519")
    path.write_bytes(key.export_private_key())
    path.chmod(0o600)
    link = tmp_path / "link"
    link.symlink_to(path)
    assert load_or_create_host_key(link).get_fingerprint() == key.get_fingerprint()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o777])
def test_a_key_that_others_may_use_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "host_key"
    load_or_create_host_key(path)
    path.chmod(mode)
    with pytest.raises(CannotCreate, match=r"others may use the host key .*: chmod 600 it") as caught:
        load_or_create_host_key(path)
    assert caught.value.exit_code is Exit.CANNOT_CREATE


def some(kind: str) -> bytes:
    key = asyncssh.generate_private_key("ecdsa-sha2-nistp256" if kind == "ecdsa" else "ssh-ed25519")
    match kind:
        case "public":
            return key.export_public_key()
        case "locked":
            return key.export_private_key("pkcs8-pem", passphrase="secret")
        case "ecdsa":
            return key.export_private_key()
        case "cut":
            return key.export_private_key()[:100]
        case _:
            return kind.encode()


@pytest.mark.parametrize("kind", ["", "junk", "public", "locked", "ecdsa", "cut"])
def test_what_is_no_such_key_is_refused_and_kept(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "host_key"
    data = some(kind)
    path.write_bytes(data)
    path.chmod(0o600)
    with pytest.raises(CannotCreate, match=r"host_key (is not a private key|is ecdsa-sha2-nistp256, only)"):
        load_or_create_host_key(path)
    assert path.read_bytes() == data


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "directory").mkdir()
    os.mkfifo(tmp_path / "fifo", 0o600)
    for name in ("directory", "fifo", "missing/host_key"):
        with pytest.raises(CannotCreate):
            load_or_create_host_key(tmp_path / name)
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    with pytest.raises(CannotCreate):
        load_or_create_host_key(tmp_path / "dangling")


def test_the_faster_of_two_servers_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "host_key"
    create = hostkey._create

    def overtaken(where: Path) -> None:
        create(where)
        create(where)

    monkeypatch.setattr(hostkey, "_create", overtaken)
    key = load_or_create_host_key(path)
    assert load_or_create_host_key(path).get_fingerprint() == key.get_fingerprint()
    assert os.listdir(tmp_path) == ["host_key"]


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CannotCreate, match="No space left on device"):
        load_or_create_host_key(tmp_path / "host_key")
    assert os.listdir(tmp_path) == []
