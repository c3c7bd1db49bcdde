"""Annotations on their way from the server's script into the log: the last value of each key, at a bounded pace.

A script may set them with every piece of every answer. What it sets waits here, later values in the place of earlier
ones, until the row's turn comes; so the log gets a few entries a second of a row, and the last value always.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from math import inf

import trio

from chatd.core.annotation import annotated, check_annotation, difference
from chatd.core.live_row import LiveRow
from chatd.core.room import Room
from chatd.core.row import Annotate
from chatd.errors import ChatdError, LimitReached, NotFound, StorageError
from chatd.ports import Plain
from chatd.tasks.chat.hub import Hub
from chatd.tasks.log.bell import Bell
from chatd.tasks.scripts.arguments import as_string

PAUSE_S = 0.25
"""Seconds between two entries of one row: nobody reads a figure faster."""

PAUSE_CHARS = 4096
"""Of a row that grows, for each so many code points another PAUSE_S: whoever follows the room is told the row whole
each time, and is to get 16 KiB a second by it at most."""

LONGEST_PAUSE_S = 5.0
"""So late comes the last annotation of a long row at most that nothing is set for when it ends."""

MAX_ROWS = 256
"""Rows that wait at once: more than answers run on a large server."""


@dataclass(slots=True)
class _Waiting:
    """What is to be written of one row."""

    room: Room
    values: dict[str, object] = field(default_factory=dict)


class Annotations:
    """Those of all rows. `run` is one task beside the script; `flush` may follow it."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._waiting: dict[str, _Waiting] = {}
        self._written: dict[str, float] = {}
        """When a row was annotated last, in trio's time, as long as its pause lasts."""
        self._bell = Bell()

    def set(self, row_id: str, key: str, value: Plain = None) -> Plain:
        """tools.set_meta(row_id, key, value): has been checked when it answers, and follows within a pause."""
        try:
            self._set(as_string("row_id", row_id), as_string("key", key), value)
        except ChatdError as error:
            return {"success": False, "error": str(error)}
        return {"success": True}

    def _set(self, row_id: str, key: str, value: Plain) -> None:
        """Raises NotFound (no row at hand), UsageError (key or value), LimitReached, StorageError, ScriptError."""
        room, live = self._find(row_id)
        waiting = self._waiting.get(row_id) or _Waiting(room)
        meta = annotated(live.head.meta, waiting.values)
        check_annotation(meta, key, value)
        if not difference(meta, annotated(meta, {key: value})):
            return
        if row_id not in self._waiting and len(self._waiting) >= MAX_ROWS:
            raise LimitReached(f"{MAX_ROWS} rows wait to be annotated already")
        self._hub.recorder.check()
        waiting.values[key] = value
        self._waiting[row_id] = waiting
        self._bell.ring()

    def _find(self, row_id: str) -> tuple[Room, LiveRow]:
        for room in self._hub.lobby.rooms:
            if (live := room.get(row_id)) is not None:
                return room, live
        raise NotFound(f"no row {row_id[:40]!r} is at hand: it is unknown, or too many have come after it")

    async def run(self) -> None:
        """Write what is due, row by row, until cancelled."""
        while True:
            with trio.CancelScope(deadline=self._due()):
                await self._bell.wait()
            self._write(trio.current_time())

    def flush(self) -> None:
        """Write all that waits. Synchronous: nobody sets anything any more."""
        self._write(inf)

    def _due(self) -> float:
        """When the next row may be written, in trio's time."""
        return min(map(self._due_of, self._waiting), default=inf)

    def _due_of(self, row_id: str) -> float:
        """When its pause is over: at once for a row that was not annotated lately."""
        return self._written.get(row_id, -inf) + self._pause_of(row_id)

    def _pause_of(self, row_id: str) -> float:
        waiting = self._waiting.get(row_id)
        live = None if waiting is None else waiting.room.get(row_id)
        if live is None or not live.head.is_open:
            return PAUSE_S
        return min(LONGEST_PAUSE_S, PAUSE_S * (1 + live.length // PAUSE_CHARS))

    def _write(self, now: float) -> None:
        for row_id in [row_id for row_id in self._waiting if self._due_of(row_id) <= now]:
            waiting = self._waiting[row_id]
            self._written[row_id] = now
            with suppress(StorageError):  # then it waits for its next turn, with whatever is set until then
                if self._hub.lobby.has(waiting.room):
                    self._hub.recorder.submit(waiting.room, Annotate(row_id, waiting.values))
                del self._waiting[row_id]
        for row_id in [row_id for row_id, at in self._written.items() if at + LONGEST_PAUSE_S <= now]:
            del self._written[row_id]
