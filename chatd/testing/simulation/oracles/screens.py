"""What screens are sent, and what stands on them: nothing that a screen drawn from nothing would not show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from chatd.core.visit import Visit
from chatd.screen.paint import leave
from chatd.testing.checks import Broken
from chatd.testing.people import PlayedPerson
from chatd.testing.screen import Screen

Row = tuple[tuple[str, str], ...]
"""Texts and styles of one line."""

MOST_HELD = 4
"""Frames that may wait for a terminal which takes none: one of the painter's, one of the fan's that came before it was
known, each when the terminal took the last one, and one when the session ends.
"""

TOLD = 4
"""Lines that are told of a screen that is stale."""

PAINTS = b"\x1b["
"""What every paint has, and the last words have not."""


def is_screen(visit: Visit) -> bool:
    """Whether somebody has a screen that is painted."""
    return visit.pty and visit.term != "dumb" and visit.command is None


def standing(screen: Screen, rows: int | None = None) -> Sequence[Row]:
    """What the first `rows` lines of a screen show, and in which styles, without the plain blanks at their right ends;
    of all lines by default.
    """
    return [_standing(screen, y) for y in range(screen.rows)[:rows]]


def _standing(screen: Screen, y: int) -> Row:
    cells = [screen.cell(x, y) for x in range(screen.columns)]
    while cells and cells[-1] == (" ", frozenset()):
        cells.pop()
    groups = groupby(cells, key=lambda cell: cell[1])
    return tuple(("".join([text for text, _ in group]), "+".join(sorted(style))) for style, group in groups)


def stale(before: Iterable[Row], now: Iterable[Row]) -> str:
    """The lines that are others now, "" when none is."""
    others = [(old, new) for old, new in zip(before, now, strict=False) if old != new]
    return " | ".join(f"{_told(old, new)} is {_told(new, old)}" for old, new in others[:TOLD])


def _told(row: Row, other: Row) -> str:
    """A line as text; with its styles, where these alone tell it from another."""
    text = "".join([text for text, _ in row])
    return repr(row) if text == "".join([text for text, _ in other]) else repr(text)


class Painted:
    """What one person's screen is sent."""

    def __init__(self) -> None:
        self._held = 0
        self._has_left = False

    def sent(self, data: bytes, person: PlayedPerson, unsent: int) -> None:
        """It is sent this, while so many bytes of before have not left. Raises Broken."""
        name = person.visit.visitor.name
        if self._has_left and PAINTS in data:
            raise Broken("who has left the screen is painted nothing", f"{name} is sent {data[:80]!r}")
        if data.startswith(leave()):
            self._has_left = True
        self._held = (self._held if unsent else 0) + (PAINTS in data)
        if self._held > MOST_HELD:
            raise Broken("a terminal that takes nothing is painted nothing", f"{self._held} frames wait for {name}")
