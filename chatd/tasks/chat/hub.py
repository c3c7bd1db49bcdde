"""The hub: what every session of one server shares, and the few acts that need several of those parts together."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

import trio

from chatd.core import names
from chatd.core.lobby import LOBBY, Lobby
from chatd.core.name_registry import NameRegistry
from chatd.core.room import Room, RoomLimits
from chatd.core.visit import Visitor
from chatd.errors import NotFound
from chatd.ports import Archive, Clock, Ids, Log, Scripts, Search
from chatd.tasks.asking.discovery import Discovery
from chatd.tasks.asking.model_registry import ModelRegistry
from chatd.tasks.asking.running_answers import Answers
from chatd.tasks.chat.comings import Comings
from chatd.tasks.chat.credentials import Credentials
from chatd.tasks.chat.crowd import Crowd
from chatd.tasks.chat.facts import ServerFacts, SessionLimits
from chatd.tasks.chat.lag import LagMeter
from chatd.tasks.chat.notices import Notices
from chatd.tasks.chat.permission import check_room
from chatd.tasks.chat.read_markers import ReadMarkerStore
from chatd.tasks.chat.registration import Registration
from chatd.tasks.chat.rooms import Rooms
from chatd.tasks.chat.row_cache import RowCache
from chatd.tasks.chat.row_texts import RowTexts
from chatd.tasks.chat.script_watch import ScriptWatch
from chatd.tasks.chat.value_store import ValueStore
from chatd.tasks.log.recorder import Recorder

logger = logging.getLogger("chatd.hub")


@dataclass(slots=True)
class Hub:
    """One server's shared parts. Made by the composition root, used by sessions."""

    facts: ServerFacts
    limits: SessionLimits
    room_limits: RoomLimits
    clock: Clock
    ids: Ids
    log: Log
    archive: Archive
    search: Search
    names: NameRegistry
    registration: Registration
    credentials: Credentials
    recorder: Recorder
    scripts: Scripts
    models: ModelRegistry
    discovery: Discovery
    answers: Answers
    stored: ValueStore
    read_markers: ReadMarkerStore
    script_watch: ScriptWatch
    crowd: Crowd
    lobby: Lobby
    rooms: Rooms
    seed: int = 0
    web_url: str = ""
    """What links to the web gateway begin with: known when it listens; empty without one."""
    texts: RowTexts = field(default_factory=RowTexts)
    row_cache: RowCache = field(default_factory=RowCache)
    stopping: trio.Event = field(default_factory=trio.Event)
    """Set when the server begins to stop: every session says so and ends."""
    _tidy_until: float | None = None
    """trio's time until which the end of a session may wait for the disk: set when the server begins to stop."""
    comings: Comings = field(default_factory=Comings)
    notices: Notices = field(default_factory=Notices)
    lag: LagMeter = field(default_factory=LagMeter)
    steady: trio.abc.Clock = field(default_factory=trio.lowlevel.current_clock)
    """trio's clock, which nobody sets; scripts ask for it from threads of their own."""
    started_at: float = field(default_factory=trio.current_time)

    def uptime(self) -> float:
        """Seconds since the server was made, whatever became of the wall clock."""
        return self.steady.current_time() - self.started_at

    def frame_interval(self) -> float:
        """Seconds between two frames of a session: short while the server is idle enough, longer under load."""
        limits = self.limits
        # A loop that is late by a twentieth of an interval is as busy as it should be with that interval.
        return min(limits.busy_interval, max(limits.frame_interval, self.lag.ask() / 50))

    async def load(self) -> None:
        """Read the registered names and their credentials, what was asked today, and the rooms; the lobby is made when
        there is none. What was said there is read, too: everybody begins there, and is not to wait for the disk.
        """
        await self.registration.load()
        await self.credentials.load()
        await self.answers.budget.load()
        await self.rooms.load()
        await self._load_rows(self.lobby.get(LOBBY, ""))

    def stop(self, deadline: float) -> None:
        """Begin to stop: answers end as `interrupted`, sessions say so and end; `deadline` is trio's time for that.

        However slow the disk is, clients are told how their commands ended: answers wait for half of the time, and what
        else is put on disk at the end of a session for another quarter.
        """
        left = deadline - trio.current_time()
        self._tidy_until = deadline - left / 4
        self.answers.interrupt_all(deadline - left / 2)
        self.recorder.expedite()
        self.registration.expedite()
        self.stored.expedite()
        self.credentials.changes.expedite()
        self.stopping.set()

    def tidy_deadline(self) -> float:
        """Until when, in trio's time, the end of a session that ends now may wait for the disk."""
        usual = trio.current_time() + self.limits.grace / 4
        return usual if self._tidy_until is None else min(usual, self._tidy_until)

    # --- rooms

    async def open_room(self, name: str, visitor: Visitor, *, make: bool = False) -> Room:
        """The room with its newest rows in memory; `make` creates a public room, or the visitor's own private one.

        Raises NotFound, NotPermitted and LimitReached (who may make rooms), UsageError (no room name), StorageError.
        """
        room = self.lobby.find(name, visitor.name)
        if room is None:
            check_room(visitor, name)
            if not make:
                raise NotFound(f"there is no room {name[:40]!r}")
            private = name.startswith(names.PRIVATE_PREFIX)
            room = await self.rooms.make(name if private else names.room_name(name), visitor)
        if not room.loaded:
            await self._load_rows(room)
        return room

    async def _load_rows(self, room: Room) -> None:
        limits = self.room_limits
        room.restore(await self.archive.page(room.id, limits.rows, chars=limits.row_chars))

    # --- people

    def arrive(self, visitor: Visitor) -> None:
        """A session begins. Whoever calls this calls `depart`, whatever happens."""
        self.lobby.arrive(visitor, self.clock.now_ms())

    def depart(self, visitor: Visitor) -> bool:
        """A session has ended; returns whether it was the person's last."""
        return self.lobby.depart(visitor)

    def enter(self, room: Room, visitor: Visitor) -> None:
        """The person is in the room from now on."""
        if self.lobby.enter(room, visitor.name):
            self.comings.ring(room)

    def leave(self, room: Room, visitor: Visitor) -> None:
        """One session of the person has left the room; one that was never spoken in goes with its last person."""
        if self.lobby.leave(room, visitor.name):
            self.comings.ring(room)
            if self.lobby.is_empty(room):
                self.rooms.left(room)

    def check_exists(self, room: Room) -> None:
        """Raise NotFound when the room was removed after it had been found: nobody had spoken in it."""
        if not self.lobby.has(room):
            raise NotFound(f"the room {room.name} is gone; /join makes it anew")
