"""What holds in a world at every moment, whatever people, models and disks do. Each check raises Broken.

They hold between any two steps of its tasks, in a world of any settings; only what is said about them here is promised.
"""

from __future__ import annotations

import sqlite3

from chatd.adapters.sqlite.recovery import recover
from chatd.core.times import iso
from chatd.testing.images import snapshot
from chatd.testing.sources import EPOCH_MS
from chatd.testing.world import World


class Broken(AssertionError):
    """An invariant does not hold: `name` says which, `detail` how."""

    def __init__(self, name: str, detail: str) -> None:
        super().__init__(f"{name}: {detail}")
        self.name = name
        self.detail = detail

    def __reduce__(self) -> tuple[type[Broken], tuple[str, str]]:
        """Worlds are lived in other processes too."""
        return Broken, (self.name, self.detail)


_NOT_DENSE = (
    "SELECT count(*) FROM buffers WHERE seq <> (SELECT count(*) FROM rows WHERE buffer_id = buffers.id)"
    " OR seq <> coalesce((SELECT max(seq) FROM rows WHERE buffer_id = buffers.id), 0)"
)
_ENDS = "SELECT mention_id FROM rows WHERE mention_id IS NOT NULL AND content_method = 'message.system'"
_NO_RESULT = (
    "SELECT count(*) FROM rows AS call WHERE content_method = 'tool.call' AND 1 <> (SELECT count(*) FROM rows AS"
    " result WHERE result.parent_id = call.id AND result.content_method = 'tool.result')"
)
_NO_CALL = (
    "SELECT count(*) FROM rows AS result WHERE content_method = 'tool.result' AND NOT EXISTS (SELECT 1 FROM rows AS"
    " call WHERE call.id = result.parent_id AND call.content_method = 'tool.call' AND call.seq < result.seq)"
)
_NONE = {
    "every row is finished": "SELECT count(*) FROM rows WHERE status = 'open' OR finished_at IS NULL",
    "growth is joined": "SELECT count(*) FROM chunks",
    "thoughts are with their rows": "SELECT count(*) FROM thoughts",
    "mentions that have ended are off the record": "SELECT count(*) FROM mentions",
    "the order is dense": _NOT_DENSE,
    "every call has one result": _NO_RESULT,
    "every result has its call": _NO_CALL,
}
"""Invariants of a database in which no answer runs, each with what counts its breaches."""


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
    if count(world.database.writer, _NOT_DENSE):
        raise Broken("the order is dense", "a number is missing, or there twice")


def check_answered(world: World) -> None:
    """No row is open that nobody will finish: its answer runs, or its end waits for the disk."""
    hub = world.hub
    for room in hub.lobby.rooms:
        for row in room.open_rows:
            if hub.answers.get(row.head.mention_id or "") is None and not hub.recorder.debt:
                raise Broken("no row is open without an answer", f"{row.head.id} in {room.name}")


_AGAIN = {"retries", "continues"}
"""What the rows of an answer to an older question say of it."""


def check_recoverable(world: World) -> None:
    """What a `kill -9` now would leave can be recovered: whole, with every row that was shown, and with an end of every
    question that was asked.

    It looks at a copy, which takes some milliseconds.
    """
    copy = sqlite3.connect(":memory:", isolation_level=None)
    try:
        copy.deserialize(snapshot(world.database.writer))
        recover(copy, iso(EPOCH_MS))
        check_whole(copy, "after a kill")
        known = {row_id for (row_id,) in copy.execute("SELECT id FROM rows")}
        for room in world.hub.lobby.rooms:
            if lost := {live.head.id for live in room.tail(room.seq)} - known:
                raise Broken("a kill loses nothing that was shown", f"{sorted(lost)} of {room.name}")
        told = {mention for (mention,) in copy.execute(_ENDS)}
        for answer in world.hub.answers.running:
            again = not _AGAIN.isdisjoint(answer.facts.meta)
            if again and world.hub.recorder.debt:
                continue  # that an older question is asked again is not on disk yet
            if answer.facts.question_id in known and not answer.mention.over and answer.id not in told:
                raise Broken("every question has an end", f"{answer.id} of {answer.facts.model}, after a kill")
    finally:
        copy.close()


def check_whole(connection: sqlite3.Connection, when: str) -> None:
    """A database in which no answer runs: dense order; every row finished, with all of its growth and thoughts; each
    call with one result; each mention ended once. `when` is told with what is broken.
    """
    for name, sql in _NONE.items():
        if found := count(connection, sql):
            raise Broken(name, f"{when}: {found} times not")
    ended = [mention for (mention,) in connection.execute(_ENDS)]
    if len(set(ended)) < len(ended):
        raise Broken("an end is told once", when)
    cancelled = connection.execute(
        "SELECT mention_id FROM rows WHERE content_method = 'message.model' AND status = 'cancelled'"
    )
    if not {mention for (mention,) in cancelled}.isdisjoint(ended):
        raise Broken("who cancels is not told why", when)


def count(connection: sqlite3.Connection, sql: str) -> int:
    """The number that a query counts."""
    (found,) = connection.execute(sql).fetchone()
    return int(found)
