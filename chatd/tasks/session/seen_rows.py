"""The rows that one session's script has been shown: it may ask for their texts, and for those of no others.

Short ones are kept as they are. Of a long one that its room has forgotten only the name is kept; when its text is asked
for, it is fetched from the log, and put into the cache of rows that all sessions have in common.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from chatd.core.excerpt import EXCERPT
from chatd.core.live_row import LiveRow
from chatd.errors import ScriptError, StorageError
from chatd.tasks.session.state import State

MAX_SEEN = 1000
"""Rows beyond the room's memory that a script may still ask the lines of: twice what the shipped chat view holds."""


class SeenRows:
    """`arrived` is called when a row that was fetched is there."""

    def __init__(self, state: State, arrived: Callable[[], None]) -> None:
        self._state = state
        self._hub = state.hub
        self._arrived = arrived
        self._seen: OrderedDict[str, LiveRow | None] = OrderedDict()
        self._fetching = False

    def add(self, row_id: str, live: LiveRow | None) -> None:
        """The script has been shown this row; without `live`, the beginning of it."""
        self._seen[row_id] = live if live is not None and live.weight <= EXCERPT and not live.head.is_open else None
        self._seen.move_to_end(row_id)
        while len(self._seen) > MAX_SEEN:
            self._seen.popitem(last=False)

    def saw(self, live: LiveRow) -> None:
        """As `add`, of a row in memory."""
        self.add(live.head.id, live)

    def find(self, row_id: str) -> LiveRow | None:
        """A row of the present room, or one that the script has been shown; None when it must be fetched first, which
        is begun then. Raises ScriptError for any other.
        """
        live = self.at_hand(row_id)
        if live is None and not self._fetching:
            self._fetching = True
            self._state.start(self._bring, str(row_id), name="row")
        return live

    async def get(self, row_id: str) -> LiveRow:
        """As `find`, and waits for it. Raises ScriptError, StorageError."""
        live = self.at_hand(row_id)
        return live if live is not None else await self._fetch(str(row_id))

    def at_hand(self, row_id: str) -> LiveRow | None:
        """As `find`, and begins nothing."""
        row_id = str(row_id)
        if (live := self._state.room.get(row_id)) is not None:
            return live
        if row_id not in self._seen:
            raise ScriptError(f"no row {row_id[:40]!r} here")
        self._seen.move_to_end(row_id)
        return self._seen[row_id] or self._hub.row_cache.get(row_id)

    async def _bring(self, row_id: str) -> None:
        try:
            await self._fetch(row_id)
        except (ScriptError, StorageError):
            self._seen.pop(row_id, None)  # who asks again is told
        finally:
            self._fetching = False
            self._arrived()

    async def _fetch(self, row_id: str) -> LiveRow:
        row = await self._hub.archive.row(row_id)
        if row is None:
            raise ScriptError(f"no row {row_id[:40]!r} here")
        live = LiveRow(row)
        self._hub.row_cache.put(live)
        return live
