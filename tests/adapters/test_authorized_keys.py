"""The file of keys: OpenSSH's format, fingerprints as OpenSSH prints them."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from chatd.adapters.authorized_keys import fingerprint, read_fingerprints
from chatd.errors import BadConfig, MissingFile

BLOB = b"\x00\x00\x00\x0bssh-ed25519\x00\x00\x00 " + bytes(range(32))
KEY = "ssh-ed25519 " + base64.b64encode(BLOB).decode()


def test_keys_comments_and_options(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_text(f'# mine\n\n{KEY} me@here\nno-pty,command="a b" {KEY}\n')
    assert read_fingerprints(path) == {fingerprint(BLOB)}
    assert fingerprint(BLOB).startswith("SHA256:") and len(fingerprint(BLOB)) == 50


def test_wrong_lines_are_named(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    for wrong in ("nonsense", "ssh-ed25519", "ssh-ed25519 !!!"):
        path.write_text(f"{KEY}\n{wrong}\n")
        with pytest.raises(BadConfig, match="line 2 holds no public key"):
            read_fingerprints(path)
    with pytest.raises(MissingFile):
        read_fingerprints(tmp_path / "none")
