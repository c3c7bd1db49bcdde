"""The lobby: which rooms there are, who is in them, and who came and went.

Presence is not a fact of the log: it dies with the server. Each coming and going is numbered within its room, so that a
reader with a cursor can follow it as it follows entries.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field

from chatd.core import names
from chatd.core.room import Room
from chatd.core.visit import Kind, Visitor
from chatd.errors import NotFound

LOBBY = "lobby"
"""The room everyone starts in."""

KEPT_MOVES = 256
"""Comings and goings remembered for each room; a reader who is later sees who is here instead."""


@dataclass(frozen=True, slots=True)
class Move:
    """Somebody came into a room or left it; `entry` is the room's last entry number at that moment."""

    index: int
    joined: bool
    name: str
    entry: int


@dataclass(slots=True)
class Presence:
    """Who is in one room: sessions by name."""

    sessions: Counter[str] = field(default_factory=Counter)
    moves: deque[Move] = field(default_factory=lambda: deque(maxlen=KEPT_MOVES))
    index: int = 0

    def since(self, cursor: int) -> list[Move]:
        """The moves after `cursor`, oldest first, as far as they are remembered."""
        return [move for move in self.moves if move.index > cursor]


@dataclass(slots=True)
class Person:
    """Somebody who is here, with at least one session."""

    name: str
    kind: Kind
    fingerprint: str | None
    since_ms: int
    sessions: int = 0
    away: str | None = None
    """Why the person is not at the keyboard, in their own words; None when they are, as far as one knows."""


class Lobby:
    """Every room by name, every person by name."""

    def __init__(self) -> None:
        self._rooms: dict[str, Room] = {}
        self._presence: dict[str, Presence] = {}
        self._people: dict[str, Person] = {}
        self._where: dict[str, set[str]] = {}
        """The rooms in which each person is present: asked for everybody at once, with every room there is."""

    # --- rooms

    def add(self, room: Room) -> None:
        """A room exists from now on."""
        self._rooms[room.name] = room
        self._presence[room.name] = Presence()

    def remove(self, room: Room) -> None:
        """The room is gone."""
        self._rooms.pop(room.name, None)
        for name in (self._presence.pop(room.name, None) or Presence()).sessions:
            self._is_elsewhere(room, name)

    def has(self, room: Room) -> bool:
        """Whether this very room exists still."""
        return self._rooms.get(room.name) is room

    def find(self, name: str, visitor: str) -> Room | None:
        """The room of that name, if there is one and the visitor may know of it."""
        if names.is_hidden(name, visitor):
            return None
        return self._rooms.get(name)

    def get(self, name: str, visitor: str) -> Room:
        """As `find`; raises NotFound for a room that does not exist, and in the same words for one that is hidden."""
        room = self.find(name, visitor)
        if room is None:
            raise NotFound(f"there is no room {name[:40]!r}")
        return room

    def visible(self, visitor: str) -> list[Room]:
        """The rooms this visitor may know of, the lobby first, then by name."""
        rooms = [r for r in self._rooms.values() if self.find(r.name, visitor) is r]
        return sorted(rooms, key=lambda r: (r.name != LOBBY, r.name))

    @property
    def rooms(self) -> list[Room]:
        """All rooms, private ones too."""
        return list(self._rooms.values())

    # --- people

    def arrive(self, visitor: Visitor, now_ms: int) -> None:
        """A session of this visitor begins."""
        person = self._people.setdefault(visitor.name, Person(visitor.name, visitor.kind, visitor.fingerprint, now_ms))
        person.sessions += 1

    def depart(self, visitor: Visitor) -> bool:
        """A session of this visitor has ended; returns whether it was their last."""
        person = self._people[visitor.name]
        person.sessions -= 1
        if person.sessions:
            return False
        del self._people[visitor.name]
        return True

    def is_here(self, name: str) -> bool:
        """Whether a session of that name goes on."""
        return name in self._people

    def set_away(self, name: str, why: str | None) -> None:
        """Somebody says that they are away, or with None that they are back. Nothing for who is not here."""
        if (person := self._people.get(name)) is not None:
            person.away = why

    def away(self, name: str) -> str | None:
        """Why somebody is away; None when they are not, or not here at all."""
        person = self._people.get(name)
        return None if person is None else person.away

    @property
    def people(self) -> list[Person]:
        """Everybody who is here, by name."""
        return [self._people[name] for name in sorted(self._people)]

    def rooms_of(self, name: str) -> list[str]:
        """The rooms in which this person is present."""
        return sorted(self._where.get(name, ()))

    def members(self, room: Room) -> list[str]:
        """The people in a room, by name."""
        return sorted(name for name, count in self.presence(room).sessions.items() if count > 0)

    def is_empty(self, room: Room) -> bool:
        """Whether nobody is in the room: asked whenever somebody leaves, however many are there."""
        return not any(count > 0 for count in self.presence(room).sessions.values())

    def presence(self, room: Room) -> Presence:
        """Who is in the room."""
        return self._presence[room.name]

    def enter(self, room: Room, name: str) -> bool:
        """A session enters a room; returns whether the person was not there before."""
        presence = self.presence(room)
        presence.sessions[name] += 1
        return presence.sessions[name] == 1 and self._moved(room, presence, name, joined=True)

    def leave(self, room: Room, name: str) -> bool:
        """A session leaves a room; returns whether the person is no longer there."""
        presence = self.presence(room)
        presence.sessions[name] -= 1
        if presence.sessions[name] > 0:
            return False
        del presence.sessions[name]
        return self._moved(room, presence, name, joined=False)

    def _is_elsewhere(self, room: Room, name: str) -> None:
        where = self._where.get(name, set())
        where.discard(room.name)
        if not where:
            self._where.pop(name, None)

    def _moved(self, room: Room, presence: Presence, name: str, *, joined: bool) -> bool:
        if joined:
            self._where.setdefault(name, set()).add(room.name)
        else:
            self._is_elsewhere(room, name)
        presence.index += 1
        presence.moves.append(Move(presence.index, joined, name, room.number))
        return True
