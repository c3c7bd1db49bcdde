"""One mention's task: its nursery, its cancel scope, and the promise that it ends only when its rows are on disk.

    with scope:            cancelled by Ctrl-C, /cancel, hang-up (through the session), shutdown
        nursery (N4):      the answer's stream through the router, its tools
    finally:               the machine finishes every open row in plain calls, then the receipts are awaited,
                           shielded and with a deadline

What is not on disk by the deadline (a full disk) is the recorder's debt: it will be written when the disk works again.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import trio

from chatd.core.mention import Mention, MentionFacts
from chatd.core.question import Question
from chatd.core.room import Room
from chatd.core.row import Add, Draft, End, Finish, Status
from chatd.core.stream import Failed, StreamEvent, Thinking, Token, ToolCall, ToolOutput, ToolResult
from chatd.core.text import storable
from chatd.errors import ChatdError, first_error
from chatd.ports import Clock, Ids, Model
from chatd.tasks.asking.failures import as_event
from chatd.tasks.asking.progress import Progress
from chatd.tasks.asking.retrieval import Retrieval
from chatd.tasks.asking.router import Router
from chatd.tasks.log.receipt import Receipt
from chatd.tasks.log.recorder import Recorder

logger = logging.getLogger("chatd.models.answers")


@dataclass(frozen=True, slots=True)
class AnswerLimits:
    """Bounds of one answer; durations in seconds."""

    max_answer: int
    """Bytes of UTF-8."""
    unwritten: int
    """Pieces received and not yet committed; then the model is not read."""
    settle: float


class RunningAnswer:
    """A running mention. Made when the request for it is applied; `run` is entered by the asker's session."""

    def __init__(
        self, facts: MentionFacts, model: Model, question: Question, room: Room, owner: object, *,
        router: Router, retrieval: Retrieval | None, recorder: Recorder, clock: Clock, ids: Ids, limits: AnswerLimits,
        on_end: Callable[[RunningAnswer], None], on_settled: Callable[[RunningAnswer], None],
        save: Callable[[], Awaitable[None]],
    ) -> None:  # fmt: skip
        self.facts = facts
        self._model = model
        self.question = question
        self.room = room
        self.owner = owner
        self.scope = trio.CancelScope()
        self.started_ms = clock.now_ms()
        self.mention = Mention(facts, ids.new, self.started_ms)
        self.progress = Progress(self.started_ms)
        self._router = router
        self._retrieval = retrieval
        self._recorder = recorder
        self._clock = clock
        self._limits = limits
        self._on_end = on_end
        self._on_settled = on_settled
        self._save = save
        self._stop_as, self._stop_why = Status.CANCELLED, ""
        self._unwritten: deque[Receipt] = deque()
        self._reading = trio.CancelScope()
        self._settling = trio.CancelScope(shield=True)  # its deadline is set when it is entered

    @property
    def id(self) -> str:
        """The id of the mention that this answer belongs to."""
        return self.facts.id

    @property
    def owes(self) -> bool:
        """Whether something it made is not on disk, when it has run."""
        return bool(self._unwritten)

    @property
    def unwritten(self) -> int:
        """How many changes it made are not known to be on disk."""
        return len(self._unwritten)

    @property
    def stopped(self) -> bool:
        """Whether somebody has told it to stop."""
        return self.scope.cancel_called

    def stop(self, status: Status, why: str = "") -> None:
        """End it now with this status, and a row that says why where nobody asked for it; what came is kept.
        Synchronous, and safe at any time.
        """
        if not self.stopped:
            self._stop_as, self._stop_why = status, why
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
            assert isinstance(error, ChatdError)
            self._fail(as_event(error, spoken=bool(self.progress.pieces)))
        except* Exception:
            logger.exception("mention %s failed by a bug", self.id)
            self._fail(Failed("an internal error; it was logged"))
        finally:
            self._submit(self.mention.interrupt(self._stop_as, self._clock.now_ms(), self._stop_why))
            self._tell()
            self._on_end(self)
            await self._settle()

    def _tell(self) -> None:
        """One line of the log: how it ended and what it took, never what was said."""
        ending, measures = self.mention.ending, self.mention.measures
        first = self.progress.first_token_ms
        why = f"; {ending.reason}" if ending is not None and ending.reason else ""
        logger.info(
            "answer %s of %s to %s: %s, tokens %d in %d out, first piece %s, %.1f s, requests %d%s",
            self.id, self.facts.model, self.facts.asker, ending.status if ending else "unended",
            measures.prompt_tokens, max(measures.completion_tokens, self.progress.pieces),
            "none" if first is None else f"{first / 1000:.1f} s",
            max(0, self._clock.now_ms() - self.started_ms) / 1000, measures.attempts, why,
        )  # fmt: skip

    async def _stream(self) -> None:
        if self._retrieval is not None:
            self.question, told = await self._retrieval.looked_up(self.question, self._model.info)
            self.mention.tell(told)
        with self._reading:
            await self._router.answer(self._model, self.question, on_chunk=self._take, stream_id=self.id)

    async def _take(self, event: StreamEvent) -> None:
        """The stream's next event. The model is slowed down for as long as this takes."""
        now = self._clock.now_ms()
        if self.progress.note(event, now):
            self._recorder.ring(self.room)
        self._submit(self.mention.feed(_stored(event), now))
        if self.mention.over:
            self._reading.cancel()  # perhaps by a limit of ours, while the model goes on
        elif isinstance(event, ToolCall):
            await self._written()  # the call is on disk before its tool runs
        await self._breathe()

    def _fail(self, failure: Failed) -> None:
        if not self.mention.over:
            self._submit(self.mention.feed(failure, self._clock.now_ms()))

    def _submit(self, drafts: list[Draft]) -> None:
        if drafts:
            if logger.isEnabledFor(logging.DEBUG):
                self._tell_rows(drafts)
            self._unwritten.extend(self._recorder.submit_together(self.room, drafts, urgent=True))

    def _tell_rows(self, drafts: list[Draft]) -> None:
        """Which rows begin and end, not what is in them."""
        for draft in drafts:
            match draft:
                case Add(row=row):
                    logger.debug("answer %s: row %s, %s, is %s", self.id, row.id, row.method, row.status)
                case Finish(row_id=row_id, status=status):
                    logger.debug("answer %s: row %s is %s", self.id, row_id, status)
                case End():
                    logger.debug("answer %s: no more rows", self.id)
                case _:
                    pass

    async def _breathe(self) -> None:
        """Let others run, and wait for the log when it is behind: then the model is not read."""
        await trio.lowlevel.checkpoint()
        self._drop_written()
        while len(self._unwritten) >= self._limits.unwritten:
            self._recorder.hurry()
            await self._unwritten[0].wait()
            self._drop_written()

    async def _written(self) -> None:
        while self._unwritten:
            self._recorder.hurry()
            await self._unwritten[0].wait()
            self._drop_written()

    def _drop_written(self) -> None:
        while self._unwritten and self._unwritten[0].committed:
            self._unwritten.popleft()

    async def _settle(self) -> None:
        self._settling.deadline = min(self._settling.deadline, trio.current_time() + self._limits.settle)
        try:
            with self._settling:
                await self._written()
                await self._save()
        except Exception:
            logger.exception("mention %s could not be settled", self.id)
        finally:
            self._on_settled(self)
            if self._unwritten:
                logger.error("mention %s: %d changes are not on disk yet", self.id, len(self._unwritten))


def _stored(event: StreamEvent) -> StreamEvent:
    """The event with text that UTF-8 can hold."""
    match event:
        case Token(text=text):
            return Token(storable(text))
        case Thinking(text=text):
            return Thinking(storable(text))
        case ToolOutput(id=call, text=text):
            return ToolOutput(call, storable(text))
        case ToolCall(name=name, arguments=arguments):
            return replace(event, name=storable(name), arguments=storable(arguments))
        case ToolResult(id=call, name=name, content=content, status=status):
            return ToolResult(call, storable(name), storable(content), status)
        case _:
            return event
