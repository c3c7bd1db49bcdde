"""The hub: what every session of one server shares, and the few acts that need several of those parts together."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace

import trio

from chatd.core import names
from chatd.core.lobby import Lobby
from chatd.core.mention import SYSTEM
from chatd.core.name_registry import NameRegistry
from chatd.core.room import Room, RoomLimits
from chatd.core.row import Add, Method, NewRow, SetTopic
from chatd.core.text import storable
from chatd.core.visit import Visitor
from chatd.errors import NotFound, StorageError
from chatd.ports import Clock, Directory, Ids, Scripts, Store
from chatd.tasks.asking.answers import Answers
from chatd.tasks.asking.discovery import Discovery
from chatd.tasks.asking.model_registry import ModelRegistry
from chatd.tasks.chat.crowd import Crowd
from chatd.tasks.chat.facts import ServerFacts, SessionLimits
from chatd.tasks.chat.lag import LagMeter
from chatd.tasks.chat.notices import Notices
from chatd.tasks.chat.permission import check_choose_name
from chatd.tasks.chat.read_markers import ReadMarkerStore
from chatd.tasks.chat.rooms import GUEST_ROOMS, Rooms
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
    log: Store
    directory: Directory
    names: NameRegistry
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
    texts: RowTexts = field(default_factory=RowTexts)
    row_cache: RowCache = field(default_factory=RowCache)
    stopping: trio.Event = field(default_factory=trio.Event)
    """Set when the server begins to stop: every session says so and ends."""
    _tidy_until: float | None = None
    """trio's time until which the end of a session may wait for the disk: set when the server begins to stop."""
    notices: Notices = field(default_factory=Notices)
    lag: LagMeter = field(default_factory=LagMeter)
    _unregistered: dict[tuple[str, str], None] = field(default_factory=dict)
    """(name, fingerprint) of logins that are not on disk; each session's begin and end tries again."""

    def frame_interval(self) -> float:
        """Seconds between two frames of a session: short while the server is idle enough, longer under load."""
        limits = self.limits
        # A loop that is late by a twentieth of an interval is as busy as it should be with that interval.
        return min(limits.busy_interval, max(limits.frame_interval, self.lag.recent_ms / 50))

    async def load(self) -> None:
        """Read the registered names, what was asked today, and the rooms; the lobby is made when there is none."""
        self.names.load(await self.directory.keys())
        await self.answers.budget.load()
        await self.rooms.load()

    def stop(self, deadline: float) -> None:
        """Begin to stop: answers end as `interrupted`, sessions say so and end; `deadline` is trio's time for that.

        However slow the disk is, clients are told how their commands ended: answers wait for half of the time, and what
        else is put on disk at the end of a session for another quarter.
        """
        left = deadline - trio.current_time()
        self._tidy_until = deadline - left / 4
        self.answers.interrupt_all(deadline - left / 2)
        self.recorder.expedite()
        self.stored.expedite()
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
            own = name == names.private_room(visitor.name)
            if not make or (name.startswith(names.PRIVATE_PREFIX) and not own):
                raise NotFound(f"there is no room {name[:40]!r}")
            room = await self.rooms.make(name if own else names.room_name(name), visitor)
        if not room.loaded:
            limits = self.room_limits
            room.restore(await self.log.page(room.id, limits.rows, chars=limits.row_chars))
        return room

    async def set_topic(self, room: Room, visitor: Visitor, topic: str) -> None:
        """Say what a room is about, and in a row who said so. `topic` is one line, or empty.

        Cancelled, it waits no longer; the topic is set all the same. Raises NotFound, StorageError (it is not set, or
        not yet: see Recorder.confirm).
        """
        self.check_exists(room)
        text = f"{visitor.name} set the topic: {topic}" if topic else f"{visitor.name} took the topic away"
        told = Add(NewRow(self.ids.new(), Method.SYSTEM, SYSTEM, storable(text)))
        *_, receipt = self.recorder.submit_together(room, [SetTopic(storable(topic)), told])
        await self.recorder.confirm(receipt)

    # --- people

    def arrive(self, visitor: Visitor) -> None:
        """A session begins. Whoever calls this calls `depart`, whatever happens."""
        self.lobby.arrive(visitor, self.clock.now_ms())

    async def register(self, visitor: Visitor) -> str:
        """Put a newly registered name on disk. Returns what the person should be told about their name, or ""."""
        if visitor.newly_registered and visitor.fingerprint is not None:
            self._unregistered[visitor.name, visitor.fingerprint] = None
        try:
            await self.register_waiting()
        except StorageError as error:
            logger.error("name %s is not registered on disk yet: %s", visitor.name, error)
            if visitor.newly_registered:
                return f"your name is not registered on disk yet ({error}); it is yours while the server runs"
        if not visitor.newly_registered:
            return visitor.notice
        return visitor.notice or f"the name {visitor.name} is now registered for your key"

    async def register_waiting(self) -> None:
        """Put on disk the names that could not be put there before. Raises StorageError when they still cannot."""
        for name, fingerprint in list(self._unregistered):
            await self.directory.register(name, fingerprint, self.clock.now_ms())
            self._unregistered.pop((name, fingerprint), None)

    def claim(self, visitor: Visitor, name: str) -> Visitor:
        """Another name for a member: one that is theirs already, or a free one, which is theirs from now on.

        Raises NotPermitted, UsageError, LimitReached.
        """
        fingerprint = check_choose_name(visitor)
        claimed = replace(self.names.claim(name, fingerprint), source=visitor.source)
        if claimed.newly_registered:
            self._unregistered[claimed.name, fingerprint] = None
        return claimed

    def depart(self, visitor: Visitor) -> bool:
        """A session has ended; returns whether it was the person's last."""
        return self.lobby.depart(visitor)

    def close_guest_room(self, visitor: Visitor) -> Room | None:
        """A guest has gone: their private room, if there is one, exists no more; its rows are still in the log."""
        room = self.lobby.find(names.private_room(visitor.name), visitor.name)
        if room is None or not room.name.startswith(GUEST_ROOMS):
            return None
        self.lobby.remove(room)
        self.recorder.forget(room)
        return room

    def enter(self, room: Room, visitor: Visitor) -> None:
        """The person is in the room from now on."""
        if self.lobby.enter(room, visitor.name):
            self.recorder.ring(room)

    def leave(self, room: Room, visitor: Visitor) -> None:
        """One session of the person has left the room; one that was never spoken in goes with its last person."""
        if self.lobby.leave(room, visitor.name):
            self.recorder.ring(room)
            if not self.lobby.members(room):
                self.rooms.left(room)

    def check_exists(self, room: Room) -> None:
        """Raise NotFound when the room was removed after it had been found: nobody had spoken in it."""
        if not self.lobby.has(room):
            raise NotFound(f"the room {room.name} is gone; /join makes it anew")
