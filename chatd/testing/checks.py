"""What holds in a world at every moment, whatever people, models and disks do. Each check raises Broken.

They hold between any two steps of its tasks, in a world of any settings; only what is said about them here is promised.
"""

from __future__ import annotations

import sqlite3

from chatd.adapters.sqlite.recovery import recover
from chatd.core.times import iso
from chatd.testing.simulation.outcome import Broken
from chatd.testing.sources import EPOCH_MS
from chatd.testing.world import World

_NOT_DENSE = (
    "SELECT count(*) FROM buffers WHERE seq <> (SELECT count(*) FROM rows WHERE buffer_id = buffers.id)"
    " OR seq <> coalesce((SELECT max(seq) FROM rows WHERE buffer_id = buffers.id), 0)"
)
_OPEN = "SELECT count(*) FROM rows WHERE status = 'open'"


def check_committed(world: World) -> None:
    """Whatever the rooms hold, and so whatever anybody can be shown, is on disk."""
    on_disk = dict(world.database.writer.execute("SELECT room_id, number FROM buffers").fetchall())
    for room in world.hub.lobby.rooms:
        if room.number > on_disk.get(room.id, 0):
            raise Broken(
                "committed, then shown", f"{room.name} holds {room.number}, the disk {on_disk.get(room.id, 0)}"
            )


def check_dense(world: World) -> None:
    """The rows of each room are numbered from 1 without a gap."""
    if _count(world.database.writer, _NOT_DENSE):
        raise Broken("the order is dense", "a number is missing, or there twice")


def check_answered(world: World) -> None:
    """No row is open that nobody will finish: its answer runs, or its end waits for the disk."""
    hub = world.hub
    for room in hub.lobby.rooms:
        for row in room.open_rows:
            if hub.answers.get(row.head.mention_id or "") is None and not hub.recorder.debt:
                raise Broken("no row is open without an answer", f"{row.head.id} in {room.name}")


def check_recoverable(world: World) -> None:
    """What a `kill -9` now would leave can be recovered: dense, nothing open, and with every row that was shown.

    It looks at a copy, which takes some milliseconds.
    """
    copy = sqlite3.connect(":memory:", isolation_level=None)
    try:
        copy.deserialize(world.database.writer.serialize())
        recover(copy, iso(EPOCH_MS))
        if _count(copy, _NOT_DENSE):
            raise Broken("the order is dense", "after a kill")
        if _count(copy, _OPEN):
            raise Broken("every row is finished", "after a kill")
        known = {row_id for (row_id,) in copy.execute("SELECT id FROM rows")}
        for room in world.hub.lobby.rooms:
            if lost := {live.head.id for live in room.tail(room.seq)} - known:
                raise Broken("a kill loses nothing that was shown", f"{sorted(lost)} of {room.name}")
    finally:
        copy.close()


def _count(connection: sqlite3.Connection, sql: str) -> int:
    (found,) = connection.execute(sql).fetchone()
    return int(found)
