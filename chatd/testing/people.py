"""Who acts in a world, and how they reach the server: what every player of programs needs of them, as Protocols.

A `World` is such people with terminals in memory; `testing.simulation` has others, with an ssh client each.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

import trio

from chatd.core.visit import Visit, Visitor
from chatd.testing.connection import Quality
from chatd.testing.screen import Screen


class PlayedPerson(Protocol):
    """Somebody at a terminal, as `testing.MemoryTerminal`: every act is synchronous."""

    screen: Screen
    exit_status: int | None
    ended: trio.Event
    observer: Callable[[bytes], None] | None

    @property
    def output(self) -> str:
        """Written to stdout, without a pty."""
        ...

    @property
    def errors(self) -> str:
        """Written to stderr, without a pty."""
        ...

    @property
    def quality(self) -> Quality:
        """What the connection is like."""
        ...

    def links(self, quality: Quality) -> object:
        """The connection is so from now on."""
        ...

    @property
    def visit(self) -> Visit:
        """Who came, and how."""
        ...

    def sends(self, data: bytes) -> object:
        """Bytes, as one packet."""
        ...

    def resizes(self, columns: int, rows: int) -> object:
        """Another size of the window."""
        ...

    def ends_input(self) -> object:
        """EOF."""
        ...

    def hangs_up(self) -> None:
        """The connection is gone, and the server knows."""
        ...

    def resets(self) -> None:
        """The connection is gone; the server learns of it when it uses it."""
        ...

    def stops_reading(self) -> None:
        """Nothing is taken any more."""
        ...

    def reads_on(self) -> None:
        """What waits is taken, and all that comes."""
        ...


P_co = TypeVar("P_co", bound=PlayedPerson, covariant=True)


class People(Protocol[P_co]):
    """The people of one world."""

    def visitor(self, name: str) -> Visitor:
        """Who somebody of that name is at the door; `guest-…` is a guest."""
        ...

    def connect(self, visit: Visit) -> P_co:
        """Somebody comes; they are served from the next step on."""
        ...

    @property
    def terminals(self) -> Sequence[P_co]:
        """Of all who have come, first ones first."""
        ...
