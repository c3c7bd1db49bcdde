"""An append that came too late: what others have appended is folded into the room, and the drafts are numbered anew."""

from __future__ import annotations

from collections.abc import Container

from chatd.core.replication import fold
from chatd.core.room import Room
from chatd.errors import InternalFault
from chatd.ports import Log
from chatd.tasks.log.pending import Batch

FOLLOWED = 500
"""Rows that are folded as entries; when others have changed more, the room starts again from its newest rows."""


async def rebase(log: Log, batch: Batch, gone: Container[Room]) -> Batch:
    """Bring the batch's room to where its log stands; returns the same drafts, in their order, numbered from there.

    A room that is in `gone` when the log has answered was dropped meanwhile: its batch is returned as it is.
    Raises StorageError; InternalFault when nobody has appended anything, so that the log contradicts itself.
    """
    room = batch.room
    news = await log.follow(room.id, room.number, FOLLOWED)
    if room in gone:
        return batch
    if news is None or news.number <= room.number or news.seq < room.seq:
        head = "does not exist" if news is None else f"ends with entry {news.number}"
        raise InternalFault(f"an append to {room.name} behind entry {room.number} is refused, but its log {head}")
    fold(room, news)
    return batch.renumbered()
