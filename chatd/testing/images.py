"""What a database looks like after a kill or a power cut: as one image, or as the files on a real disk, cut or flipped.

A process that is killed loses nothing that SQLite has written. A power cut loses what was not synced (`Disk.lies`), and
may leave the last write of the WAL half done (`DiskFiles.torn`); a bad disk changes a bit (`DiskFiles.flipped`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from chatd.adapters.sqlite.database import MEMORY, Database
from chatd.core.times import iso
from chatd.testing.wal import applied

NAME = "chatd.sqlite3"


@cache
def empty() -> bytes:
    """The image of a new database: making its tables anew took a tenth of a short world, and each time they are the
    same.
    """
    database = Database(MEMORY, iso(0))
    try:
        return database.writer.serialize()
    finally:
        database.close()


def snapshot(connection: sqlite3.Connection) -> bytes:
    """What a connection sees of its database, as `opened` takes it."""
    return applied(connection.serialize(), b"")


@contextmanager
def opened(image: bytes) -> Iterator[sqlite3.Connection]:
    """A connection to a copy of an image, in memory."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        connection.deserialize(image)
        yield connection
    finally:
        connection.close()


@dataclass(frozen=True, slots=True)
class DiskFiles:
    """The bytes of a database and of the WAL beside it."""

    main: bytes
    wal: bytes = b""

    @classmethod
    def of(cls, path: Path) -> DiskFiles:
        """As they are at this moment, whoever has them open. Raises OSError."""
        wal = path.with_name(path.name + "-wal")
        return cls(path.read_bytes(), wal.read_bytes() if wal.exists() else b"")

    def image(self) -> bytes:
        """The database with what is whole in the WAL, as `opened` takes it."""
        return applied(self.main, self.wal)

    def torn(self, size: int) -> DiskFiles:
        """The WAL ends after `size` bytes: what came behind never reached the disk."""
        return replace(self, wal=self.wal[:size])

    def flipped(self, bit: int, *, in_wal: bool = False) -> DiskFiles:
        """One bit is another one; bits are counted from 0 and begin anew behind the last."""
        data = bytearray(self.wal if in_wal else self.main)
        bit %= len(data) * 8
        data[bit // 8] ^= 1 << bit % 8
        return replace(self, wal=bytes(data)) if in_wal else replace(self, main=bytes(data))

    def put(self, directory: Path) -> Path:
        """Write them into an empty directory; the database's path. Raises OSError."""
        path = directory / NAME
        path.write_bytes(self.main)
        if self.wal:
            path.with_name(NAME + "-wal").write_bytes(self.wal)
        return path
