"""A simulated disk: the port RunSync, inline, with delays and failures to order."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import trio

from chatd.ports import Committed, Conflict, Unknown
from chatd.testing.images import DiskFiles

T = TypeVar("T")


class Disk:
    """Runs database work on the loop itself; what a thread would take is virtual time before and after it.

    `delay` is in seconds, drawn anew for each call. The failures are SQLite's own.
    """

    def __init__(self, delay: Callable[[], float] | None = None) -> None:
        self.delay = delay or _no_delay
        self.failing = False
        self._writes_left: int | None = None
        self._lands = False
        self._synced: DiskFiles | None = None
        self._writer: sqlite3.Connection

    def attach(self, writer: sqlite3.Connection) -> None:
        """The connection whose writes may fail."""
        self._writer = writer

    async def __call__(self, function: Callable[..., T], *args: object) -> T:
        """The port RunSync, for writes."""
        await trio.sleep(self.delay())
        result: T = self._write(function, *args)
        await trio.sleep(self.delay())
        return result

    async def read(self, function: Callable[..., T], *args: object) -> T:
        """The port RunSync, for reads."""
        await trio.sleep(self.delay())
        result = function(*args)
        await trio.sleep(self.delay())
        return result

    def _write(self, function: Callable[..., Any], *args: object) -> Any:
        if self._writes_left is None:
            return function(*args)
        self._writes_left -= 1
        if self._writes_left > 0:
            return function(*args)
        self._writes_left = None
        if self._lands:
            result = function(*args)
            is_append = isinstance(result, list) and all(
                isinstance(outcome, Committed | Conflict) for outcome in result
            )
            return [Unknown("disk I/O error")] * len(result) if is_append else result
        self._writer.execute("PRAGMA query_only = ON")
        try:
            return function(*args)
        finally:
            self._writer.execute(f"PRAGMA query_only = {'ON' if self.failing else 'OFF'}")

    @property
    def is_slow(self) -> bool:
        """Whether calls may take time."""
        return self.delay is not _no_delay

    @property
    def will_fail(self) -> bool:
        """Whether a write to come fails."""
        return self._writes_left is not None

    def fails_at(self, write: int, *, lands: bool = False) -> None:
        """The `write`-th write from now on, counted from 1, fails once.

        When it `lands`, only its answer is lost: an append says that its outcome is unknown, but is on disk.
        """
        self._writes_left, self._lands = write, lands

    def becomes_read_only(self) -> None:
        """Every write fails from now on."""
        self.failing = True
        self._writer.execute("PRAGMA query_only = ON")

    def fills_up(self) -> None:
        """No page more can be had; what fits into those there are still can be written."""
        self.failing = True
        (pages,) = self._writer.execute("PRAGMA page_count").fetchone()
        self._writer.execute(f"PRAGMA max_page_count = {pages}")

    def lies(self) -> None:
        """From now on it says that what was written is safe, and a power cut loses it: see `files`."""
        if self._synced is None:
            self._synced = self._files()

    @property
    def is_lying(self) -> bool:
        """Whether what is on disk is less than it says."""
        return self._synced is not None

    def files(self) -> DiskFiles:
        """The database as a kill now would leave it, or, of a disk that lies, a power cut."""
        return self._synced or self._files()

    def _files(self) -> DiskFiles:
        path = Path(self._writer.execute("PRAGMA database_list").fetchone()[2])
        # One in memory that was made from an image has a name, too.
        return DiskFiles.of(path) if path.is_absolute() else DiskFiles(self._writer.serialize())

    def works_again(self) -> None:
        """The failures end."""
        self.failing = False
        self.delay = _no_delay
        self._writes_left = None
        self._synced = None
        self._writer.execute("PRAGMA query_only = OFF")
        self._writer.execute("PRAGMA max_page_count = 1073741823")


def _no_delay() -> float:
    return 0.0
