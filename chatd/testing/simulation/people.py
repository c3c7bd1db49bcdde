"""Who acts in a simulated world, and how they reach the server: with terminals in memory, or through the ssh stack."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from enum import StrEnum
from typing import Protocol

import trio

from chatd.core.visit import Visit
from chatd.testing.screen import Screen
from chatd.testing.world import World


class Profile(StrEnum):
    """How people reach the server."""

    MEMORY = "memory"
    """Their terminals are handed to the sessions."""
    SSH = "ssh"
    """An ssh client each, against the real ssh server, over streams in memory."""


class PlayedPerson(Protocol):
    """Somebody at a terminal, as `testing.MemoryTerminal`: every act is synchronous."""

    screen: Screen
    output: str
    errors: str
    exit_status: int | None
    ended: trio.Event
    observer: Callable[[bytes], None] | None

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


class People(Protocol):
    """The people of one world."""

    def connect(self, visit: Visit) -> PlayedPerson:
        """Somebody comes; they are served from the next step on."""
        ...

    @property
    def everyone(self) -> Sequence[PlayedPerson]:
        """All who have come, first ones first."""
        ...


class _InMemory:
    def __init__(self, world: World) -> None:
        self._world = world

    def connect(self, visit: Visit) -> PlayedPerson:
        return self._world.connect(visit)

    @property
    def everyone(self) -> Sequence[PlayedPerson]:
        return self._world.terminals


def engine_for(profile: Profile) -> AbstractAsyncContextManager[object]:
    """What must stand around the world: for ssh, asyncio's loop."""
    if profile is Profile.MEMORY:
        return nullcontext()
    from chatd.testing.simulation.ssh_people import ssh_engine  # noqa: PLC0415 -- asyncssh takes long to import

    return ssh_engine()


@asynccontextmanager
async def open_people(profile: Profile, world: World) -> AsyncIterator[People]:
    """The people of a world; leaving the block takes away what they came through."""
    if profile is Profile.MEMORY:
        yield _InMemory(world)
        return
    from chatd.testing.simulation.ssh_people import ssh_people  # noqa: PLC0415 -- as above

    async with ssh_people(world) as people:
        yield people
