"""Numbering: what waits for one room becomes entries, dense from the room's head on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import assert_never

from chatd.core.annotation import annotated
from chatd.core.live_row import LiveRow
from chatd.core.room import Room
from chatd.core.row import (
    Add,
    Added,
    Annotate,
    Annotated,
    Entry,
    Finish,
    Finished,
    Grew,
    Grow,
    Numbered,
    RoomSet,
    Row,
    SetRoom,
    Status,
    method_when_finished,
)


def number(room: Room, waiting: Sequence[tuple[Numbered, int]]) -> list[Entry]:
    """The entries that these drafts make, in order. Each draft comes with its time in milliseconds.

    All growth of one row that waits together becomes one entry, so a busy log writes less, not more. The room itself is
    only read. Growth or an end of a row that is neither open in the room nor added before it here is a bug; any row may
    be annotated.
    """
    return _Numbering(room).entries(waiting)


class _Numbering:
    """One room's numbers, seqs and offsets while they are handed out."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._number = room.number
        self._seq = room.seq
        self._added: dict[str, Row] = {}
        self._annotated: dict[str, dict[str, object]] = {}
        """What rows get here below `x` of their meta: their ends keep it."""

    def entries(self, waiting: Sequence[tuple[Numbered, int]]) -> list[Entry]:
        made: list[Entry] = []
        growing: dict[str, int] = {}
        pieces: dict[str, list[str]] = {}
        for draft, at in waiting:
            if isinstance(draft, Grow):
                if draft.row_id in growing:
                    pieces[draft.row_id].append(draft.text)
                    continue
                growing[draft.row_id] = len(made)
                pieces[draft.row_id] = [draft.text]
            made.append(self._entry(draft, at))
        for row_id, index in growing.items():
            grew = made[index]
            assert isinstance(grew, Grew)
            if len(pieces[row_id]) > 1:
                made[index] = replace(grew, text="".join(pieces[row_id]))
        return made

    def _entry(self, draft: Numbered, at: int) -> Entry:
        self._number += 1
        match draft:
            case Add(row=new):
                self._seq += 1
                room = self._room
                ended = None if new.status is Status.OPEN else at
                row = Row(new.id, room.name, room.buffer_id, self._seq, new.method, new.author, new.content,
                          new.status, at, at, ended, new.parent_id, new.mention_id, new.tool_name,
                          dict(new.meta), self._number)  # fmt: skip
                self._added[new.id] = row
                return Added(self._number, row)
            case Grow(row_id=row_id, text=text):
                return Grew(self._number, row_id, self._length(row_id), text, at)
            case Finish(row_id=row_id, status=status, meta=meta):
                row = self._head(row_id)
                method = method_when_finished(row.method)
                own = annotated(row.meta, self._annotated.get(row_id, {}))
                return Finished(self._number, row_id, status, method, {**own, **meta}, at)
            case Annotate(row_id=row_id, values=values):
                self._annotated.setdefault(row_id, {}).update(values)
                return Annotated(self._number, row_id, values, at)
            case SetRoom(setting=setting, value=value):
                return RoomSet(self._number, setting, value)
            case _:
                assert_never(draft)

    def _length(self, row_id: str) -> int:
        if row_id in self._added:
            return len(self._added[row_id].content)
        return self._live(row_id).length

    def _head(self, row_id: str) -> Row:
        return self._added[row_id] if row_id in self._added else self._live(row_id).head

    def _live(self, row_id: str) -> LiveRow:
        live = self._room.get(row_id)
        assert live is not None, f"row {row_id} changes, but is not in {self._room.name}"
        assert live.head.is_open, f"row {row_id} changes, but has ended"
        return live
