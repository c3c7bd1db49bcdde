"""The server's own key: made once, kept private."""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

import asyncssh

from chatd.errors import CannotCreate

_LONGEST_FILE = 64 * 1024
_ALGORITHM = "ssh-ed25519"


def load_or_create_host_key(path: Path) -> asyncssh.SSHKey:
    """The ed25519 key in `path`, which is made if need be, readable for its owner alone.

    Raises CannotCreate when the file is open to others, is not such a key, or cannot be read or made. Two servers that
    start at once end up with the same key. Blocks for a few milliseconds of disk time.
    """
    try:
        return _load(path)
    except FileNotFoundError:
        pass
    try:
        _create(path)
        return _load(path)
    except OSError as error:
        raise CannotCreate(f"cannot make the host key {path}: {error.strerror or error}") from error


def _load(path: Path) -> asyncssh.SSHKey:
    """Raises FileNotFoundError when there is none, otherwise CannotCreate."""
    try:
        # O_NONBLOCK: opening a FIFO of that name must not wait for a writer.
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise CannotCreate(f"cannot read the host key {path}: {error.strerror}") from error
    try:
        mode = os.fstat(fd).st_mode
        if not stat.S_ISREG(mode):
            raise CannotCreate(f"the host key {path} is not a file")
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise CannotCreate(f"others may use the host key {path} (mode {mode & 0o777:04o}): chmod 600 it")
        data = os.read(fd, _LONGEST_FILE)
    finally:
        os.close(fd)
    try:
        key = asyncssh.import_private_key(data)
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError) as error:
        raise CannotCreate(f"the host key {path} is not a private key without passphrase: {error}") from error
    if key.get_algorithm() != _ALGORITHM:
        raise CannotCreate(f"the host key {path} is {key.get_algorithm()}, only {_ALGORITHM} will do")
    return key


def _create(path: Path) -> None:
    """Write a new key beside `path` and link it there, whole and on disk. One that is there already stays."""
    text = asyncssh.generate_private_key(_ALGORITHM, comment="chatd").export_private_key()
    fd, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with open(fd, "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(fd)
        # A link fails where a rename would replace the key of a server that was faster.
        with suppress(FileExistsError):
            os.link(name, path)
    finally:
        os.unlink(name)
    _sync_directory(path.parent)


def _sync_directory(directory: Path) -> None:
    fd = os.open(directory, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
