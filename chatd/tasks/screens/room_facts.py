"""What the status line and running answers are told of a room: made once for all who are there, as long as it is so."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from math import inf

import trio

from chatd.core.annotation import NONE, annotations_in
from chatd.core.room import Room
from chatd.core.row import Method
from chatd.core.visit import Kind
from chatd.ports import Plain
from chatd.screen.frame import Line
from chatd.tasks.asking.answer import RunningAnswer
from chatd.tasks.chat import views
from chatd.tasks.chat.hub import Hub

PHASE_MS = 250
"""What moves beside a running answer moves so often."""

FIGURES = frozenset({"tokens", "tokens_per_s"})
"""What is otherwise with every piece of an answer: nobody reads it more often than with each phase."""

PEOPLE_S = 0.1
"""Seconds between two changes of who is here that are shown, at least; a first one is shown at once."""

PEOPLE_EACH_S = 0.004
"""The same for each who is here: to show one is 40 us of work, so a crowd that comes and goes takes a hundredth."""

LOOKED_BACK = 20
"""Rows among which the newest answer is looked for: what was found out about an older one says nothing any more."""

MAX_LINES = 256
"""Status lines kept of one room as it is: one for each width and each words that scripts say there."""

MAX_KNOWN = 64
"""Rooms whose facts are kept; those of others are made again."""


@dataclass(frozen=True, slots=True, eq=False)
class RoomFacts:
    """One room as it is; another one as soon as anything of it is otherwise. FIGURES move with the phase only."""

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
    found: Mapping[str, Plain]
    """What scripts have found out about the newest answer."""
    number: int = field(default_factory=count().__next__, repr=False)
    """Of all that were made: what is kept of how they look must not keep them, nor the sessions of those who asked."""
    lines: dict[Hashable, Line] = field(default_factory=dict, repr=False)
    """The status lines that were made of them."""

    def keep(self, key: Hashable, line: Line) -> None:
        """This line was made of them; the oldest ones are let go."""
        self.lines[key] = line
        if len(self.lines) > MAX_LINES:
            del self.lines[next(iter(self.lines))]

    def of(self, owner: object) -> tuple[bool, ...]:
        """Which of the answers are this session's own; none where nobody's are."""
        if not self.answers:
            return ()
        mine = tuple(answer.owner is owner for answer in self.answers)
        return mine if any(mine) else ()


@dataclass(slots=True)
class _People:
    """Who is shown to be in a room: as of which coming or going, and since when in trio's time."""

    index: int = -1
    since: float = -inf
    names: tuple[str, ...] = ()

    @property
    def due(self) -> float:
        """When others may be shown to be there, at the earliest."""
        return self.since + max(PEOPLE_S, PEOPLE_EACH_S * len(self.names))


_Stamp = tuple[int, str, tuple[tuple[Plain, ...], ...], int, Mapping[str, object]]


class RoomFactsMaker:
    """The facts of every room that somebody looks at."""

    def __init__(self, hub: Hub, late: Callable[[], None]) -> None:
        """`late` is called when `due` is another time than before, whoever has asked."""
        self._hub = hub
        self._rang_late = late
        self._known: OrderedDict[str, tuple[_Stamp, RoomFacts]] = OrderedDict()
        self._now: dict[str, RoomFacts] = {}
        self._people: OrderedDict[str, _People] = OrderedDict()
        self._late: dict[Room, float] = {}
        """Rooms in which others are by now than somebody was shown, and when all are to see them, in trio's time. Only
        ringing takes a room out: whoever looks in the meantime sees who is here, and the others do not.
        """

    def renew(self) -> None:
        """Time has passed: what is asked for from now on is looked at again, once. Only the fan says so: once for each
        of its rounds, or everybody would be shown facts of their own.
        """
        self._now.clear()

    def forget(self) -> None:
        """Things look otherwise: no line that was made of them is one any more."""
        self._known.clear()
        self._now.clear()

    def of(self, room: Room) -> RoomFacts:
        """Those of a room, as they were first since they were renewed."""
        facts = self._now.get(room.id)
        if facts is None:
            facts = self._now[room.id] = self._look_at(room)
        return facts

    def _look_at(self, room: Room) -> RoomFacts:
        hub, now = self._hub, self._hub.clock.now_ms()
        answers = tuple(hub.answers.in_room(room))
        streams = [views.answer_view(answer, None, now) for answer in answers]
        phase = now // PHASE_MS if answers else 0
        told = tuple(tuple(value for key, value in stream.items() if key not in FIGURES) for stream in streams)
        people = self._people_of(room)
        found = _found(room)
        stamp = (people.index, room.name, told, phase, found)
        known = self._known.get(room.id)
        if known is not None and known[0] == stamp:
            self._known.move_to_end(room.id)
            return known[1]
        speeds = {str(stream["row_id"]): float(stream["tokens_per_s"]) for stream in streams if stream["row_id"]}  # type: ignore[arg-type]
        facts = RoomFacts(room.name, people.names, streams, answers, phase, speeds, views.annotation_view(found))
        self._known[room.id] = (stamp, facts)
        self._known.move_to_end(room.id)
        while len(self._known) > MAX_KNOWN:
            self._known.popitem(last=False)
        return facts

    def moved(self, room: Room) -> None:
        """Somebody has come or gone: all are to see it when it is time for that, however many come until then."""
        if room not in self._late:
            people = self._people.get(room.id)
            self._is_late(room, trio.current_time() if people is None else people.due)

    @property
    def due(self) -> float:
        """When somebody's coming or going is to be shown that is not, in trio's time."""
        return min(self._late.values(), default=inf)

    def ring_late(self) -> None:
        """Have those that are due shown."""
        now = trio.current_time()
        for room in [room for room, due in self._late.items() if due <= now]:
            del self._late[room]
            self._hub.recorder.ring(room)

    def _people_of(self, room: Room) -> _People:
        index, now = self._hub.lobby.presence(room).index, trio.current_time()
        people = self._people.pop(room.id, None) or _People()
        self._people[room.id] = people
        while len(self._people) > MAX_KNOWN:
            self._people.popitem(last=False)
        if index == people.index:
            return people
        if now >= people.due:
            people.index, people.since, people.names = index, now, self._names(room)
        elif self._late.get(room) != people.due:
            self._is_late(room, people.due)
        return people

    def _is_late(self, room: Room, due: float) -> None:
        self._late[room] = due
        self._rang_late()

    def _names(self, room: Room) -> tuple[str, ...]:
        lobby = self._hub.lobby
        kinds = {person.name: person.kind for person in lobby.people}
        return tuple(sorted(n for n in lobby.members(room) if kinds.get(n, Kind.MODEL) is not Kind.MODEL))


def _found(room: Room) -> Mapping[str, object]:
    """The annotations of the room's newest answer, if it is one of its newest rows."""
    for live in reversed(room.tail(LOOKED_BACK)):
        if live.head.method in (Method.MODEL, Method.CHUNK):
            return annotations_in(live.head.meta)
    return NONE
