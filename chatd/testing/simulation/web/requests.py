"""What people do over the web in drawn worlds, one request at a time, and what they may be answered."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from math import inf
from typing import Any

import trio

from chatd.testing import program as acts
from chatd.testing.checks import Broken
from chatd.testing.simulation.oracles.reading import check_told
from chatd.testing.simulation.oracles.record import Record
from chatd.testing.simulation.oracles.web import GivenSecrets, check_names
from chatd.testing.web import WebClient, WebConnection
from chatd.testing.web_events import ReadEvents

ROWS = "/api/v1/rooms/lobby/rows"
STREAM = "/api/v1/chat/unified/stream"

ANSWERS = "requests over the web end as they should"
STATUSES = frozenset({200, 201, 202, 204, 400, 401, 403, 404, 409, 422, 429, 502, 503, 504})
"""Those that a client which does nothing wrong may meet: the others are bugs."""

AGAIN_S = 1.0
"""Virtual seconds between two tries of what was not answered."""

TRIES = 20
"""Of one row: then the world has been against it for long enough."""

JSON = {"content-type": "application/json"}

OF_FORM = {
    "/v1/chat/completions": "messages", "/v1/responses": "input", "/v1/messages": "messages", "/api/chat": "messages",
    "/api/generate": "prompt",
}  # fmt: skip
"""Where the four forms of models' clients have what is asked."""


@dataclass
class Named:
    """Rows that clients have names for."""

    sent: set[str] = field(default_factory=set)
    answered: set[str] = field(default_factory=set)
    """Those that the server said were there."""


class Requests:
    """Requests of one person. Each judges what it is answered. Raises Broken."""

    def __init__(self, who: str, client: WebClient, record: Record, secrets: GivenSecrets, named: Named) -> None:
        self._who = who
        self._client = client
        self._record = record
        self._secrets = secrets
        self._named = named

    async def do(self, act: acts.Browse) -> None:
        """One act to its end, or until its client has left."""
        what: dict[str, Callable[[acts.Browse], Any]] = {
            "posts": self._posts, "asks": self._asks, "streams": self._streams, "looks": self._looks, "news": self._news
        }  # fmt: skip
        await what.get(act.what, self._asks_as_of_a_model)(act)

    def check(self, what: str, status: int, told: bytes) -> None:
        """Whatever was asked for: no bug is told, no secret, and nobody's private room. Raises Broken."""
        if status not in STATUSES:
            raise Broken(ANSWERS, f"{what} of {self._who}: {status}, {told[:200]!r}")
        self._secrets.check(f"the answer to {what}", told)
        check_names(self._who, told)

    async def _posts(self, act: acts.Browse) -> None:
        """The same row again and again, until it is there; the first try may be cut off at any moment."""
        name, patience = f"{self._who} {len(self._named.sent)}", leaves(act)
        self._named.sent.add(name)
        for _ in range(TRIES):
            with trio.move_on_after(patience), suppress(trio.EndOfChannel, trio.BrokenResourceError):
                answer = await self._client.post(ROWS, {"text": act.text, "client_id": name})
                self.check("a row", answer.status, answer.body)
                if answer.status in (200, 201):
                    self._is_there(name, answer.json())
                if answer.status not in (429, 503):
                    return
            patience = inf
            await trio.sleep(AGAIN_S)

    def _is_there(self, name: str, told: dict[str, Any]) -> None:
        self._named.answered.add(name)
        if told["author"] != self._who or told["meta"].get("client_id") != name:
            raise Broken(ANSWERS, f"{name} is answered with {str(told)[:200]}")
        check_told(ANSWERS, told, next((row for row in self._record.rows("lobby") if row.id == told["id"]), None))

    async def _asks(self, act: acts.Browse) -> None:
        """A question that runs on when it is asked; who has a second thought cancels it."""
        model, _, text = act.text.partition(" ")
        asked = await self._answer("POST", "/api/v1/rooms/lobby/ask", {"models": [model], "text": text})
        if asked is not None and act.gone_after is not None:
            await trio.sleep(act.gone_after)
            for mention in asked["mention_ids"]:
                await self._answer("POST", f"/api/v1/mentions/{mention}/cancel", {})

    async def _streams(self, act: acts.Browse) -> None:
        """A question with its answer as a stream, perhaps left in the midst."""
        model, _, text = act.text.partition(" ")
        await self._streamed(act, STREAM, self._reads_an_answer, {"message": text, "model": model, "room": "lobby"})

    async def _reads_an_answer(self, stream: WebConnection) -> None:
        events, said = ReadEvents(stream), ""
        with suppress(EOFError):
            while True:
                told = await events.next()
                self.check("a stream", 200, json.dumps(told.value, separators=(",", ":")).encode())
                said += told.value["text"] if not told.name else ""
                if told.name in ("done", "error"):
                    self._has_ended(told.value, said)

    def _has_ended(self, told: dict[str, Any], said: str) -> None:
        rows = [row for row in self._record.rows("lobby") if row.mention_id == told["mention_id"]]
        spoken = "".join(row.content for row in rows if row.method == "message.model")
        if said != spoken:
            raise Broken(ANSWERS, f"the stream said {said[-200:]!r}, the rows are {spoken[-200:]!r}")

    async def _asks_as_of_a_model(self, act: acts.Browse) -> None:
        """As a client of a model's server, alone or in a room; streamed when it may be left."""
        model, _, text = act.text.partition(" ")
        field_, asked = OF_FORM[act.what], [{"role": "user", "content": text}]
        body = {"model": model, "stream": act.gone_after is not None, "max_tokens": 50}
        body[field_] = asked if field_ == "messages" else text
        await self._streamed(act, act.what, self._reads_all, body)

    async def _looks(self, act: acts.Browse) -> None:
        """At a page: `text` is its path."""
        await self._answer("GET", act.text)

    async def _news(self, act: acts.Browse) -> None:
        """The numbers of all rooms, for a while."""
        await self._streamed(act, "/api/v1/events", self._reads_all, method="GET")

    async def _reads_all(self, stream: WebConnection) -> None:
        while piece := await stream.piece():
            self.check("a stream", 200, piece)

    async def _answer(self, method: str, path: str, value: object = None) -> Any:
        """What a request is answered where that is well; None when it is refused, or the connection is gone."""
        body = b"" if value is None else json.dumps(value).encode()
        with suppress(trio.EndOfChannel, trio.BrokenResourceError):
            answer = await self._client.request(method, path, headers=JSON if body else {}, body=body)
            self.check(path, answer.status, answer.body)
            if answer.status < 300:
                return answer.json() if answer.headers["content-type"] == "application/json" else None
        return None

    async def _streamed(
        self, act: acts.Browse, path: str, reads: Callable[[WebConnection], Awaitable[None]], value: object = None,
        method: str = "POST",
    ) -> None:  # fmt: skip
        """Read an answer as it comes, until it is left; nothing of one that is refused, or cut off."""
        body = b"" if value is None else json.dumps(value).encode()
        with trio.move_on_after(leaves(act)), suppress(trio.EndOfChannel, trio.BrokenResourceError):
            async with self._client.stream(method, path, headers=JSON if body else {}, body=body) as stream:
                if stream.status != 200:
                    self.check(path, stream.status, await stream.rest())
                    return
                await reads(stream)


def leaves(act: acts.Browse) -> float:
    """Virtual seconds after which the client of this act has left."""
    return inf if act.gone_after is None else act.gone_after
