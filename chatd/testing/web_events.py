"""An event stream as a browser reads it: one event after the other, and the id that it would come again with.

async with browser.stream("GET", "/api/v1/rooms/lobby/events") as stream:
    events = ReadEvents(stream)
    told = await events.next()
    assert told.value["event"] == "added"
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from chatd.testing.web import WebConnection


@dataclass(frozen=True)
class ToldEvent:
    """One server-sent event: its name, what it says, and the id that came with it; "" without one."""

    name: str
    value: dict[str, Any]
    id: str = ""


class ReadEvents:
    """The events of a stream. `last_id` is what a browser would say in Last-Event-ID, after the events that were
    taken; it begins with what the browser said when it asked.
    """

    def __init__(self, stream: WebConnection, last_id: str = "") -> None:
        self.stream = stream
        self.last_id = last_id
        self._data = b""

    async def next(self) -> ToldEvent:
        """The next event. Raises EOFError at the end of the stream, trio.EndOfChannel where it is cut off. May be
        cancelled and called again.
        """
        while (told := await self.step()) is None:
            pass
        return told

    async def step(self) -> ToldEvent | None:
        """What comes next: an event, or None for what is none and may have brought an id. Raises as `next` does."""
        while b"\n\n" not in self._data:
            piece = await self.stream.piece()
            if not piece:
                raise EOFError
            self._data += piece
        block, _, self._data = self._data.partition(b"\n\n")
        fields = dict(line.partition(": ")[::2] for line in block.decode().split("\n"))
        self.last_id = fields.get("id", self.last_id)
        if "data" not in fields:
            return None
        value = {} if fields["data"] == "[DONE]" else json.loads(fields["data"])
        return ToldEvent(fields.get("event", ""), value, fields.get("id", ""))

    async def rest(self) -> list[ToldEvent]:
        """All events up to the end of the stream. Raises trio.EndOfChannel where it is cut off."""
        told: list[ToldEvent] = []
        try:
            while True:
                told.append(await self.next())
        except EOFError:
            return told
