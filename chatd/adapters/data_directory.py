"""The server's directory: for its owner's eyes alone, and for one server at a time."""

from __future__ import annotations

import fcntl
import logging
import os
import stat
from pathlib import Path

from chatd.errors import CannotCreate

logger = logging.getLogger("chatd.data")

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_OWN = ("chatd.", "lock", "ssh_host_", ".ssh_host_", "lost+found")
"""How names begin that stand in a directory that is the server's alone."""
_READ_BY_US = ("chatd.sqlite3", "chatd.sqlite3-wal", "chatd.sqlite3-shm", "lock")


class DataDirectory:
    """The server's directory, held by one server at a time."""

    def __init__(self, path: Path) -> None:
        """Make it if need be, close it to others, and lock it.

        Raises CannotCreate when that fails, when it is open to others and not to be closed by us, or when another
        server has it.
        """
        self.path = path
        try:
            path.mkdir(mode=stat.S_IRWXU, parents=True, exist_ok=True)
            _close_to_others(path)
            # A link of that name could have us make a file elsewhere.
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
            self._lock = os.open(path / "lock", flags, stat.S_IRUSR | stat.S_IWUSR)
        except OSError as error:
            raise CannotCreate(f"data directory {path}: {error.strerror or error}") from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._lock)
            raise CannotCreate(f"data directory {path} is in use by another server") from error

    def close(self) -> None:
        """Release the lock, so that another server may take the directory."""
        os.close(self._lock)

    @property
    def database(self) -> Path:
        """The path of the database file."""
        return self.path / "chatd.sqlite3"

    @property
    def host_key(self) -> Path:
        """The server's private key. Others must never have been able to read it, so its mode is not mended here."""
        return self.path / "ssh_host_ed25519_key"


def _close_to_others(path: Path) -> None:
    """Take others' rights to the directory and to the files in it. Raises CannotCreate, OSError."""
    status = path.stat()
    if status.st_mode & _OTHERS:
        mode = f"mode {stat.S_IMODE(status.st_mode):04o}"
        if status.st_uid != os.geteuid():
            raise CannotCreate(f"data directory {path} is open to others ({mode}) and not ours: name one of our own")
        if foreign := sorted(name for name in os.listdir(path) if not name.startswith(_OWN)):
            raise CannotCreate(
                f"data directory {path} is open to others ({mode}) and holds {foreign[0]!r}, which is not ours:"
                " chmod 700 it, or name a directory for chatd alone"
            )
        path.chmod(stat.S_IRWXU)
        logger.warning("data directory %s was open to others (%s); it is 0700 now", path, mode)
    for name in _READ_BY_US:
        file = path / name
        if file.is_file() and not file.is_symlink():
            status = file.stat()
            if status.st_mode & _OTHERS and status.st_uid == os.geteuid():
                file.chmod(stat.S_IRUSR | stat.S_IWUSR)
