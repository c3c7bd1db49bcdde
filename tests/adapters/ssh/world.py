"""A server in memory for the tests of the ssh adapter: a door, a log, a virtual clock."""

from __future__ import annotations

import functools
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncssh
import trio
import trio.testing

from chatd.adapters.ssh.limits import SshLimits
from chatd.adapters.ssh.server import SshServer
from chatd.core.visit import EndOfInput, Kind, TerminalEvent, Visit, Visitor
from chatd.ports import SessionHandler, Terminal
from chatd.testing.ssh import inline_engine
from tests.support import make_limits

HOST_KEY = asyncssh.generate_private_key("ssh-ed25519")
ALICE, BOB, MALLORY = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(3))


def on_virtual_clock(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """Run an async test; its time costs nothing."""

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        clock = trio.testing.MockClock(autojump_threshold=0)
        trio.run(functools.partial(test, *args, **kwargs), clock=clock)

    return run


class Recorder:
    """Keeps the visits and events of its channels; ends at end of input with status 5."""

    def __init__(self) -> None:
        self.visits: list[Visit] = []
        self.events: list[TerminalEvent] = []
        self.gate = trio.Event()
        self.gate.set()

    async def __call__(self, terminal: Terminal) -> int:
        self.visits.append(terminal.visit)
        terminal.write(b"ready")
        await self.gate.wait()
        while True:
            event = await terminal.receive()
            self.events.append(event)
            if isinstance(event, EndOfInput):
                terminal.write(b"done")
                return 5


class Door:
    """Everybody owns the name their key is listed under; unlisted names are free, unless `closed`."""

    def __init__(self) -> None:
        self.owners: dict[str, str] = {}
        self.guests = True
        self.asked: list[tuple[str, str, str]] = []
        self.admitted: list[Visitor] = []
        self.left: list[Visitor] = []
        self.decline_at_signature: set[str] = set()

    def owns(self, name: str, key: asyncssh.SSHKey) -> None:
        self.owners[name] = key.get_fingerprint()

    def accepts_key(self, login: str, fingerprint: str) -> bool:
        self.asked.append(("accepts", login, fingerprint))
        return self.owners.get(login, fingerprint) == fingerprint

    def admit_key(self, login: str, fingerprint: str, source: str) -> Visitor | None:
        self.asked.append(("admit", login, fingerprint))
        if fingerprint in self.decline_at_signature:
            return None
        return self._enter(Visitor(login, Kind.MEMBER, fingerprint))

    def admit_guest(self, login: str, source: str) -> Visitor | None:
        self.asked.append(("guest", login, ""))
        return self._enter(Visitor(f"guest-{login}", Kind.GUEST)) if self.guests else None

    def leave(self, visitor: Visitor) -> None:
        self.left.append(visitor)

    def _enter(self, visitor: Visitor) -> Visitor:
        self.admitted.append(visitor)
        return visitor


class Records(logging.Handler):
    """Log records as they come."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)

    @property
    def lines(self) -> list[str]:
        """What is told without debug."""
        return [record.getMessage() for record in self.records if record.levelno > logging.DEBUG]

    @property
    def tracebacks(self) -> list[logging.LogRecord]:
        return [record for record in self.records if record.exc_info]


class World:
    """An open server and what it met."""

    def __init__(self, handler: SessionHandler, limits: SshLimits) -> None:
        self.door = Door()
        self.records = Records()
        self.log = logging.Logger("test")
        self.log.addHandler(self.records)
        self.server = SshServer(HOST_KEY, self.door, handler, limits, self.log)

    async def knock(self, address: str = "192.0.2.9") -> trio.abc.HalfCloseableStream:
        """A connection that says nothing; its greeting is on the way."""
        ours, theirs = trio.testing.memory_stream_pair()
        self.server.connections.start_soon(self.server.serve_stream, theirs, address)
        await trio.testing.wait_all_tasks_blocked()
        return ours


@asynccontextmanager
async def serving(handler: SessionHandler, limits: SshLimits | None = None) -> AsyncIterator[World]:
    """A server in memory. Every admission has ended when the block has."""
    world = World(handler, limits or make_limits())
    async with inline_engine(world.log), world.server.open():
        yield world
    assert world.server.counts == (0, 0)
    assert world.door.left == world.door.admitted or sorted(map(repr, world.door.left)) == sorted(
        map(repr, world.door.admitted)
    )


async def greet(terminal: Terminal) -> int:
    """Say who came and what for."""
    visit = terminal.visit
    terminal.write(f"{visit.visitor.name} {visit.command}".encode("utf-8", "surrogateescape"))
    return 0


async def wait_forever(terminal: Terminal) -> int:
    """Stay until cancelled."""
    terminal.write(b"here")
    await trio.sleep_forever()


async def read_all(stream: trio.abc.ReceiveStream) -> bytes:
    """Everything until the other end closes."""
    data = b""
    while piece := await stream.receive_some(65536):
        data += piece
    return data
