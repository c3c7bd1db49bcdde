"""Somebody over the web, for conversations."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from chatd.config import Config, WebConfig
from chatd.testing import World
from chatd.testing.web import WebClient
from chatd.testing.web_events import ReadEvents, ToldEvent

__all__ = ["HOME", "ReadEvents", "ToldEvent", "events", "logged_in", "web"]

HOME = {"host": "localhost:8022"}
"""What a browser on the same machine calls the server."""


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
) -> AsyncIterator[ReadEvents]:
    """The events of an answer, while the block runs."""
    body = b"" if value is None else json.dumps(value).encode()
    named = {"content-type": "application/json"} if body else {}
    given = {key.replace("_", "-"): text for key, text in headers.items()}
    async with client.stream(method, path, headers={**named, **given}, body=body) as stream:
        assert stream.status == 200, await stream.piece()
        yield ReadEvents(stream)
