"""Opening the database file: refusing what is not ours before a byte of it is written, then one writer, one reader.

SQLite before 3.51.3 can corrupt a WAL when two connections write or checkpoint at once, so exactly one connection
writes; the other is read-only and never checkpoints.
"""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from shlex import quote as quoted
from typing import Any
from urllib.parse import quote

from chatd.adapters.sqlite import schema, search_index
from chatd.adapters.sqlite.definitions import damaged_definition
from chatd.adapters.sqlite.recovery import recover
from chatd.adapters.sqlite.schema import LOCAL_WRITER
from chatd.adapters.sqlite.values import damaged_value
from chatd.errors import BadConfig, CannotCreate, ChatdError, DamagedDatabase, StorageError

MEMORY = ":memory:"

BUSY_TIMEOUT_S = 5.0
"""How long a statement waits for another process's lock, e.g. a backup."""

MAX_CHECKED = 512 << 20
"""Bytes of a file that is read through before it is opened, in some seconds; of a larger one only what it defines."""

_IN_THE_FILE = ("SQLITE_CORRUPT", "SQLITE_NOTADB")
"""Errors of what is in the file, by the beginning of their names."""

_NOT_THE_FILE = ("SQLITE_IOERR", "SQLITE_FULL", "SQLITE_BUSY", "SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_PERM")
"""Errors of the disk and of locks, by the beginning of their names."""

FULL_TEXT = "fts5"
"""The module of SQLite that searches; some builds leave it out."""

_WRITER_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    # A kill -9 of the server loses nothing; a power cut may lose the last moments but never corrupts.
    "PRAGMA synchronous = NORMAL",
    "PRAGMA foreign_keys = ON",
)


class Database:
    """The writer's and the reader's connection. Calls may come from any thread, one at a time for each connection."""

    def __init__(
        self, path: Path | str, now: str, writer_id: str = LOCAL_WRITER, *, image: bytes | None = None
    ) -> None:
        """Open, migrate, and put right what the writer of this id left behind.

        `path` may be ":memory:", then `image` is what such a database held before. `now` is the time that recovered
        rows finish at. Whoever opens the database again is to have the same `writer_id`, and nobody else who has it
        open.
        Raises DamagedDatabase (the file is left as it was), BadConfig (an SQLite without STRICT or FTS5), CannotCreate
        (there is something else in its place), StorageError.
        """
        _check_sqlite()
        self.path = str(path)
        self.writer_id = writer_id
        whole = self.path != MEMORY and _inspect(Path(path))
        try:
            self.writer = self._connect(read_only=False)
            if image is not None:
                self.writer.deserialize(image)
            for pragma in _WRITER_PRAGMAS:
                self.writer.execute(pragma)
            schema.migrate(self.writer)
            if whole:
                search_index.mend(self.writer)
            self.recovered = recover(self.writer, now, writer_id)
            self.reader = self.writer if self.path == MEMORY else self._connect(read_only=True)
        except (sqlite3.DatabaseError, ValueError) as error:
            self._abandon()
            if isinstance(error, ValueError) or _is_damage(error):
                raise _damaged(Path(path), str(error)) from error
            raise as_storage_error(error) from error

    def _abandon(self) -> None:
        """It could not be opened; what has been opened of it is closed."""
        if hasattr(self, "writer"):
            self.writer.close()

    def _connect(self, *, read_only: bool) -> sqlite3.Connection:
        target = self.path if self.path == MEMORY else _uri(Path(self.path), "ro" if read_only else "rwc")
        return sqlite3.connect(
            target, uri=self.path != MEMORY, isolation_level=None, check_same_thread=False, timeout=BUSY_TIMEOUT_S
        )

    def close(self) -> None:
        """Close both; the last one checkpoints, so that the file alone holds everything."""
        self.reader.close()
        self.writer.close()


def _check_sqlite() -> None:
    """Raise BadConfig when the SQLite of this Python lacks what the schema needs."""
    if sqlite3.sqlite_version_info < (3, 37, 0):
        raise BadConfig(f"SQLite {sqlite3.sqlite_version} has no STRICT tables; 3.37 or newer is needed")
    with closing(sqlite3.connect(MEMORY)) as connection:
        try:
            connection.execute(f"CREATE VIRTUAL TABLE probe USING {FULL_TEXT}(text)")
        except sqlite3.OperationalError:
            raise BadConfig(f"SQLite {sqlite3.sqlite_version} was built without FTS5; a search needs it") from None


