"""Following a room's log to which others append as well: what it has that a room has not, folded into that room.

A log keeps rows and not every entry, so what has changed comes as rows with their whole texts. From those and the rows
in memory the entries are made that say the same: what came in several pieces is one, and for a row that is new to the
room its first entry says everything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from chatd.core.annotation import difference
from chatd.core.room import Room
from chatd.core.row import Added, Annotated, Entry, Finished, Grew, RoomSet, Row


@dataclass(frozen=True, slots=True)
class Delta:
    """What a room's log has beyond a number, all as of one moment, at which it ends with `number` and `seq`."""

    number: int
    seq: int
    settings: Mapping[str, str]
    changed: tuple[Added, ...]
    """Each row that changed, as it stands, numbered by its last change, in that order."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """How a room stands in its log at one moment, when a delta would be too much."""

    number: int
    seq: int
    settings: Mapping[str, str]
    rows: tuple[Row, ...]
    """The newest ones and every open one, oldest first."""


def fold(room: Room, news: Delta | Snapshot) -> None:
    """Bring the room to where its log stands. Readers go on from their cursors, after a snapshot from the rows."""
    if isinstance(news, Snapshot):
        room.restart(news.rows, number=news.number, seq=news.seq, settings=news.settings)
    else:
        room.catch_up(entries_of(room, news), number=news.number, seq=news.seq)


def entries_of(room: Room, delta: Delta) -> list[Entry]:
    """The entries by which the room gets what the delta has beyond it. Their numbers rise, but for one that two share:
    growth whose own number the log has not kept comes last of its number, so that whoever goes on from there gets the
    row, which has ended with a higher one.
    """
    found = [(entry.number, place, entry) for change in delta.changed for place, entry in _entries(room, change)]
    found.sort(key=lambda one: one[:2])
    entries = [entry for _, _, entry in found]
    changed = sorted(name for name, _ in delta.settings.items() ^ room.settings.items())
    return entries + [RoomSet(delta.number, name, delta.settings.get(name, "")) for name in dict.fromkeys(changed)]


def _entries(room: Room, change: Added) -> Iterator[tuple[int, Entry]]:
    """What a changed row says, each entry with its place among those of its number."""
    row, number = change.row, change.number
    if row.seq > room.seq:
        yield 0, Added(row.added, row)
        return
    live = room.get(row.id)
    grown = live is not None and len(row.content) > live.length
    if live is not None and grown:
        grew = Grew(number if row.is_open else number - 1, row.id, live.length, row.content[live.length :],
                    row.updated_at)  # fmt: skip
        yield 1, grew
    if row.finished_at is not None and (live is None or live.head.is_open):
        yield 0, Finished(number, row.id, row.status, row.method, row.meta, row.finished_at)
    elif live is not None and (values := difference(live.head.meta, row.meta)):
        # Growth that comes with it takes the last number: whoever goes on from before that gets the whole row.
        yield 1, Annotated(number - 1 if grown else number, row.id, values, row.updated_at)
