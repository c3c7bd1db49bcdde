"""Reading what was said: a room's history in pages, what a search finds, and whether memory has enough of a room."""

from __future__ import annotations

from collections.abc import Sequence

from chatd.core.live_row import LiveRow
from chatd.core.room import Room
from chatd.core.row import Row
from chatd.core.search import SearchQuery
from chatd.core.visit import Visitor
from chatd.errors import NotFound, UsageError
from chatd.tasks.chat.hub import Hub
from chatd.tasks.chat.pages import Pages

SEARCH_PAGE = 20
"""Rows that a search fetches at once: each may be a whole long answer, and who reads may be slow to take it."""


async def history(hub: Hub, room: Room, limit: int, *, before: str | None = None) -> Pages:
    """The newest `limit` rows, of those before the row with the id `before` when one is named; oldest first, in pages.

    Raises UsageError over the limit of one call, NotFound for a row that is not in this room, StorageError.
    """
    most = hub.limits.max_history_page
    if limit > most:
        raise UsageError(f"history: {limit} rows asked for, the limit is {most} a call; --before ID pages")
    last = room.seq
    if before is not None:
        row = await hub.archive.row(before)
        if row is None or row.buffer_id != room.buffer_id:
            raise NotFound(f"there is no row {before[:40]!r} in {room.name}")
        last = row.seq - 1
    return Pages(hub.archive, room.id, last - limit + 1, last)


def in_memory(room: Room, limit: int, before: int | None = None) -> list[LiveRow] | None:
    """The newest `limit` rows below seq `before` (all when None), oldest first; None when memory has not enough."""
    tail = [live for live in room.tail(room.seq) if before is None or live.head.seq < before]
    complete = not room.seq or (tail and tail[0].head.seq == 1) or (before is not None and before <= 1)
    if len(tail) < limit and not complete:
        return None
    return tail[-limit:] if limit else []


def readable(hub: Hub, visitor: Visitor) -> list[Room]:
    """The rooms that the visitor may read, the lobby first, then by name."""
    return hub.lobby.visible(visitor.name)


async def search(
    hub: Hub, rooms: Sequence[Room], query: SearchQuery, *, limit: int = SEARCH_PAGE, before: str | None = None
) -> list[Row]:
    """Up to `limit` rows of these rooms that the query finds, newest first; with `before`, a row's id, older ones only.

    Raises LimitReached when the search would take too long, StorageError.
    """
    return await hub.search.search([room.id for room in rooms], query, limit, before)


class Found:
    """What a search finds, newest first, in pages, up to as many rows as one call may have."""

    def __init__(self, hub: Hub, rooms: Sequence[Room], query: SearchQuery) -> None:
        self._hub = hub
        self._rooms = rooms
        self._query = query
        self._left = hub.limits.max_history_page
        self._last: Row | None = None
        self._over = False

    @property
    def any(self) -> bool:
        """Whether anything was found."""
        return self._last is not None

    @property
    def cut(self) -> bool:
        """Whether the limit of one call ended it."""
        return not self._left

    async def next(self) -> list[Row]:
        """The next page, empty when there is none. Raises as `search` does."""
        if self._over or not self._left:
            return []
        wanted = min(self._left, SEARCH_PAGE)
        last = None if self._last is None else self._last.id
        found = await search(self._hub, self._rooms, self._query, limit=wanted, before=last)
        self._left -= len(found)
        self._over = len(found) < SEARCH_PAGE
        self._last = found[-1] if found else self._last
        return found
