"""Long rows that were fetched from the log for somebody's screen: kept for all who look at them, for a while."""

from __future__ import annotations

from collections import OrderedDict

from chatd.core.live_row import LiveRow

MAX_CHARS = 8 << 20
"""Code points of all of them together; the least recently used are fetched again when needed."""


class RowCache:
    """Rows that no longer change, and that their rooms have forgotten."""

    def __init__(self) -> None:
        self._rows: OrderedDict[str, LiveRow] = OrderedDict()
        self._chars = 0

    def put(self, live: LiveRow) -> None:
        """Keep a row; the least recently used ones go when there are too many characters."""
        self._chars -= self._weight(self._rows.pop(live.head.id, None))
        self._rows[live.head.id] = live
        self._chars += live.weight
        while self._chars > MAX_CHARS and len(self._rows) > 1:
            _, oldest = self._rows.popitem(last=False)
            self._chars -= oldest.weight

    def get(self, row_id: str) -> LiveRow | None:
        """A row, if it is here."""
        if row_id in self._rows:
            self._rows.move_to_end(row_id)
        return self._rows.get(row_id)

    @staticmethod
    def _weight(live: LiveRow | None) -> int:
        return 0 if live is None else live.weight
