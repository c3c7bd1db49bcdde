"""What is new in a room for those who were told up to the same entry: looked at once for all of them."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from chatd.core.live_row import LiveRow
from chatd.core.room import Behind, Room
from chatd.core.row import Added, Finished, Method
from chatd.tasks.chat.row_texts import RowTexts
from chatd.tasks.scripts.row_calls import SILENT

MAX_KNOWN = 64
"""Pieces of news kept: of each room there are as many as there are paces at which people are told."""

SHORT = 1024
"""Characters of a row that are made fit to be shown at once: 2 ms of the dearest."""


@dataclass(frozen=True, slots=True)
class Remark:
    """A row that somebody said and that does not grow any more; `text` is its beginning in lower case (of ASCII)."""

    author: str
    text: bytes | None
    """None when it is not at hand."""


@dataclass(frozen=True, slots=True)
class News:
    """What has come: whether there is anything, what was said, and whose questions have an answer now, or none."""

    any: bool = False
    remarks: tuple[Remark, ...] = ()
    askers: frozenset[str] = frozenset()


NONE = News()


class RoomNews:
    """The news of all rooms."""

    def __init__(self, texts: RowTexts) -> None:
        self._texts = texts
        self._known: OrderedDict[tuple[str, int, int], News] = OrderedDict()

    def of(self, room: Room, cursor: int) -> News:
        """What has come into a room after entry `cursor`."""
        if cursor >= room.number:
            return NONE
        key = (room.id, cursor, room.number)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._look_at(room, cursor)
            if len(self._known) > MAX_KNOWN:
                self._known.popitem(last=False)
        return known

    def _look_at(self, room: Room, cursor: int) -> News:
        entries = room.since(cursor)
        if isinstance(entries, Behind):
            return News(any=True)
        remarks: list[Remark] = []
        askers: set[str] = set()
        for entry in entries:
            row_id = entry.row.id if isinstance(entry, Added) else entry.row_id if isinstance(entry, Finished) else None
            live = None if row_id is None else room.get(row_id)
            if live is None or live.head.is_open:
                continue
            asker = live.head.meta.get("asker")
            if live.head.method in (Method.MODEL, Method.SYSTEM) and isinstance(asker, str):
                askers.add(asker)
            if live.head.method not in SILENT:
                remarks.append(self._remark(live))
        return News(True, tuple(remarks), frozenset(askers))

    def _remark(self, live: LiveRow) -> Remark:
        text = self._texts.of(live)
        at_hand = live.length <= SHORT or text.has_prefix
        return Remark(live.head.author, text.prefix.encode("utf-8", "replace").lower() if at_hand else None)
