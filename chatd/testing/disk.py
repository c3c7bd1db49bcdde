"""A simulated disk: the port RunSync, inline, with delays and failures to order."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import TypeVar

import trio

T = TypeVar("T")


class Disk:
    """Runs database work on the loop itself; what a thread would take is virtual time before and after it.

    `delay` is in seconds, drawn anew for each call. The failures are SQLite's own.
    """

    def __init__(self, delay: Callable[[], float] = lambda: 0.0) -> None:
        self.delay = delay
        self.calls = 0
        self.failing = False
        self._writer: sqlite3.Connection

    def attach(self, writer: sqlite3.Connection) -> None:
        """The connection whose writes may fail."""
        self._writer = writer

    async def __call__(self, function: Callable[..., T], *args: object) -> T:
        """The port RunSync."""
        self.calls += 1
        await trio.sleep(self.delay())
        result = function(*args)
        await trio.sleep(self.delay())
        return result

    def becomes_read_only(self) -> None:
        """Every write fails from now on."""
        self.failing = True
        self._writer.execute("PRAGMA query_only = ON")

    def fills_up(self) -> None:
        """No page more can be had; what fits into those there are still can be written."""
        self.failing = True
        (pages,) = self._writer.execute("PRAGMA page_count").fetchone()
        self._writer.execute(f"PRAGMA max_page_count = {pages}")

    def works_again(self) -> None:
        """The failures end."""
        self.failing = False
        self._writer.execute("PRAGMA query_only = OFF")
        self._writer.execute("PRAGMA max_page_count = 1073741823")
