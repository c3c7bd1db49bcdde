"""Comings and goings: who hears of each at once, and who shows them to all the others.

Somebody who comes into a crowd must cost the crowd nothing: whoever has the room before them is shown who is here at a
pace of its own (`tasks/screens/room_facts.py`), and only those who follow a room move by move are rung for each.
"""

from __future__ import annotations

from collections.abc import Callable

from chatd.core.room import Room
from chatd.tasks.log.bell import BellTower, Ringable


class Comings:
    """Those of all rooms of a server."""

    def __init__(self) -> None:
        self._towers: dict[Room, BellTower] = {}
        self._show: Callable[[Room], None] = _nobody

    @property
    def watched(self) -> bool:
        """Whether somebody hears of each."""
        return bool(self._towers)

    def shown_by(self, show: Callable[[Room], None]) -> None:
        """`show` is called with the room for each coming and going, and sees to it that sessions are rung for."""
        self._show = show

    def watch(self, room: Room, bell: Ringable) -> None:
        """Ring this bell for each coming to the room and going, until `unwatch`."""
        self._towers.setdefault(room, BellTower()).hang(bell)

    def unwatch(self, room: Room, bell: Ringable) -> None:
        """Stop ringing it."""
        if (tower := self._towers.get(room)) is not None:
            tower.unhang(bell)
            if tower.empty:
                del self._towers[room]

    def ring(self, room: Room) -> None:
        """Somebody has come into the room or left it."""
        if (tower := self._towers.get(room)) is not None:
            tower.ring()
        self._show(room)


def _nobody(_: Room) -> None:
    """Nobody shows anything."""
