"""Who is here, by what people did: they came, took other names, and went."""

from __future__ import annotations

from dataclasses import dataclass, field

import trio

from chatd.testing.people import PlayedPerson
from chatd.testing.simulation.oracles.people import Present

LINGERS_S = 10.0
"""Virtual seconds in which somebody who has gone may still be told of: their session is being ended."""


@dataclass(slots=True)
class _Stay:
    """One terminal of somebody's."""

    person: PlayedPerson
    since: float
    names: set[str] = field(default_factory=set)
    """Those it may have."""
    going: bool = False
    """Whether its end has begun."""
    ended: float | None = None
    seen: float | None = None
    """When it had been served for certain."""


class Attendance:
    """Of one world."""

    def __init__(self) -> None:
        self._stays: list[_Stay] = []
        self.begun: set[str] = set()
        """What names that somebody has asked for begin with."""
        self._elsewhere: set[str] = set()
        """Who comes over the web, and may be here at any time."""

    def comes(self, person: PlayedPerson) -> None:
        """Somebody connects."""
        self._stays.append(_Stay(person, trio.current_time(), {person.visit.visitor.name}))

    def is_elsewhere(self, name: str) -> None:
        """Somebody may be here from now on by requests, which come and go."""
        self._elsewhere.add(name)

    def renames(self, person: PlayedPerson, name: str) -> None:
        """Somebody asks for another name; what is refused stays in the line, and more may be typed behind it."""
        self.begun.add(name.strip().lower())
        for stay in self._stays:
            if stay.person is person:
                stay.names.add(name.strip().lower())

    def goes(self, person: PlayedPerson) -> None:
        """Somebody hangs up, or ends what they type."""
        for stay in self._stays:
            if stay.person is person:
                stay.going = True

    def look(self) -> None:
        """See who has been served, and who has gone."""
        now = trio.current_time()
        for stay in self._stays:
            stay.names.add(stay.person.visit.visitor.name)  # the door may have let them in under another one
            if stay.seen is None and (stay.person.screen.text.strip() or stay.person.output):
                stay.seen = now
            if stay.ended is None and stay.person.ended.is_set():
                stay.ended = now

    def since(self, then: float) -> Present:
        """Who has been here since `then`, and who may have been."""
        self.look()
        certain = {
            next(iter(stay.names)) for stay in self._stays
            if len(stay.names) == 1 and stay.seen is not None and stay.seen < then and stay.ended is None
            and not stay.going and stay.person.visit.command is None
        }  # fmt: skip
        possible = {
            name for stay in self._stays
            if stay.ended is None or stay.ended >= then - LINGERS_S for name in stay.names
        }  # fmt: skip
        return Present(frozenset(certain), frozenset(possible | self._elsewhere))
