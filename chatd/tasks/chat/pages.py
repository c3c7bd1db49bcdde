"""A room's rows from the log, page by page: whoever reads many of them holds few at a time."""

from __future__ import annotations

from chatd.core.row import Row
from chatd.ports import Archive

PAGE = 100
"""Rows read at once; of long ones fewer, see ports.PAGE_CHARS."""


class Pages:
    """A room's rows from seq `first` to seq `last`, oldest first."""

    def __init__(self, archive: Archive, room_id: str, first: int, last: int) -> None:
        self._archive = archive
        self._room_id = room_id
        self._next = max(1, first)
        self._last = last

    async def next(self) -> list[Row]:
        """The next page, empty when there is none. Raises StorageError."""
        if self._next > self._last:
            return []
        rows = await self._archive.page_from(self._room_id, self._next, min(PAGE, self._last - self._next + 1))
        self._next = rows[-1].seq + 1 if rows else self._last + 1
        return rows
