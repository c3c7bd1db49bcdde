"""Rooms in the log: making them, within what each person may, and removing those that nobody has ever spoken in."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import trio

from chatd.core import names
from chatd.core.lobby import LOBBY, Lobby
from chatd.core.rate_limiter import RateLimiter
from chatd.core.room import Room, RoomLimits
from chatd.core.room_settings import NO_SETTINGS
from chatd.core.visit import Visitor
from chatd.errors import LimitReached, StorageError
from chatd.ports import Clock, Head, Ids, RoomRecord, RoomStore
from chatd.tasks.chat.permission import check_make_room
from chatd.tasks.log.recorder import Recorder

logger = logging.getLogger("chatd.rooms")

GUEST_ROOMS = names.PRIVATE_PREFIX + names.GUEST_PREFIX
"""How the names of guests' private rooms begin."""

DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class RoomMaking:
    """How many rooms people may make."""

    in_all: int
    a_day: int
    """On one account."""
    kept: float
    """Seconds that a room in which nothing was said stays when it has been left."""


class Rooms:
    """Makes rooms and removes them. `run` is one task that outlives every session."""

    def __init__(
        self, lobby: Lobby, recorder: Recorder, *, store: RoomStore, clock: Clock, ids: Ids, making: RoomMaking,
        limits: RoomLimits,
    ) -> None:  # fmt: skip
        self._lobby = lobby
        self._recorder = recorder
        self._store = store
        self._clock = clock
        self._ids = ids
        self._allowed = making
        self._limits = limits
        self._pace = RateLimiter(making.a_day / DAY_S, making.a_day)
        self._changing = trio.Lock()
        """Held while a room is made or removed."""
        self._vacant: dict[Room, float] = {}
        """Rooms that were left and never spoken in, and when they go; the first to go stands first."""
        self._staying: set[str] = set()
        """Guests whose private rooms outlast their sessions."""
        self._closed: list[Room] = []
        """Rooms that exist no more, and are to be deleted."""
        self._news = trio.Event()

    async def load(self) -> None:
        """Read which rooms there are; the lobby is made when there is none. Raises StorageError."""
        for record in await self._store.rooms():
            unused = record.head == Head() and _is_public(record.name) and record.name != LOBBY
            # A guest's private room was left by a server that was killed: its guest is gone.
            if unused or record.name.startswith(GUEST_ROOMS):
                await self._store.drop_room(record.id)
            else:
                self._add(record)
        if self._lobby.find(LOBBY, "") is None:
            self._add(await self._create(LOBBY))

    async def make(self, name: str, visitor: Visitor) -> Room:
        """A new room, or the one of that name when somebody was quicker.

        Raises NotPermitted (guests make no public rooms), LimitReached, StorageError.
        """
        # One after the other: a room that is being made must not be taken for one that an earlier guest has left.
        async with self._changing:
            room = self._lobby.find(name, visitor.name)
            if room is not None:
                return room
            if not name.startswith(names.PRIVATE_PREFIX):
                await self._check(visitor)
                self._pace.take(visitor.account, trio.current_time())
            return self._add(await self._create(name))

    async def _check(self, visitor: Visitor) -> None:
        check_make_room(visitor)
        if delay := self._pace.delay(visitor.account, trio.current_time()):
            raise LimitReached(
                f"you have made {self._allowed.a_day} rooms within a day, that is the limit", retry_after=delay
            )
        if self._public() >= self._allowed.in_all:
            await self._clear()
        if self._public() >= self._allowed.in_all:
            raise LimitReached(f"there are {self._allowed.in_all} rooms already, the limit is max_rooms")

    def _public(self) -> int:
        return sum(_is_public(room.name) for room in self._lobby.rooms)

    async def _create(self, name: str) -> RoomRecord:
        self._recorder.check()
        new = RoomRecord(self._ids.new(), name, self._ids.new(), NO_SETTINGS, self._clock.now_ms(), Head())
        record = await self._store.create_room(new)
        if record.id != new.id and name.startswith(GUEST_ROOMS):
            # An earlier guest's room could not be dropped. Nothing of it is for whoever has the name now.
            await self._store.drop_room(record.id)
            record = await self._store.create_room(new)
        return record

    def _add(self, record: RoomRecord) -> Room:
        room = Room(
            record.id, record.name, record.buffer_id, settings=record.settings, number=record.head.number,
            seq=record.head.seq, created_at=record.created_at, limits=self._limits,
        )  # fmt: skip
        self._lobby.add(room)
        return room

    # --- removing

    def left(self, room: Room) -> None:
        """The last person has left it."""
        if room.seq == 0 and room.name != LOBBY and _is_public(room.name):
            self._vacant.pop(room, None)
            self._vacant[room] = trio.current_time() + self._allowed.kept
            self._news.set()

    def keep_guests(self, visitor: Visitor) -> None:
        """This guest stays the same over their sessions, and their private room with them, until `end_guests`."""
        self._staying.add(visitor.name)

    def end_guests(self, visitor: Visitor) -> None:
        """A guest is one no more: their private room exists no more, either, and `run` deletes it. Where a session of
        theirs goes on, it goes with that. Synchronous: it is said before the name is free.
        """
        self._staying.discard(visitor.name)
        if not self._lobby.is_here(visitor.name) and (room := self.close_guests(visitor)) is not None:
            self._closed.append(room)
            self._news.set()

    def close_guests(self, visitor: Visitor) -> Room | None:
        """A guest's last session has ended: their private room, if there is one and they do not stay, exists no more;
        `drop` deletes its rows.
        """
        room = self._lobby.find(names.private_room(visitor.name), visitor.name)
        if room is None or not room.name.startswith(GUEST_ROOMS) or visitor.name in self._staying:
            return None
        self._lobby.remove(room)
        self._recorder.forget(room)
        return room

    async def drop(self, room: Room) -> None:
        """Delete a room that exists no more, with its rows. Raises StorageError."""
        await self._store.drop_room(room.id)

    async def run(self) -> None:
        """Delete rooms that are closed, and remove those that were left and never spoken in, until cancelled."""
        while True:
            if self._vacant:
                with trio.move_on_at(next(iter(self._vacant.values()))):
                    await self._news.wait()
            else:
                await self._news.wait()
            self._news = trio.Event()
            while self._closed:
                await self._delete(self._closed.pop())
            async with self._changing:
                await self._clear(trio.current_time())

    async def _clear(self, now: float | None = None) -> None:
        """Remove what is vacant; with `now`, what has been so for long enough."""
        for room, due in list(self._vacant.items()):
            if now is None or due <= now:
                del self._vacant[room]
                if self._recorder.needs(room):
                    self.left(room)
                elif self._lobby.has(room) and not room.seq and self._lobby.is_empty(room):
                    await self._remove(room)

    async def _remove(self, room: Room) -> None:
        """From here on it exists no more."""
        self._lobby.remove(room)
        self._recorder.forget(room)
        await self._delete(room)

    async def _delete(self, room: Room) -> None:
        """Delete a room that exists no more. One that the log does not drop now is dropped at the next start."""
        try:
            await self._store.drop_room(room.id)
        except StorageError as error:
            logger.warning("the room %s, which is gone, is still on disk: %s", room.name, error)


def _is_public(name: str) -> bool:
    return not name.startswith(names.PRIVATE_PREFIX)
