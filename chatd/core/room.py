"""A room as a fold over its committed entries.

`Room.apply(entry)` is the only thing that changes a room, but for what others append to its log, which comes together:
by `catch_up`, or by `restart` when it is too much. Readers hold a cursor, the number of the last entry they have seen,
and call `since(cursor)`; how many readers there are and how fast they are costs the room nothing. What is kept in
memory is bounded: the newest rows, every open row, and the newest entries; a reader who fell off gets `Behind` and
starts again from the rows.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import assert_never

from chatd.core.annotation import annotation_size
from chatd.core.live_row import LiveRow
from chatd.core.room_settings import NO_SETTINGS, TOPIC, with_setting
from chatd.core.row import (
    Added,
    Annotated,
    Entry,
    Finished,
    Grew,
    Method,
    RoomSet,
    Row,
    changed_row,
    thought_in,
    weight,
)
from chatd.core.thoughts import Thoughts


@dataclass(frozen=True, slots=True)
class RoomLimits:
    """What a room keeps in memory."""

    rows: int
    """Rows, beside the open ones; older ones are read from the log."""
    row_chars: int
    """Code points of those rows and their thoughts together; a long answer pushes out more than one short row."""
    entries: int
    """Entries: a reader may be this late before it must resync."""
    entry_chars: int
    """Code points of all kept entries together."""


class Behind:
    """The reader is too late: entries it has not seen are no longer in memory."""


BEHIND = Behind()


class Room:
    """One room's committed state. All numbers are as the log gave them."""

    def __init__(
        self,
        room_id: str,
        name: str,
        buffer_id: str,
        *,
        settings: Mapping[str, str] = NO_SETTINGS,
        number: int = 0,
        seq: int = 0,
        created_at: int = 0,
        limits: RoomLimits,
    ) -> None:
        self.id = room_id
        self.name = name
        self.buffer_id = buffer_id
        self.settings = settings
        """What is set, by the settings' names; a setting with no value of its own is not in it."""
        self.created_at = created_at
        self.number = number
        self.seq = seq
        self.loaded = False
        self.thoughts = Thoughts()
        self._limits = limits
        self._rows: OrderedDict[str, LiveRow] = OrderedDict()
        self._open: dict[str, LiveRow] = {}
        self._by_seq: dict[int, LiveRow] = {}
        self._results: dict[str, LiveRow] = {}
        """The results in memory, by the rows of their calls."""
        self._row_chars = 0
        """What the rows in memory weigh together."""
        self._entries: deque[Entry] = deque()
        self._chars = 0
        self._forgotten = number
        """Number of the newest entry that is not kept."""

    @property
    def topic(self) -> str:
        """What the room is about, one line; empty when nobody has said."""
        return self.settings.get(TOPIC, "")

    def restore(self, rows: Sequence[Row]) -> None:
        """Put the log's newest rows (oldest first) before those in memory; what was applied meanwhile is kept."""
        first = next(iter(self._rows.values())).head.seq if self._rows else self.seq + 1
        applied = self._applied()
        older = {row.id: self._read(row, applied.get(row.id, ())) for row in rows if row.seq < first}
        self._rows = OrderedDict([*older.items(), *self._rows.items()])
        opened = {row_id: live for row_id, live in older.items() if live.head.is_open} | self._open
        self._open = dict(sorted(opened.items(), key=lambda item: item[1].head.seq))
        self.loaded = True
        self._index()
        self._forget_oldest()

    def _index(self) -> None:
        self._by_seq.clear()
        self._results.clear()
        self._row_chars = sum(live.weight for live in self._rows.values())
        for live in (*self._open.values(), *self._rows.values()):
            self._file(live)

    def _file(self, live: LiveRow) -> None:
        self._by_seq[live.head.seq] = live
        if live.head.method == Method.TOOL_RESULT and live.head.parent_id is not None:
            self._results[live.head.parent_id] = live

    def _unfile(self, live: LiveRow) -> None:
        self._by_seq.pop(live.head.seq, None)
        if live.head.parent_id is not None and self._results.get(live.head.parent_id) is live:
            del self._results[live.head.parent_id]

    def _applied(self) -> dict[str, list[Entry]]:
        """The entries in memory, by the rows that they change."""
        applied: dict[str, list[Entry]] = {}
        for entry in self._entries:
            if (row_id := changed_row(entry)) is not None:
                applied.setdefault(row_id, []).append(entry)
        return applied

    def _read(self, row: Row, applied: Sequence[Entry]) -> LiveRow:
        """A row as it was read from the log, with what has been applied since."""
        if row.id in self._open:
            return self._open[row.id]
        live = LiveRow(row)
        for entry in applied:
            match entry:
                case Annotated():
                    live.annotate(entry)
                case Grew(offset=offset) if row.is_open and offset >= live.length:
                    live.grow(entry.text, entry.at)
                case Finished() if row.is_open:
                    live.finish(entry)
        return live

    def apply(self, entry: Entry) -> None:
        """Fold the next committed entry. Entries come dense and in order; anything else is a bug."""
        assert entry.number == self.number + 1, f"entry {entry.number} after {self.number} in {self.name}"
        if isinstance(entry, Grew | Finished):
            assert entry.row_id in self._open, f"entry {entry.number} is of row {entry.row_id}, which is not open"
        self._fold(entry)

    def catch_up(self, entries: Sequence[Entry], *, number: int, seq: int) -> None:
        """Fold what others have appended up to entry `number`, after which the newest row is `seq`.

        Entries come in order. Numbers that are left out, and rows that are not in memory, were told with others.
        """
        for entry in entries:
            assert self.number <= entry.number <= number, f"entry {entry.number} after {self.number} in {self.name}"
            self._fold(entry)
        assert self.seq == seq, f"the log of {self.name} ends with seq {seq}, what came with {self.seq}"
        self.number = number

    def restart(self, rows: Sequence[Row], *, number: int, seq: int, settings: Mapping[str, str]) -> None:
        """Go on from how the room stands in its log: with its newest rows and the open ones, oldest first.

        No entries are kept of what came before, so every reader starts again from the rows.
        """
        self.number, self.seq, self.settings = number, seq, settings
        self._rows.clear()
        self._entries.clear()
        self._chars, self._forgotten = 0, number
        self._open = {row.id: LiveRow(row) for row in rows if row.is_open}
        newest = [row for below, row in enumerate(reversed(rows)) if row.seq == seq - below]
        for row in reversed(newest):
            self._rows[row.id] = self._open.get(row.id) or LiveRow(row)
        self.loaded = False  # there may be older ones that would fit
        self._index()
        self._forget_oldest()

    def _fold(self, entry: Entry) -> None:
        self.number = entry.number
        match entry:
            case Added(row=row):
                assert row.seq == self.seq + 1, f"seq {row.seq} after {self.seq} in {self.name}"
                self.seq = row.seq
                self._remember(LiveRow(row))
                if not row.is_open:
                    self.thoughts.forget(row.id)
            case Grew():
                live = self._open[entry.row_id]
                assert entry.offset == live.length, f"row {entry.row_id} grows at {entry.offset}, has {live.length}"
                live.grow(entry.text, entry.at)
                self._row_chars += len(entry.text) if entry.row_id in self._rows else 0
            case Finished():
                if (ended := self._open.pop(entry.row_id, None)) is not None:
                    self._finish(ended, entry)
                self.thoughts.forget(entry.row_id)
            case RoomSet(setting=setting, value=value):
                self.settings = with_setting(self.settings, setting, value)
            case Annotated(row_id=row_id):
                if (known := self.get(row_id)) is not None:
                    known.annotate(entry)
            case _:
                assert_never(entry)
        self._keep(entry)

    def _finish(self, live: LiveRow, entry: Finished) -> None:
        before = live.weight
        live.finish(entry)
        if entry.row_id in self._rows:
            self._row_chars += live.weight - before
        else:
            self._unfile(live)

    def since(self, cursor: int) -> list[Entry] | Behind:
        """The entries after number `cursor`, oldest first, or BEHIND when some of them are no longer kept."""
        if cursor >= self.number:
            return []
        if cursor < self._forgotten:
            return BEHIND
        newest = takewhile(lambda entry: entry.number > cursor, reversed(self._entries))
        return list(newest)[::-1]  # a deque is quick at its ends only

    def tail(self, limit: int) -> list[LiveRow]:
        """The newest rows in memory, oldest first."""
        if limit <= 0:
            return []
        return list(self._rows.values())[-limit:]

    def get(self, row_id: str) -> LiveRow | None:
        """A row, if it is in memory."""
        return self._rows.get(row_id) or self._open.get(row_id)

    def at(self, seq: int) -> LiveRow | None:
        """The row with this seq, if it is in memory."""
        return self._by_seq.get(seq)

    def result_of(self, call_id: str) -> LiveRow | None:
        """The row with the result of a tool's call, if it is in memory."""
        return self._results.get(call_id)

    @property
    def open_rows(self) -> list[LiveRow]:
        """The rows that still grow, oldest first."""
        return list(self._open.values())

    def _remember(self, live: LiveRow) -> None:
        self._rows[live.head.id] = live
        if live.head.is_open:
            self._open[live.head.id] = live
        self._row_chars += live.weight
        self._file(live)
        self._forget_oldest()

    def _forget_oldest(self) -> None:
        limits = self._limits
        while len(self._rows) > limits.rows or (self._row_chars > limits.row_chars and len(self._rows) > 1):
            _, oldest = self._rows.popitem(last=False)
            self._row_chars -= oldest.weight
            if oldest.head.id not in self._open:
                self._unfile(oldest)

    def _keep(self, entry: Entry) -> None:
        self._entries.append(entry)
        self._chars += _chars(entry)
        while len(self._entries) > self._limits.entries or (
            self._chars > self._limits.entry_chars and len(self._entries) > 1
        ):
            oldest = self._entries.popleft()
            self._chars -= _chars(oldest)
            self._forgotten = oldest.number


def _chars(entry: Entry) -> int:
    match entry:
        case Added(row=row):
            return weight(row)
        case Grew(text=text):
            return len(text)
        case RoomSet(value=value):
            return len(value)
        case Finished(meta=meta):
            return thought_in(meta)
        case Annotated(values=values):
            return annotation_size(values)
        case _:
            assert_never(entry)
