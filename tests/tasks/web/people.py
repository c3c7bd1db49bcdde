"""Somebody over the web, for conversations."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from chatd.config import Config, WebConfig
from chatd.testing import World
from chatd.testing.web import WebClient, WebConnection

HOME = {"host": "localhost:8022"}
"""What a browser on the same machine calls the server."""


@dataclass(frozen=True)
class Told:
    """One server-sent event: its name, what it says, and the id that is remembered after it."""

    name: str
    value: dict[str, Any]


class Events:
    """The events of a stream, one after the other, as a browser reads them."""

    def __init__(self, stream: WebConnection) -> None:
        self.stream = stream
        self.last_id = ""
        """What a browser would say in Last-Event-ID, after the events that were taken."""
        self._data = b""

    async def next(self) -> Told:
        """The next event. Raises EOFError at the end of the stream."""
        while True:
            block, end, rest = self._data.partition(b"\n\n")
            if not end:
                piece = await self.stream.piece()
                if not piece:
                    raise EOFError
                self._data += piece
                continue
            self._data = rest
            fields = dict(line.partition(": ")[::2] for line in block.decode().split("\n"))
            self.last_id = fields.get("id", self.last_id)
            if "data" in fields:
                data = fields["data"]
                return Told(fields.get("event", ""), {} if data == "[DONE]" else json.loads(data))

    async def rest(self) -> list[Told]:
        """All events up to the end of the stream."""
        told: list[Told] = []
        try:
            while True:
                told.append(await self.next())
        except EOFError:
            return told


async def logged_in(world: World, name: str, *options: str) -> WebClient:
    """A program with a token of somebody's."""
    made = await world.command(name, " ".join(("token", *options)))
    assert made.exit_status == 0, made.errors
    client = world.browser()
    client.headers = {**HOME, "authorization": f"Bearer {made.output.strip()}"}
    return client


def web(**settings: Any) -> Config:
    """A configuration with this in `[web]`."""
    return Config(web=WebConfig(**settings))


@asynccontextmanager
async def events(
    client: WebClient, path: str, method: str = "GET", value: object = None, **headers: str
) -> AsyncIterator[Events]:
    """The events of an answer, while the block runs."""
    body = b"" if value is None else json.dumps(value).encode()
    named = {"content-type": "application/json"} if body else {}
    given = {key.replace("_", "-"): text for key, text in headers.items()}
    async with client.stream(method, path, headers={**named, **given}, body=body) as stream:
        assert stream.status == 200, await stream.piece()
        yield Events(stream)
