"""Bugs in what a start makes of a disk that did not keep what was written: each is found by worlds with such disks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chatd.adapters.sqlite import database, entries
from chatd.adapters.sqlite.database import MEMORY, Database
from chatd.adapters.sqlite.log import SqliteLog
from tests.testing.simulation.planted import Planted


def a_batch_that_is_no_transaction(patch: pytest.MonkeyPatch) -> None:
    """A kill loses nothing of it, as all of it is one step of the server; what tears the WAL may leave a half."""

    def append(self: SqliteLog, batch: Any) -> Any:
        return [entries.append(self._db.writer, self._db.writer_id, one) for one in batch]

    patch.setattr(SqliteLog, "_append", append)


def a_start_that_looks_at_no_page(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(database, "_examine", lambda *_, **__: None)


def a_start_without_what_is_in_the_wal(patch: pytest.MonkeyPatch) -> None:
    original = Database.__init__

    def begin(self: Database, path: Any, *args: Any, **named: Any) -> None:
        if path != MEMORY:
            Path(f"{path}-wal").unlink(missing_ok=True)
        original(self, path, *args, **named)

    patch.setattr(Database, "__init__", begin)


DISK: tuple[Planted, ...] = (
    Planted(a_batch_that_is_no_transaction, soon=3),
    Planted(a_start_that_looks_at_no_page, soon=10),
    Planted(a_start_without_what_is_in_the_wal, soon=1),
)
