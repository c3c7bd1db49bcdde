"""Opening the database file: refusing what is not ours before a byte of it is written, then one writer, one reader.

SQLite before 3.51.3 can corrupt a WAL when two connections write or checkpoint at once, so exactly one connection
writes; the other is read-only and never checkpoints.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from urllib.parse import quote

from chatd.adapters.sqlite import schema
from chatd.errors import BadConfig, DamagedDatabase, StorageError

MEMORY = ":memory:"

BUSY_TIMEOUT_S = 5.0
"""How long a statement waits for another process's lock, e.g. a backup."""

MAX_CHECKED = 512 << 20
"""Bytes of a file that is read through before it is opened, about a second's work; of a larger one only the header."""

_WRITER_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    # A kill -9 of the server loses nothing; a power cut may lose the last moments but never corrupts.
    "PRAGMA synchronous = NORMAL",
    "PRAGMA foreign_keys = ON",
)


class Database:
    """The writer's and the reader's connection. Calls may come from any thread, one at a time for each connection."""

    def __init__(self, path: Path | str, now: str) -> None:
        """Open, migrate and recover.

        `path` may be ":memory:". `now` is the time that recovered rows finish at.
        Raises DamagedDatabase (the file is left as it was), BadConfig (an SQLite without STRICT), StorageError.
        """
        if sqlite3.sqlite_version_info < (3, 37, 0):
            raise BadConfig(f"SQLite {sqlite3.sqlite_version} has no STRICT tables; 3.37 or newer is needed")
        self.path = str(path)
        if self.path != MEMORY:
            _inspect(Path(path))
        try:
            self.writer = self._connect(read_only=False)
            for pragma in _WRITER_PRAGMAS:
                self.writer.execute(pragma)
            schema.migrate(self.writer)
            self.recovered = schema.recover(self.writer, now)
            self.reader = self.writer if self.path == MEMORY else self._connect(read_only=True)
        except sqlite3.DatabaseError as error:
            raise as_storage_error(error) from error

    def _connect(self, *, read_only: bool) -> sqlite3.Connection:
        target = self.path if self.path == MEMORY else _uri(Path(self.path), "ro" if read_only else "rwc")
        return sqlite3.connect(
            target, uri=self.path != MEMORY, isolation_level=None, check_same_thread=False, timeout=BUSY_TIMEOUT_S
        )

    def close(self) -> None:
        """Close both; the last one checkpoints, so that the file alone holds everything."""
        self.reader.close()
        self.writer.close()


def as_storage_error(error: sqlite3.DatabaseError) -> StorageError:
    """SQLite's error in our words. Bugs of ours (constraint, misuse) are not storage errors: they are re-raised."""
    if isinstance(error, sqlite3.IntegrityError | sqlite3.ProgrammingError):
        raise error
    name = getattr(error, "sqlite_errorname", "") or ""
    if name.startswith("SQLITE_FULL"):
        return StorageError("the disk is full")
    if name.startswith("SQLITE_READONLY"):
        return StorageError("the disk is read-only")
    if name.startswith(("SQLITE_CANTOPEN", "SQLITE_PERM")):
        return StorageError("the database file cannot be opened")
    return StorageError(f"the disk fails ({name or error})")


def _uri(path: Path, mode: str) -> str:
    return f"file:{quote(str(path.absolute()))}?mode={mode}"


def _inspect(path: Path) -> None:
    """Look at the file without writing to it; raises DamagedDatabase when it is not a healthy database of ours."""
    try:
        if not path.exists() or path.stat().st_size == 0:
            return
        # Without a WAL beside it the file is all there is, and looking at it need not leave a WAL behind.
        mode = "ro" if path.with_name(path.name + "-wal").exists() else "ro&immutable=1"
        connection = sqlite3.connect(_uri(path, mode), uri=True, timeout=BUSY_TIMEOUT_S)
    except (OSError, sqlite3.DatabaseError) as error:
        raise StorageError(f"{path} cannot be read: {error}") from error
    try:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if application != schema.APPLICATION_ID and tables:
            raise DamagedDatabase(f"{path} is a database, but not one of chatd's; it was left as it is")
        if version > schema.VERSION:
            raise DamagedDatabase(
                f"{path} was written by a newer version of chatd (format {version}, this one knows"
                f" {schema.VERSION}); it was left as it is"
            )
        verdict = "ok"
        if path.stat().st_size <= MAX_CHECKED:
            (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise DamagedDatabase(f"{path} is damaged ({verdict}); it was left as it is")
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        raise DamagedDatabase(f"{path} is damaged ({error}); it was left as it is") from error
    finally:
        connection.close()
