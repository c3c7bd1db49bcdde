"""People who come in through the whole ssh stack: an asyncssh client each, on a cable in memory, and the real server.

Deterministic as it stands: what asyncssh draws at random (cookies, padding, ephemeral keys) has the same size each
time, and nothing of it is seen once it is decrypted; the keys of people are made from their names.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from functools import cache

import asyncssh
import trio

from chatd.adapters.ssh.server import SshServer
from chatd.config import Config
from chatd.core.names import GUEST_PREFIX
from chatd.core.visit import Visit, Visitor
from chatd.ports import Terminal
from chatd.tasks.serve import serve_terminal
from chatd.testing.bugs import Bugs
from chatd.testing.checks import Broken
from chatd.testing.engine import inline_engine
from chatd.testing.simulation.ssh_person import SshPerson
from chatd.testing.world import World, member
from chatd.wiring.limits import ssh_limits

LIMITS = replace(
    ssh_limits(Config()), keepalive=5.0, write_stall=10.0, reader_stall=20.0, transport_buffer=8 * 1024,
    max_unsent=384 * 1024,
)  # fmt: skip
"""The server's, small enough to be reached: who reads nothing for long is dropped while the world lives. What a session
has unsent stays below five slices of 64 KiB and a frame, however slow its client is: more than that is a bug."""

_ED25519 = bytes.fromhex("302e020100300506032b657004220420")
"""What stands before the 32 bytes of such a key in PKCS #8 (RFC 8410)."""


def ssh_engine() -> AbstractAsyncContextManager[object]:
    """The asyncio loop that must stand around the world."""
    return inline_engine(logging.getLogger("chatd.engine"))


@cache
def key_of(name: str) -> asyncssh.SSHKey:
    """The key of that name, always the same."""
    return asyncssh.import_private_key(_ED25519 + hashlib.sha256(name.encode()).digest())


@asynccontextmanager
async def ssh_people(world: World) -> AsyncIterator[SshPeople]:
    """The people of a world that has an ssh server, too, inside `ssh_engine`. Leaving the block stops the world as
    SIGTERM does; raises Broken when something of the ssh server is left, or when it met a fault of its own.
    """
    log = logging.getLogger("chatd.ssh")
    faults = _Faults()
    log.addHandler(faults)
    try:
        async with trio.open_nursery() as homes:
            people = SshPeople(homes)

            async def serve(terminal: Terminal) -> int:
                people.served(terminal.visit)
                return await serve_terminal(world.hub, world.server.screens, terminal)

            people.server = server = SshServer(key_of("chatd"), world.hub.names, serve, LIMITS, log)
            async with world.server.accepting([server]):
                yield people
                people.all_got_in()
            homes.cancel_scope.cancel()
    finally:
        log.removeHandler(faults)
    if server.counts != (0, 0):
        raise Broken("a server that stops ends its connections", f"{server.counts[0]} are left")
    if faults.found:
        raise Broken("the ssh server meets no bug", faults.found[0])


class SshPeople:
    """Who has come, each over a connection of their own."""

    server: SshServer

    def __init__(self, nursery: trio.Nursery) -> None:
        self._nursery = nursery
        self._everyone: dict[str, SshPerson] = {}

    @property
    def terminals(self) -> Sequence[SshPerson]:
        """As People."""
        return list(self._everyone.values())

    def visitor(self, name: str) -> Visitor:
        """As People: what they say they are; it is the server's door that decides."""
        return member(name)

    def connect(self, visit: Visit, *, keys: Sequence[asyncssh.SSHKey] | None = None) -> SshPerson:
        """As People. `keys` are offered in their order; by default their own, and none by guests."""
        number = len(self._everyone)
        name = visit.visitor.name
        if keys is None:
            keys = [] if name.startswith(GUEST_PREFIX) else [key_of(name)]
        person = SshPerson(visit, number)
        self._everyone[person.address] = person
        self._nursery.start_soon(person.lives, self.server, keys, name=f"ssh {name}")
        return person

    def all_got_in(self) -> None:
        """Whoever came and stayed has a channel. Raises Broken."""
        for person in self._everyone.values():
            if person.refusal and not (person.gone or person.was_dead):
                raise Broken("who comes gets in", repr(person))

    def served(self, visit: Visit) -> None:
        """The server serves somebody: now it is known under which name they came in."""
        self._everyone[visit.address].came_in_as(visit.visitor)


class _Faults(Bugs):
    """Keeps warnings which are bugs here: of a client that talks nonsense, of a session that writes without waiting."""

    def __init__(self) -> None:
        super().__init__()
        self.setLevel(logging.WARNING)

    def emit(self, record: logging.LogRecord) -> None:
        """As Bugs."""
        super().emit(record)
        if "bytes wait for" in record.getMessage():
            self.found.append(record.getMessage())
