"""Running the answers to a question and reading them as events, for whoever asked: a command, a request, a program.

The events are read from the room's log like everything that is shown, so nothing is told that a `kill -9` could lose;
only what is no part of an answer (requests made anew, the queue) comes from its progress.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum

import trio

from chatd.core.live_row import LiveRow
from chatd.core.mention import Ending
from chatd.core.row import NO_META, Method, Status
from chatd.core.thoughts import Thoughts
from chatd.errors import Exit
from chatd.tasks.asking.answer import RunningAnswer
from chatd.tasks.asking.progress import Stage
from chatd.tasks.chat.ask import Asked
from chatd.tasks.chat.cancel import cancel
from chatd.tasks.chat.hub import Hub
from chatd.tasks.chat.views import retry_text
from chatd.tasks.log.bell import Bell
from chatd.tasks.log.throttle import Throttle


class AnswerEventKind(StrEnum):
    """What an event of an answer tells. The last one is DONE (`complete` or `length`) or ERROR (any other status)."""

    STARTED = "started"
    QUEUED = "queued"
    RETRY = "retry"
    THINKING = "thinking"
    TOKEN = "token"  # noqa: S105 -- a piece of text, no secret
    TOOL_CALL = "tool_call"
    TOOL_RESULT = "tool_result"
    DONE = "done"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class AnswerEvent:
    """One event of one answer. `content` is text as it was received: it is made safe on the way out.

    `first` is set in the first piece of a row that is not the answer's first one: another round's text.
    """

    kind: AnswerEventKind
    answer: RunningAnswer
    row_id: str | None = None
    content: str = ""
    status: Status = Status.OPEN
    reason: str = ""
    tool_name: str | None = None
    first: bool = False
    stats: Mapping[str, object] = field(default_factory=lambda: NO_META)
    """Of DONE and ERROR: the meta of the answer's last row, without what was thought."""


@asynccontextmanager
async def answering(hub: Hub, asked: Asked) -> AsyncIterator[Answering]:
    """Run the reserved answers and write the asker's row; iterate the block's value for their events, interleaved.

    What is taken sets the pace of the reading, not of the models. Leaving the block, or cancelling it, cancels answers
    that still run, and waits for their ends. Raises StorageError when the question cannot be written.
    """
    bell = Bell()
    throttle = Throttle(bell.ring, hub.frame_interval)
    events = Answering(hub, asked, bell, throttle)
    hub.recorder.watch(asked.room, events)
    try:
        async with trio.open_nursery() as nursery:
            # Started before anything can fail: a reserved answer that runs gives its place back by itself.
            for reader in events.readers:
                nursery.start_soon(reader.run, bell)
            nursery.start_soon(throttle.run)
            await hub.recorder.confirm(asked.submit(hub))
            yield events
            nursery.cancel_scope.cancel()
    finally:
        hub.recorder.unwatch(asked.room, events)


class Answering:
    """The events of the answers to one question, until each of them has ended."""

    def __init__(self, hub: Hub, asked: Asked, bell: Bell, throttle: Throttle) -> None:
        self._hub = hub
        self._bell = bell
        self._throttle = throttle
        self._events: deque[AnswerEvent] = deque()  # bounded by what the answers' rows grew by since the last look
        self.answers = asked.answers
        self.readers = [_AnswerReader(hub, asked, answer) for answer in asked.answers]
        for answer in asked.answers:
            self._events.append(AnswerEvent(AnswerEventKind.STARTED, answer))

    @property
    def pending(self) -> bool:
        """Whether events are at hand, so that the next one need not be waited for."""
        return bool(self._events)

    def ring(self) -> None:
        """Something happened in the room. An answer's first words are read at once; the rest is at the pace of frames,
        which the question's own row would have begun.
        """
        if any(reader.begins for reader in self.readers):
            self._bell.ring()
        else:
            self._throttle.ring()

    def cancel(self) -> None:
        """Stop the answers as their asker wants it; their events go on to their ends. Synchronous."""
        cancel(self.answers)

    def __aiter__(self) -> Answering:
        return self

    async def __anext__(self) -> AnswerEvent:
        while not self._events:
            if all(reader.closed for reader in self.readers):
                raise StopAsyncIteration
            await self._bell.wait()  # rings during the reading are kept
            await self._read()
        return self._events.popleft()

    async def _read(self) -> None:
        # What has ended before the rows are read has nothing more to come after them. An answer may end meanwhile.
        ended = [reader for reader in self.readers if reader.run_ended and not reader.closed]
        for reader in self.readers:
            self._events += await reader.read()
        for reader in ended:
            self._events.append(reader.end())


