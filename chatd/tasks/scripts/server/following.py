"""What the server's own runtime has still to be told of the rooms: a cursor for each of them."""

from __future__ import annotations

from chatd.core.live_row import LiveRow
from chatd.core.room import Behind
from chatd.ports import Call
from chatd.tasks.chat.hub import Hub
from chatd.tasks.scripts.row_calls import prepare, row_calls


class Following:
    """All rooms, from the moment it is made: what was said before is history."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._cursors: dict[str, int]
        self.skip()

    def skip(self) -> None:
        """Nobody wants to be told of what has been committed so far."""
        self._cursors = {room.id: room.number for room in self._hub.lobby.rooms}

    async def prepare(self) -> None:
        """Make the beginnings of the rows that will be told fit for scripts, where that takes long."""
        for room in self._hub.lobby.rooms:
            if (cursor := self._cursors.get(room.id, 0)) != room.number:
                await prepare(self._hub, room, cursor)

    def calls(self) -> list[Call]:
        """The callbacks for what has been committed in any room since the last time.

        What has fallen out of a room's memory meanwhile is not told, as to a session that fell behind.
        """
        told: list[Call] = []
        known = self._cursors
        self.skip()
        for room in self._hub.lobby.rooms:
            cursor = known.get(room.id, 0)
            entries = room.since(cursor) if cursor != room.number else []
            if not isinstance(entries, Behind):
                told += row_calls(self._hub, room, entries, _nothing)
        return told


def _nothing(_: LiveRow) -> None:
    """Reading on in a row is for sessions."""
