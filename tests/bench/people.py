"""People who come in over ssh: many sessions of one asyncio loop, each with a key of its own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

import asyncssh

from tests.bench.processes import Running

CIPHER = "chacha20-poly1305@openssh.com"
"""What OpenSSH asks for first. Everybody who is measured speaks the same one."""

AT_ONCE = 4
"""People who log in at the same time: more only wait for each other."""

LOGIN_S = 30.0
"""For one login, while others log in, too."""


class Person(asyncssh.SSHClientSession[bytes]):
    """One session. `hears` is called with what it is sent; `shown` is set with the first of it."""

    def __init__(self) -> None:
        self.hears: Callable[[bytes], None] | None = None
        self.shown = asyncio.Event()
        self.ended = asyncio.Event()
        self.received = 0
        """Bytes."""

    def connection_made(self, chan: asyncssh.SSHClientChannel[bytes]) -> None:
        """A channel is open."""
        self.channel = chan

    def data_received(self, data: bytes, datatype: int | None) -> None:
        """The server has written."""
        self.received += len(data)
        if not self.shown.is_set():
            self.shown.set()
        if self.hears is not None:
            self.hears(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        self.ended.set()

    def types(self, text: str) -> None:
        """Press keys: one packet."""
        self.channel.write(text.encode())


@cache
def key_of(name: str) -> asyncssh.SSHKey:
    """A name's own key: one key may have a few names only."""
    return asyncssh.generate_private_key("ssh-ed25519", comment=name)


class People:
    """Who is at one server. Made by `people`; leaving its block hangs up for everybody."""

    def __init__(self, running: Running) -> None:
        self.running = running
        self._connections: list[asyncssh.SSHClientConnection] = []
        """Of all who are there, in the same order, and of commands that run."""
        self.there: list[Person] = []

    async def connect(self, name: str) -> asyncssh.SSHClientConnection:
        """A connection that has logged in."""
        known: dict[str, Any] = {"known_hosts": None, "config": None, "agent_path": None}
        async with asyncio.timeout(LOGIN_S):
            connection = await asyncssh.connect(
                "127.0.0.1", self.running.port, username=name, client_keys=[key_of(name)],
                encryption_algs=[CIPHER], compression_algs=None, **known,
            )  # fmt: skip
        self._connections.append(connection)
        return connection

    async def enter(self, name: str) -> Person:
        """Somebody with a full screen, who has been shown the first of it."""
        connection = await self.connect(name)
        async with asyncio.timeout(LOGIN_S):
            person = Person()
            await connection.create_session(
                lambda: person, term_type="xterm-256color", term_size=(80, 24), encoding=None
            )
            await person.shown.wait()
        self.there.append(person)
        return person

    async def crowd(self, names: Iterable[str], then: str = "") -> list[Person]:
        """Many, some at once. Each types `then` when they are in."""
        places = asyncio.Semaphore(AT_ONCE)

        async def one(name: str) -> Person:
            async with places:
                person = await self.enter(name)
                if then:
                    person.types(then)
                    await asyncio.sleep(0.05)  # they are seen to leave before the next ones come
                return person

        async with asyncio.TaskGroup() as group:
            entering = [group.create_task(one(name)) for name in names]
        return [task.result() for task in entering]

    async def runs(self, name: str, command: str, seconds: float = 60.0) -> str:
        """A command's output, at its end. RuntimeError when it fails."""
        connection = await self.connect(name)
        async with asyncio.timeout(seconds):
            done = await connection.run(command, encoding="utf-8", stdin=asyncssh.DEVNULL)
        connection.abort()
        self._connections.remove(connection)
        if done.exit_status:
            raise RuntimeError(f"{command!r}: exit {done.exit_status}: {done.stderr!r}")
        return str(done.stdout)

    async def send_away(self, newest: int) -> None:
        """Hang up for those who came last; no command may be running."""
        going = self.there[-newest:]
        for connection in self._connections[-newest:]:
            connection.abort()
        del self._connections[-newest:], self.there[-newest:]
        for person in going:
            await person.ended.wait()

    async def leave(self) -> None:
        """Hang up for everybody."""
        for connection in self._connections:
            connection.abort()
        self._connections.clear()
        self.there.clear()
        await asyncio.sleep(0)


@asynccontextmanager
async def people(running: Running) -> AsyncIterator[People]:
    """Nobody yet, at this server."""
    those = People(running)
    try:
        yield those
    finally:
        await those.leave()


def names(room: str, count: int, first: int = 0) -> list[str]:
    """Of people who will be in that room: the floor has them there by their names."""
    return [f"{room}-{number}" for number in range(first, first + count)]


async def until(condition: Callable[[], bool], seconds: float) -> None:
    """Look again and again until it holds, at most so long: what is measured is then as it is."""
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:  # noqa: ASYNC110 - a bell in the load would take time, too
        await asyncio.sleep(0.01)


class Pace:
    """Moments at a steady rate: `await pace.next()` waits for the next of them, and says when it is."""

    def __init__(self, every: float) -> None:
        self._every = every
        self._due = time.monotonic()

    async def next(self) -> float:
        """When it is; late ones follow one another at once."""
        wait = self._due - time.monotonic()
        await asyncio.sleep(max(0.0, wait))
        self._due += self._every
        return time.monotonic()
