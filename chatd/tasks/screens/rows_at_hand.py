"""Rows at hand for one person who reads further up than their room's memory goes."""

from __future__ import annotations

from collections.abc import Sequence

from chatd.core.excerpt import Excerpt
from chatd.core.live_row import LiveRow
from chatd.core.room import Behind, Room
from chatd.core.row import Finished, Grew
from chatd.tasks.chat.row_cache import RowCache

PAGE = 100
"""Rows of one load."""

MAX_ROWS = 500
"""Rows kept; those farthest from where somebody reads go."""


class Lost:
    """There is no such row in the log."""


LOST = Lost()


class RowsAtHand:
    """Rows by seq: those of the room's memory, and what was loaded. `wanted` and `whole` say what is to be fetched."""

    def __init__(self, room: Room, long_rows: RowCache) -> None:
        self._room = room
        self._long_rows = long_rows
        self._rows: dict[int, LiveRow | Excerpt | Lost] = {}
        self._results: dict[str, int] = {}
        self.wanted: int | None = None
        """The highest seq that was asked for and is not at hand."""
        self.whole: str | None = None
        """The id of a long row of which only the beginning is at hand."""

    def at(self, seq: int) -> LiveRow | Lost | None:
        """A row; None when it has to be fetched first, and is wanted from now on."""
        live = self._room.at(seq)
        if live is not None:
            return live
        kept = self._rows.get(seq)
        if isinstance(kept, Excerpt):
            live = self._room.get(kept.row.id) or self._long_rows.get(kept.row.id)
            if live is None:
                self.whole = kept.row.id
            return live
        if kept is None:
            self.wanted = max(self.wanted or 0, seq)
        return kept

    def result_of(self, call_id: str) -> LiveRow | None:
        """The result of a tool's call, if it is at hand."""
        live = self._room.result_of(call_id)
        if live is None and call_id in self._results:
            kept = self._rows.get(self._results[call_id])
            return kept if isinstance(kept, LiveRow) else None
        return live

    def add(self, before: int, page: Sequence[Excerpt]) -> None:
        """What was loaded for all up to `before`: of the rows in between, those that are missing do not exist."""
        first = page[0].row.seq if len(page) >= PAGE else 1
        for seq in range(max(first, before - PAGE * 2), before + 1):
            self._rows.setdefault(seq, LOST)
        for excerpt in page:
            row = excerpt.row
            self._rows[row.seq] = LiveRow(row) if excerpt.is_whole else excerpt
            if row.parent_id is not None:
                self._results[row.parent_id] = row.seq
        self._let_go(before)

    def lose(self, row_id: str) -> None:
        """The log has no whole row of this id."""
        for seq, kept in self._rows.items():
            if isinstance(kept, Excerpt) and kept.row.id == row_id:
                self._rows[seq] = LOST
                return

    def changed_since(self, number: int) -> None:
        """Of what was loaded, nothing is kept that may have changed since entry `number`."""
        entries = self._room.since(number)
        if isinstance(entries, Behind):
            self.clear()
            return
        for entry in entries:
            if isinstance(entry, Grew | Finished) and self._room.get(entry.row_id) is None:
                self.forget(entry.row_id)

    def forget(self, row_id: str) -> None:
        """A row that only the log has is another now."""
        for seq, kept in self._rows.items():
            head = kept.row if isinstance(kept, Excerpt) else kept.head if isinstance(kept, LiveRow) else None
            if head is not None and head.id == row_id:
                del self._rows[seq]
                return

    def clear(self) -> None:
        """Nothing that was loaded is known to be so any more."""
        self._rows.clear()
        self._results.clear()

    def _let_go(self, near: int) -> None:
        if len(self._rows) > MAX_ROWS:
            kept = sorted(self._rows, key=lambda seq: abs(seq - near + PAGE // 2))[:MAX_ROWS]
            self._rows = {seq: self._rows[seq] for seq in kept}
            self._results = {call: seq for call, seq in self._results.items() if seq in self._rows}
