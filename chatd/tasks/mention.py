"""One mention's task: its nursery, its cancel scope, and the promise that it ends only when its rows are on disk.

    with scope:            cancelled by Ctrl-C, /cancel, hang-up (through the session), time limits, shutdown
        nursery (N4):      the model's stream
    finally:               the machine finishes every open row in plain calls, then the receipts are awaited,
                           shielded and with a deadline

What is not on disk by the deadline (a full disk) is the recorder's debt: it will be written when the disk works again.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import trio

from chatd.core.mention import Mention, MentionFacts
from chatd.core.room import Room
from chatd.core.row import Draft, Status
from chatd.core.stream import Failed, Question, StreamEvent, Thinking, Token
from chatd.core.text import storable
from chatd.errors import ChatdError, Exit, first_error
from chatd.ports import Clock, Ids, Model
from chatd.tasks.recorder import Receipt, Recorder

logger = logging.getLogger("chatd.mention")


@dataclass(frozen=True, slots=True)
class AnswerLimits:
    """Bounds of one answer; durations in seconds."""

    max_answer: int
    """Bytes of UTF-8."""
    unwritten: int
    """Pieces received and not yet committed; then the model is not read."""
    first_piece: float
    between_pieces: float
    whole: float
    settle: float


class Answer:
    """A running mention. Made when the request for it is applied; `run` is entered by the asker's session."""

    def __init__(
        self, facts: MentionFacts, model: Model, question: Question, room: Room, owner: object, *,
        recorder: Recorder, clock: Clock, ids: Ids, limits: AnswerLimits, on_end: Callable[[Answer], None],
        on_settled: Callable[[Answer], None],
    ) -> None:  # fmt: skip
        self.facts = facts
        self.room = room
        self.owner = owner
        self.scope = trio.CancelScope()
        self.started_ms = clock.now_ms()
        self.mention = Mention(facts, ids.new, self.started_ms)
        self.pieces = 0
        self.first_token_ms: int | None = None
        self.failure_exit = Exit.FAILED
        """What a failure of this answer means as an exit status."""
        self._model = model
        self._question = question
        self._recorder = recorder
        self._clock = clock
        self._limits = limits
        self._on_end = on_end
        self._on_settled = on_settled
        self._stop_as = Status.CANCELLED
        self._unwritten: deque[Receipt] = deque()
        self._settling = trio.CancelScope(shield=True)  # its deadline is set when it is entered

    @property
    def id(self) -> str:
        """The mention's id."""
        return self.facts.id

    @property
    def stopped(self) -> bool:
        """Whether somebody has told it to stop."""
        return self.scope.cancel_called

    def stop(self, status: Status) -> None:
        """End it now with this status; what came is kept. Synchronous, and safe at any time."""
        if not self.stopped:
            self._stop_as = status
        self.scope.cancel()

    def hurry(self, deadline: float) -> None:
        """The server stops: whatever is not on disk by then is left to the recorder."""
        self._settling.deadline = min(self._settling.deadline, deadline)

    async def run(self) -> None:
        """Answer. Returns when everything the mention made is on disk, or the settling deadline has passed.

        Cancelling it finishes the answer as `cancelled` first. Raises nothing but Cancelled.
        """
        try:
            with self.scope:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self._stream)
        except* ChatdError as group:
            error = first_error(group)
            self.failure_exit = error.exit_code if isinstance(error, ChatdError) else Exit.FAILED
            self._fail(str(error))
        except* Exception:
            logger.exception("mention %s failed by a bug", self.id)
            self._fail("an internal error; it was logged")
        finally:
            self._submit(self.mention.interrupt(self._stop_as, self._clock.now_ms()))
            self._on_end(self)
            try:
                await self._settle()
            finally:
                self._on_settled(self)

    async def _stream(self) -> None:
        with trio.move_on_after(self._limits.whole) as whole:
            async with self._model.stream(self._question) as events:
                await self._pump(events)
        if whole.cancelled_caught:
            self._fail(f"did not end within {self._limits.whole:g} s")

    async def _pump(self, events: AsyncIterator[StreamEvent]) -> None:
        # Only content is progress: an event that carries none does not move the deadline.
        deadline = trio.current_time() + self._limits.first_piece
        while not self.mention.over:
            with trio.CancelScope(deadline=deadline) as patience:
                event = await anext(events, None)
            if patience.cancelled_caught:
                self._fail(self._impatience())
            elif event is None:
                self._submit(self.mention.finish(self._clock.now_ms()))
            else:
                self._submit(self.mention.feed(_stored(event), self._clock.now_ms()))
                if isinstance(event, Token | Thinking):
                    self._count()
                    deadline = trio.current_time() + self._limits.between_pieces
            await self._breathe()

    def _impatience(self) -> str:
        if self.pieces:
            return f"nothing more came for {self._limits.between_pieces:g} s"
        return f"no answer began within {self._limits.first_piece:g} s"

    def _count(self) -> None:
        self.pieces += 1
        if self.first_token_ms is None:
            self.first_token_ms = self._clock.now_ms() - self.started_ms

    def _fail(self, reason: str) -> None:
        if not self.mention.over:
            self._submit(self.mention.feed(Failed(reason), self._clock.now_ms()))

    def _submit(self, drafts: list[Draft]) -> None:
        for draft in drafts:
            receipt = self._recorder.submit(self.room, draft, urgent=True)
            self._unwritten.append(receipt)

    async def _breathe(self) -> None:
        """Let others run, and wait for the log when it is behind: then the model is not read."""
        await trio.lowlevel.checkpoint()
        self._drop_written()
        while len(self._unwritten) >= self._limits.unwritten:
            await self._unwritten[0].wait()
            self._drop_written()

    def _drop_written(self) -> None:
        while self._unwritten and self._unwritten[0].committed:
            self._unwritten.popleft()

    async def _settle(self) -> None:
        self._settling.deadline = min(self._settling.deadline, trio.current_time() + self._limits.settle)
        with self._settling:
            while self._unwritten:
                await self._unwritten[0].wait()
                self._drop_written()
        if self._unwritten:
            logger.error("mention %s: %d changes are not on disk yet", self.id, len(self._unwritten))


def _stored(event: StreamEvent) -> StreamEvent:
    match event:
        case Token(text=text):
            return Token(storable(text))
        case Thinking(text=text):
            return Thinking(storable(text))
        case _:
            return event
