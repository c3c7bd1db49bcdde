"""What the people of a conversation do over the web: somebody's program with a token, somebody's browser, nobody's."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import trio
import trio.testing

from chatd.testing.simulation.conversations.talk import PATIENCE_S, Disturbed, Talk
from chatd.testing.simulation.oracles.web import check_names
from chatd.testing.simulation.web.people import HOST
from chatd.testing.simulation.web.requests import JSON
from chatd.testing.web import WebAnswer, WebClient, WebConnection
from chatd.testing.web_events import ReadEvents, ToldEvent

LOBBY = "/api/v1/rooms/lobby"
URL = "http://localhost:8022"
"""Where links lead."""


class Browsing:
    """One client of somebody's; "" is nobody. Whatever it is answered is looked at, and must come in time."""

    def __init__(self, talk: Talk, who: str, credential: dict[str, str]) -> None:
        self._talk = talk
        self._who = who
        assert talk.world.web is not None
        streams = trio.testing.lockstep_stream_pair  # nothing is sent that is not taken
        self._client = WebClient(talk.world.web, headers={**HOST, **credential}, streams=streams)
        if who:
            talk.attends(who)

    async def asks(
        self, method: str, path: str, value: object = None, *, body: bytes = b"", **headers: str
    ) -> WebAnswer:
        """One request, and its answer, which must come."""
        self._talk.steps += 1
        named, body = self._put(value, body, headers)
        answer: WebAnswer | None = None
        with trio.move_on_after(PATIENCE_S), suppress(trio.EndOfChannel, trio.BrokenResourceError):
            answer = await self._client.request(method, path, headers=named, body=body)
        self._talk.expects(answer is not None, f"{method} {path} of {self._who} is answered")
        assert answer is not None
        self._looks(path, answer.status, answer.body)
        return answer

    async def gets(self, path: str, status: int = 200) -> Any:
        """What is at a page, with the status that it must have."""
        return await self._expected("GET", path, None, status)

    async def posts(self, path: str, value: object, status: int = 200) -> Any:
        """What is answered to a POST, likewise."""
        return await self._expected("POST", path, value, status)

    async def _expected(self, method: str, path: str, value: object, status: int) -> Any:
        answer = await self.asks(method, path, value)
        self._talk.check_free(answer.status)
        self._talk.expects(answer.status == status, f"{method} {path} of {self._who}: {answer.status}, {answer.text!r}")
        return answer.json() if answer.body else None

    @asynccontextmanager
    async def stream(self, path: str, value: object = None, **headers: str) -> AsyncIterator[WebConnection]:
        """A streamed answer, which begins and is read in time; leaving the block is leaving."""
        self._talk.steps += 1
        named, body = self._put(value, b"", headers)
        begun = False
        with trio.move_on_after(PATIENCE_S) as waiting, suppress(trio.EndOfChannel, trio.BrokenResourceError):
            async with self._client.stream("POST" if body else "GET", path, headers=named, body=body) as connection:
                begun = True
                self._talk.check_free(connection.status)
                self._talk.expects(connection.status == 200, f"{path}: {connection.status}")
                yield connection
                return
        if not begun:
            raise Disturbed
        self._talk.expects(not waiting.cancelled_caught, f"{path} of {self._who} is read in time")
        self._talk.expects(holds=False, what=f"{path} of {self._who} is cut off")

    @asynccontextmanager
    async def events(self, path: str, value: object = None, last_id: str = "") -> AsyncIterator[ReadEvents]:
        """The events of a stream, while the block runs."""
        headers = {"last_event_id": last_id} if last_id else {}
        async with self.stream(path, value, **headers) as connection:
            yield ReadEvents(connection, last_id)

    async def next_row(self, events: ReadEvents) -> ToldEvent:
        """The next event that has a row."""
        while True:
            told = await self.next(events)
            if "row" in told.value:
                return told

    async def next(self, events: ReadEvents) -> ToldEvent:
        """The next event, which must come."""
        told: ToldEvent | None = None
        with suppress(EOFError):
            told = await events.next()
        self._talk.expects(told is not None, "the stream goes on")
        assert told is not None
        self._looks("an event", 200, json.dumps(told.value, separators=(",", ":")).encode())
        return told

    def _looks(self, path: str, status: int, body: bytes) -> None:
        self._talk.expects(status != 500, f"{path} of {self._who}: {status}, {body[:200]!r}")
        self._talk.secrets.check(f"the answer to {path}", body)
        check_names(self._who, body)

    def _put(self, value: object, body: bytes, headers: dict[str, str]) -> tuple[dict[str, str], bytes]:
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        if value is not None:
            body, named = json.dumps(value).encode(), {**JSON, **named}
        return named, body


def nobody(talk: Talk) -> Browsing:
    """Somebody without a login."""
    return Browsing(talk, "", {})


def with_token(talk: Talk, who: str, secret: str) -> Browsing:
    """A program that shows somebody's token."""
    return Browsing(talk, who, {"authorization": f"Bearer {secret}"})


def with_cookie(talk: Talk, who: str, cookie: str) -> Browsing:
    """A browser that has somebody's session."""
    return Browsing(talk, who, {"cookie": cookie})


async def new_token(talk: Talk, who: str, *options: str) -> str:
    """A token of somebody's."""
    made = await talk.runs(who, " ".join(("token", *options)))
    talk.expects(made.exit_status == 0, f"a token: {made.exit_status}, {made.errors!r}")
    return talk.secrets.keep(made.output.strip())


async def program(talk: Talk, who: str, *options: str) -> Browsing:
    """A program with a new token of somebody's."""
    return with_token(talk, who, await new_token(talk, who, *options))
