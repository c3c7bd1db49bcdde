"""Somebody who sits in a quiet room and types: whatever happens elsewhere, each key is on the screen in time."""

from __future__ import annotations

from collections.abc import Callable

import trio

from chatd.core.visit import Visit
from chatd.testing.checks import Broken
from chatd.testing.people import People, PlayedPerson
from chatd.testing.world import World

NAME = "wanda"
ROOM = "quiet"

WITHIN = 0.25
"""Virtual seconds: two frames at the longest interval there is, and some for the schedule."""


class Bystander:
    """Types a key, sees it, wipes it out, types the next."""

    def __init__(self, world: World, people: People[PlayedPerson], connect: Callable[[Visit], PlayedPerson]) -> None:
        self._people = people
        self._connect = connect
        self._world = world
        self._person: PlayedPerson | None = None
        self._typed: tuple[str, float] | None = None
        self._keys = 0

    async def sits_down(self) -> None:
        """Enter the quiet room, before anything else happens."""
        visit = Visit(self._people.visitor(NAME), pty=True, term="xterm-256color", size=(40, 6))
        self._person = self._connect(visit)
        self._person.sends(f"/join {ROOM}\r".encode())
        await self._world.settle(2)

    def looks(self) -> None:
        """Look whether the last key is there, and if so type another. Raises Broken."""
        if self._person is None:
            return
        if self._typed is not None:
            text, when = self._typed
            if text in self._person.screen.text:
                self._typed = None
            elif trio.current_time() - when > WITHIN:
                late = trio.current_time() - when
                raise Broken("other sessions are undelayed", f"after {late:.2f} s {text!r} is not on {NAME}'s screen")
        if self._typed is None:
            self._keys += 1
            self._typed = f"key {self._keys}", trio.current_time()
            self._person.sends(f"\x15{self._typed[0]}".encode())

    def gets_up(self) -> None:
        """Leave."""
        if self._person is not None:
            self._person.hangs_up()
            self._person = None
