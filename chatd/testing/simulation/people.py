"""How people reach a simulated server: with terminals in memory, or through the ssh stack."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from enum import StrEnum

from chatd.testing.people import People, PlayedPerson
from chatd.testing.world import World


class Profile(StrEnum):
    """How people reach the server."""

    MEMORY = "memory"
    """Their terminals are handed to the sessions."""
    SSH = "ssh"
    """An ssh client each, against the real ssh server, over streams in memory."""


def engine_for(profile: Profile) -> AbstractAsyncContextManager[object]:
    """What must stand around the world: for ssh, asyncio's loop."""
    if profile is Profile.MEMORY:
        return nullcontext()
    from chatd.testing.simulation.ssh_people import ssh_engine  # noqa: PLC0415 -- asyncssh takes long to import

    return ssh_engine()


@asynccontextmanager
async def open_people(profile: Profile, world: World) -> AsyncIterator[People[PlayedPerson]]:
    """The people of a world; leaving the block takes away what they came through."""
    if profile is Profile.MEMORY:
        yield world
        return
    from chatd.testing.simulation.ssh_people import ssh_people  # noqa: PLC0415 -- as above

    async with ssh_people(world) as people:
        yield people