def as_storage_error(error: sqlite3.DatabaseError) -> StorageError:
    """SQLite's error in our words. Bugs of ours (constraint, misuse) are not storage errors: they are re-raised."""
    if isinstance(error, sqlite3.IntegrityError | sqlite3.ProgrammingError) and not _is_damage(error):
        raise error
    name = getattr(error, "sqlite_errorname", "") or ""
    # The shared memory beside the WAL is a file of 32 KiB that is only ever extended: it fails for want of room.
    if name.startswith(("SQLITE_FULL", "SQLITE_IOERR_SHMSIZE")):
        return StorageError("the disk is full")
    if name.startswith("SQLITE_READONLY"):
        return StorageError("the disk is read-only")
    if name.startswith(("SQLITE_CANTOPEN", "SQLITE_PERM")):
        return StorageError("the database file cannot be opened")
    if _is_damage(error):
        return StorageError(f"the database file is damaged ({name or 'a text is no UTF-8'})")
    return StorageError(f"the disk fails ({name or error})")


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    """Whether what is in the file is wrong. A text that cannot be decoded is an error of Python's, without a name; a
    constraint that is none of our tables', which say of which kind they are, is one of the search's own tables.
    """
    name = getattr(error, "sqlite_errorname", "") or ""
    return name.startswith(_IN_THE_FILE) or name == "SQLITE_CONSTRAINT" or (not name and "decode" in str(error))


def select(database: Database, sql: str, values: tuple[object, ...]) -> list[Any]:
    """Every row of a query, as SQLite gives them, from the reading connection. Raises StorageError."""
    try:
        return database.reader.execute(sql, values).fetchall()
    except sqlite3.DatabaseError as error:
        raise as_storage_error(error) from error


def transact(database: Database, change: Callable[[sqlite3.Connection], None]) -> None:
    """Run `change` in one transaction on the writing connection. Raises StorageError when the disk refuses."""
    connection = database.writer
    try:
        connection.execute("BEGIN IMMEDIATE")
        change(connection)
        connection.execute("COMMIT")
    except sqlite3.DatabaseError as error:
        raise as_storage_error(error) from error
    finally:
        rollback(connection)


def rollback(connection: sqlite3.Connection) -> None:
    """End the transaction, if one is open. Raises StorageError when not even that can be done."""
    if connection.in_transaction:
        try:
            connection.execute("ROLLBACK")
        except sqlite3.DatabaseError as error:
            raise StorageError(f"the database cannot even roll back ({error})") from error


def _uri(path: Path, mode: str) -> str:
    return f"file:{quote(str(path.absolute()))}?mode={mode}"


def _inspect(path: Path) -> bool:
    """Look at the file without writing to it; returns whether all of it was read. Raises a ChatdError when it is not a
    healthy database of ours.
    """
    try:
        if not path.exists():
            return False
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            what = "a directory, not a file" if stat.S_ISDIR(status.st_mode) else "not a regular file"
            raise CannotCreate(f"{path} is {what}")
        if status.st_size == 0:
            return False
        # Without a WAL beside it the file is all there is, and looking at it need not leave a WAL behind.
        mode = "ro" if path.with_name(path.name + "-wal").exists() else "ro&immutable=1"
        connection = sqlite3.connect(_uri(path, mode), uri=True, timeout=BUSY_TIMEOUT_S)
    except (OSError, sqlite3.DatabaseError) as error:
        raise StorageError(f"{path} cannot be read: {error}") from error
    whole = status.st_size <= MAX_CHECKED
    try:
        _examine(path, connection, whole=whole)
        return whole
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        raise _as_finding(path, error) from error
    finally:
        connection.close()


def _examine(path: Path, connection: sqlite3.Connection, *, whole: bool) -> None:
    """Raises DamagedDatabase for a database that is not ours, not of our time, or not whole."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    if (application, version) == (0, 0) and not tables:
        return  # as good as none
    if application != schema.APPLICATION_ID:
        raise DamagedDatabase(f"{path} is a database, but not one of chatd's; it was left as it is")
    if version > schema.VERSION:
        raise DamagedDatabase(
            f"{path} was written by a newer version of chatd (format {version}, this one knows"
            f" {schema.VERSION}); it was left as it is"
        )
    if version < 1:
        raise _damaged(path, f"format {version}")
    for table in schema.tables(version):
        if table not in tables:
            raise _damaged(path, f"it has no table {table}")
    if why := damaged_definition(connection, version):
        raise _damaged(path, why)
    if whole:
        # Unlike quick_check it compares the indexes with the rows, which takes half a second for 100 MB.
        (verdict,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
        if verdict == "ok":
            verdict = damaged_value(connection, schema.tables(version))
        if verdict is not None:
            raise _damaged(path, verdict)


def _as_finding(path: Path, error: Exception) -> ChatdError:
    """What an error while looking means: a disk that fails or a lock that is held says nothing about the database."""
    name = getattr(error, "sqlite_errorname", "") or ""
    if isinstance(error, sqlite3.DatabaseError) and name.startswith(_NOT_THE_FILE):
        return as_storage_error(error)
    return _damaged(path, str(error))


def _damaged(path: Path, why: str) -> DamagedDatabase:
    # SQLite's verdict may have several lines; ours is one.
    return DamagedDatabase(
        f"{path} is damaged ({' '.join(why.split())}); it was left as it is. Put a backup in its place, or what"
        f" `sqlite3 {quoted(str(path))} .recover | sqlite3 NEW` saves of it"
    )
