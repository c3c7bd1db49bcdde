"""The load of the web: connections over plain sockets that ask once and read what comes, on asyncio.

A client is as little as can be, so that what it takes is not taken for the server's: it looks for marks in the bytes as
they come, which are those of events in chunks.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from tests.bench.people import people
from tests.bench.processes import Running

AT_ONCE = 50
"""Connections that are opened together."""

READY_S = 30.0
"""For all of a crowd to be answered."""


class Reader:
    """Somebody who has asked for a stream. `hears` is given all that comes, with its head."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.hears: Callable[[bytes], object] = lambda _: None
        self.received = 0
        """Bytes so far."""
        self._writer = writer
        self._task = asyncio.create_task(self._read(reader))

    async def _read(self, reader: asyncio.StreamReader) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(1 << 16):
                self.received += len(data)
                self.hears(data)

    async def ended(self) -> None:
        """Wait until the server has sent all of it and hung up."""
        await self._task

    def leave(self) -> None:
        """Hang up."""
        self._task.cancel()
        self._writer.close()


class Browsers:
    """Clients of one gateway, all with the token of one member."""

    def __init__(self, port: int, token: str) -> None:
        self.there: list[Reader] = []
        self._port = port
        self._token = token

    async def asks(self, path: str, value: object = None) -> Reader:
        """One request, whose answer is read from now on."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        one = Reader(reader, writer)
        self.there.append(one)
        body = b"" if value is None else json.dumps(value).encode()
        head = [
            f"{'POST' if body else 'GET'} {path} HTTP/1.1", "Host: localhost", f"Authorization: Bearer {self._token}",
            "Connection: close", *(["Content-Type: application/json", f"Content-Length: {len(body)}"] if body else []),
        ]  # fmt: skip
        writer.write("\r\n".join(head).encode() + b"\r\n\r\n" + body)
        return one

    async def crowd(self, count: int, path: str) -> list[Reader]:
        """So many of them, each of which has been told something."""
        coming: list[Reader] = []
        for start in range(0, count, AT_ONCE):
            coming += await asyncio.gather(*(self.asks(path) for _ in range(start, min(count, start + AT_ONCE))))
        deadline = time.monotonic() + READY_S
        while not all(one.received for one in coming):
            if time.monotonic() > deadline:
                raise RuntimeError(f"of {count} readers {sum(not one.received for one in coming)} were told nothing")
            await asyncio.sleep(0.05)
        return coming

    def leave(self) -> None:
        """All of them."""
        for one in self.there:
            one.leave()
        self.there.clear()


@asynccontextmanager
async def browsers(running: Running, name: str = "reader") -> AsyncIterator[Browsers]:
    """Clients of a server's gateway, whose address is the next line that it prints, with a token of `name`'s."""
    port = int((await running.line()).rpartition(":")[2])
    async with people(running) as those:
        token = (await those.runs(name, "token")).strip()
    clients = Browsers(port, token)
    try:
        yield clients
    finally:
        clients.leave()


@asynccontextmanager
async def bare(running: Running) -> AsyncIterator[Browsers]:
    """Clients of the web's floor, which lets everybody in."""
    clients = Browsers(running.port, "none")
    try:
        yield clients
    finally:
        clients.leave()
