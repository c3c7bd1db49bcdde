"""Up to where people have read: one marker for each person and room, and from it the one number of unread rows.

Unread are the rows of others after the last one that this person has seen in the room, on any terminal. Whoever shows a
room has seen all of it. Markers are in memory while a session of the person is here, and on disk for members.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from chatd.core.room import Room
from chatd.core.visit import Kind, Visitor
from chatd.errors import StorageError
from chatd.ports import Directory
from chatd.tasks.log.recorder import Recorder

logger = logging.getLogger("chatd.session")


@dataclass(slots=True)
class _Marker:
    """`seen` is the seq of the last row that was seen, None where the person has never been; `own` counts the person's
    own rows after it, of all up to `counted`.
    """

    seen: int | None = None
    own: int = 0
    counted: int = 0
    on_disk: int | None = None


NEVER = _Marker()
"""Of a room where the person has never been, nor written."""


class ReadMarkers:
    """One person's markers, for all of their sessions."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.users = 0
        self.loaded = False
        """Whether what is on disk has been read, or nothing is there to be read."""
        self._counting = False
        self._markers: dict[str, _Marker] = {}
        self._early: list[tuple[str, int]] = []
        """Own rows that came before the markers were read: bounded by what one person writes meanwhile."""
        self._shown: Counter[str] = Counter()
        """How many sessions show a room, by its id."""

    def seen(self, room: Room) -> int | None:
        """The seq of the last row that was seen; None in a room where the person has never been."""
        return room.seq if self._shown[room.id] else self._markers.get(room.id, NEVER).seen

    def unread(self, room: Room) -> int:
        """How many rows of others have come since."""
        marker = self._markers.get(room.id, NEVER)
        return 0 if self._shown[room.id] else max(0, room.seq - (marker.seen or 0) - marker.own)

    def enter(self, room: Room) -> None:
        """A session shows the room from now on."""
        self._shown[room.id] += 1

    def leave(self, room: Room) -> None:
        """It does so no longer; everything up to now has been seen."""
        self._shown[room.id] -= 1
        marker = self._of(room.id)
        marker.seen, marker.own, marker.counted = room.seq, 0, room.seq

    def wrote(self, room_id: str, seq: int) -> None:
        """A row of the person's was committed."""
        if not self._counting:
            self._early.append((room_id, seq))
        elif seq > (marker := self._of(room_id)).counted:
            marker.own, marker.counted = marker.own + 1, seq

    async def load(self, directory: Directory) -> None:
        """Read what is on disk. Raises StorageError; then only what happens here counts."""
        for found in await directory.read_markers(self.name):
            marker = self._of(found.room_id)
            if marker.seen is None and found.counted >= marker.counted:
                marker.seen, marker.own, marker.counted = found.seen, found.own, found.counted
            marker.on_disk = found.seen
        self.loaded = True

    def begin(self) -> None:
        """Count own rows from now on, those too that came while the markers were read."""
        self._counting = True
        early, self._early = self._early, []
        for room_id, seq in early:
            self.wrote(room_id, seq)

    async def save(self, directory: Directory) -> None:
        """Keep what has changed. Raises StorageError."""
        for room_id, marker in list(self._markers.items()):
            seen = marker.seen
            if seen is not None and marker.on_disk != seen:
                await directory.set_mark(self.name, room_id, seen)
                marker.on_disk = seen

    def _of(self, room_id: str) -> _Marker:
        return self._markers.setdefault(room_id, _Marker())


class ReadMarkerStore:
    """The markers of everybody who is here."""

    def __init__(self, directory: Directory, recorder: Recorder) -> None:
        self._directory = directory
        self._recorder = recorder
        self._people: dict[str, ReadMarkers] = {}

    @property
    def empty(self) -> bool:
        """Whether nobody's markers are open."""
        return not self._people

    async def open(self, visitor: Visitor, *, on_disk: bool = True) -> ReadMarkers:
        """A person's markers, with what is on disk if that can be read; `on_disk` tells whether anything is. Whoever
        opens them closes them; cancelled, they are closed.
        """
        markers = self.open_now(visitor)
        opened = False
        try:
            if not on_disk:
                markers.loaded = True
            elif not markers.loaded and visitor.kind is Kind.MEMBER:
                await markers.load(self._directory)
            opened = True
        except StorageError as error:
            opened = True
            logger.warning("what %s has read is not known: %s", visitor.name, error)
        finally:
            if not opened:
                self.close(markers)
        markers.begin()
        return markers

    def open_now(self, visitor: Visitor) -> ReadMarkers:
        """The same without what is on disk. Synchronous."""
        markers = self._people.get(visitor.name)
        if markers is None:
            markers = self._people[visitor.name] = ReadMarkers(visitor.name)
            self._recorder.authors.listen(visitor.name, markers.wrote)
        markers.users += 1
        return markers

    def close(self, markers: ReadMarkers) -> None:
        """A session needs them no longer."""
        markers.users -= 1
        if not markers.users:
            del self._people[markers.name]
            self._recorder.authors.unlisten(markers.name)

    async def save(self, markers: ReadMarkers) -> None:
        """Keep what a member has read. Raises StorageError."""
        await markers.save(self._directory)

    @asynccontextmanager
    async def opened(self, visitor: Visitor) -> AsyncIterator[ReadMarkers]:
        """A person's markers while the block runs."""
        markers = await self.open(visitor)
        try:
            yield markers
        finally:
            self.close(markers)
