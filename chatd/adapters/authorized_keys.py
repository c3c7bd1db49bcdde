"""The file of keys that may come in: OpenSSH's authorized_keys format, read for fingerprints alone."""

from __future__ import annotations

import base64
import binascii
import hashlib
from itertools import pairwise
from pathlib import Path

from chatd.errors import BadConfig, MissingFile

_TYPES = ("ssh-", "ecdsa-", "sk-ssh-", "sk-ecdsa-")


def fingerprint(blob: bytes) -> str:
    """A public key's fingerprint as OpenSSH prints it: `SHA256:…`."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def read_fingerprints(path: Path) -> frozenset[str]:
    """The fingerprints of the file's keys; options before a key are ignored.

    Raises MissingFile when it cannot be read, BadConfig for a line that holds no key.
    """
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        raise MissingFile(f"{path}: {error.strerror or error}") from error
    found = set()
    for number, line in enumerate(lines, 1):
        if line.strip() and not line.lstrip().startswith("#"):
            blob = _key(line)
            if blob is None:
                raise BadConfig(f"{path}: line {number} holds no public key in OpenSSH's format")
            found.add(fingerprint(blob))
    return frozenset(found)


def _key(line: str) -> bytes | None:
    words = line.split()
    for kind, blob in pairwise(words):
        if kind.startswith(_TYPES):
            try:
                return base64.b64decode(blob, validate=True)
            except binascii.Error:
                return None
    return None
