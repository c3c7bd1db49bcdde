"""What the status line and running answers are told of a room: made once for all who are there, as long as it is so."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count

from chatd.core.room import Room
from chatd.core.visit import Kind
from chatd.ports import Plain
from chatd.tasks.asking.answer import RunningAnswer
from chatd.tasks.chat import views
from chatd.tasks.chat.hub import Hub

PHASE_MS = 250
"""What moves beside a running answer moves so often."""

MAX_KNOWN = 64
"""Rooms whose facts are kept; those of others are made again."""


@dataclass(frozen=True, slots=True, eq=False)
class RoomFacts:
    """One room as it is; another one as soon as anything of it is otherwise."""

    name: str
    people: tuple[str, ...]
    """Who is here, but for models."""
    streams: Sequence[Mapping[str, Plain]]
    """The running answers, oldest first, as scripts see them; nobody's own."""
    answers: tuple[RunningAnswer, ...]
    phase: int
    """Counts on while answers run."""
    speeds: Mapping[str, float]
    """Tokens a second, by the rows that grow."""
    number: int = field(default_factory=count().__next__, repr=False)
    """Of all that were made: what is kept of how they look must not keep them, nor the sessions of those who asked."""

    def of(self, owner: object) -> tuple[bool, ...]:
        """Which of the answers are this session's own; none where nobody's are."""
        mine = tuple(answer.owner is owner for answer in self.answers)
        return mine if any(mine) else ()


_Stamp = tuple[int, str, tuple[tuple[Plain, ...], ...], int]


class RoomFactsMaker:
    """The facts of every room that somebody looks at."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._known: OrderedDict[str, tuple[_Stamp, RoomFacts]] = OrderedDict()

    def of(self, room: Room) -> RoomFacts:
        """Those of a room at this moment."""
        hub, now = self._hub, self._hub.clock.now_ms()
        answers = tuple(hub.answers.in_room(room))
        streams = [views.answer_view(answer, None, now) for answer in answers]
        phase = now // PHASE_MS if answers else 0
        told = tuple(tuple(stream.values()) for stream in streams)
        stamp = (hub.lobby.presence(room).index, room.name, told, phase)
        known = self._known.get(room.id)
        if known is not None and known[0] == stamp:
            self._known.move_to_end(room.id)
            return known[1]
        speeds = {str(stream["row_id"]): float(stream["tokens_per_s"]) for stream in streams if stream["row_id"]}  # type: ignore[arg-type]
        facts = RoomFacts(room.name, self._people(room), streams, answers, phase, speeds)
        self._known[room.id] = (stamp, facts)
        self._known.move_to_end(room.id)
        while len(self._known) > MAX_KNOWN:
            self._known.popitem(last=False)
        return facts

    def _people(self, room: Room) -> tuple[str, ...]:
        lobby = self._hub.lobby
        kinds = {person.name: person.kind for person in lobby.people}
        return tuple(sorted(n for n in lobby.members(room) if kinds.get(n, Kind.MODEL) is not Kind.MODEL))