class _AnswerReader:
    """What has been read of one answer, row after row, as far as they are committed."""

    def __init__(self, hub: Hub, asked: Asked, answer: RunningAnswer) -> None:
        self.answer = answer
        self.run_ended = False
        self.closed = False
        self._hub = hub
        self._room = asked.room
        self._row = 0
        """The place in the mention's rows that is being read."""
        self._taken = 0
        """Code points of the present row that have been taken."""
        self._spoken = False
        self._thought: dict[str, int] = {}
        """Code points that have been taken of what was thought, by the row that it stands in."""
        self._stats: Mapping[str, object] = NO_META
        self._retries = 0
        self._queued = False
        self._events: list[AnswerEvent] = []

    @property
    def begins(self) -> bool:
        """Whether its first words are there, and were not read."""
        if self._spoken:
            return False
        live = next(map(self._room.get, self.answer.mention.rows[self._row :]), None)
        return live is not None and live.head.method in (Method.MODEL, Method.CHUNK) and live.length > self._taken

    async def run(self, bell: Bell) -> None:
        """Run the answer; its end is something to read."""
        await self.answer.run()
        self.run_ended = True
        bell.ring()

    async def read(self) -> list[AnswerEvent]:
        """Read what the answer has grown by since the last time, as events."""
        if self.closed:
            return []
        self._read_progress()
        rows, thoughts = self.answer.mention.rows, self._room.thoughts
        while self._row < len(rows):
            self._take_thought(rows[self._row], thoughts)
            live = await self._find(rows[self._row])
            if live is None:
                break
            self._take(live)
            if live.head.is_open:
                break
            self._row += 1
            self._taken = 0
        else:
            coming = self.answer.mention.coming
            if coming is not None:
                self._take_thought(coming, thoughts)
        events, self._events = self._events, []
        return events

    def end(self) -> AnswerEvent:
        """The last event: the answer has ended."""
        self.closed = True
        ending = ending_of(self.answer)
        good = ending.status in (Status.COMPLETE, Status.LENGTH)
        stats = {key: value for key, value in self._stats.items() if key != "thinking"}
        return AnswerEvent(
            AnswerEventKind.DONE if good else AnswerEventKind.ERROR, self.answer, self.answer.mention.row_id,
            status=ending.status, reason=ending.reason, stats=stats,
        )  # fmt: skip

    async def _find(self, row_id: str) -> LiveRow | None:
        live = self._room.get(row_id)
        if live is None and self.run_ended:  # so slow a reader that the room has forgotten the row
            row = await self._hub.archive.row(row_id)
            live = LiveRow(row) if row is not None else None
        return live

    def _read_progress(self) -> None:
        progress = self.answer.progress
        for retry in progress.retries[self._retries :]:
            self._retries += 1
            self._add(AnswerEventKind.RETRY, content=retry_text(retry))
        if progress.stage is Stage.QUEUED and not self._queued:
            self._queued = True
            self._add(AnswerEventKind.QUEUED, content=str(progress.position))

    def _take(self, live: LiveRow) -> None:
        """What a row of the answer has grown by."""
        head = live.head
        match head.method:
            case Method.TOOL_CALL:
                self._rest_of_thought(live)
                self._tool(AnswerEventKind.TOOL_CALL, live)
            case Method.TOOL_RESULT if not head.is_open:
                self._tool(AnswerEventKind.TOOL_RESULT, live)
            case Method.MODEL | Method.CHUNK:
                self._text(live)
            case _:
                pass

    def _text(self, live: LiveRow) -> None:
        if not live.head.is_open:
            self._rest_of_thought(live)  # before what is said: it came before most of that
            self._stats = live.head.meta
        piece = live.since(self._taken)
        if piece:
            first = self._taken == 0 and self._spoken
            self._spoken = True
            self._events.append(
                AnswerEvent(AnswerEventKind.TOKEN, self.answer, live.head.id, content=piece, first=first)
            )
        self._taken = live.length

    def _take_thought(self, row_id: str, thoughts: Thoughts) -> None:
        """What was thought of a row that has not ended, or perhaps not begun."""
        self._think(row_id, thoughts.since(row_id, self._thought.get(row_id, 0)))

    def _rest_of_thought(self, live: LiveRow) -> None:
        thinking = live.head.meta.get("thinking")
        if isinstance(thinking, str):
            self._think(live.head.id, thinking[self._thought.get(live.head.id, 0) :])

    def _think(self, row_id: str, text: str) -> None:
        self._thought[row_id] = self._thought.get(row_id, 0) + len(text)
        if text:
            self._add(AnswerEventKind.THINKING, row_id=row_id, content=text)

    def _tool(self, kind: AnswerEventKind, live: LiveRow) -> None:
        self._events.append(
            AnswerEvent(
                kind, self.answer, live.head.id, content=live.text, status=live.head.status,
                tool_name=live.head.tool_name,
            )
        )  # fmt: skip

    def _add(self, kind: AnswerEventKind, *, row_id: str | None = None, content: str = "") -> None:
        self._events.append(AnswerEvent(kind, self.answer, row_id, content=content))


WORST = (Exit.CANCELLED, Exit.STOPPING, Exit.FAILED, Exit.TEMPORARY, Exit.NOT_PERMITTED, Exit.UNAVAILABLE, Exit.OK)
"""Exit statuses of several answers, the worst first."""


def ending_of(answer: RunningAnswer) -> Ending:
    """How the answer has ended, as far as it can be told: what is not on disk is not."""
    if answer.owes:
        return Ending(Status.FAILED, "the rest of the answer is not on disk yet and not shown")
    return answer.mention.ending or Ending(Status.FAILED, "it did not end")


def exit_status(answer: RunningAnswer) -> Exit:
    """The exit status that one ended answer stands for."""
    ending = ending_of(answer)
    match ending.status:
        case Status.COMPLETE | Status.LENGTH:
            return Exit.OK
        case Status.CANCELLED:
            return Exit.CANCELLED
        case Status.INTERRUPTED:
            return Exit.STOPPING
        case _:
            return ending.exit if ending.exit in WORST else Exit.FAILED
