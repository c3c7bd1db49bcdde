"""How the answers of a room are getting on, for whoever follows its events and wants to know that, too (`?answers`)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import trio

from chatd.core.room import Room
from chatd.tasks.asking.answer import RunningAnswer
from chatd.tasks.asking.progress import Stage
from chatd.tasks.chat import views
from chatd.tasks.chat.hub import Hub
from chatd.tasks.web.event_stream import EventStream, next_of
from chatd.wire.jsonl import encode
from chatd.wire.web.sse import encode_event

LOOK_S = 1.0
"""Between two looks while answers run: what changes meanwhile are a speed and a place in a queue."""

THOUGHT = 280
"""Code points of what a model thinks that are told while it does: the end of it, a line or two on a page."""


class ProgressInRoom:
    """One reader's. It is no fact of the room: what is told has no number, and is not told again."""

    def __init__(self, hub: Hub, room: Room) -> None:
        self._hub = hub
        self._room = room
        self._running: list[str] = []
        self._looked = trio.current_time()

    def news(self) -> bytes:
        """All running answers as one event: when there are others than before, and each LOOK_S while there are."""
        running = self._hub.answers.in_room(self._room)
        names, now = [answer.id for answer in running], trio.current_time()
        if names == self._running and (not names or now - self._looked < LOOK_S):
            return b""
        self._running, self._looked = names, now
        told = [self._told(answer) for answer in running]
        return encode_event(encode({"event": "answers", "answers": told}))

    def _told(self, answer: RunningAnswer) -> dict[str, object]:
        thought, mention = "", answer.mention
        if answer.progress.stage is Stage.THINKING:
            thought = self._room.thoughts.newest(mention.coming or mention.row_id or "", THOUGHT)
        return {**views.answer_view(answer, None, self._hub.clock.now_ms()), "thought": thought}

    async def next_of(self, stream: EventStream, take: Callable[[], Awaitable[object]]) -> object:
        """As event_stream.next_of; while answers run it is None after LOOK_S at the latest."""
        if not self._running:
            return await next_of(stream, take)
        with trio.move_on_after(LOOK_S):
            return await take()
        return None
