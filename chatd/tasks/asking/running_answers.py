"""Running answers: who is being asked what, the limits on that, and finding one to cancel it.

Over the limit of a person or a room a question is refused; over the server's or a model's own it waits in the router.

A limit is taken when the request is made and given back when the answer has ended, both synchronously, so a cancel in
the same breath as the request finds the answer, and no failure in between can leak a place.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import trio

from chatd.core.mention import INTERRUPTED, MentionFacts
from chatd.core.question import Question
from chatd.core.room import Room
from chatd.core.row import NO_META, End, Status
from chatd.core.stream import Done, Failed, StreamEvent, Usage
from chatd.core.visit import Account
from chatd.errors import LimitReached, QuestionRefused, ServerStopping
from chatd.ports import Clock, Ids, Model
from chatd.tasks.asking.answer import AnswerLimits, RunningAnswer
from chatd.tasks.asking.budget import Budget
from chatd.tasks.asking.fair_limiter import half
from chatd.tasks.asking.progress import Progress
from chatd.tasks.asking.retrieval import Retrieval
from chatd.tasks.asking.router import Router
from chatd.tasks.log.recorder import Recorder

logger = logging.getLogger("chatd.models.answers")

KEPT_FIRST_TOKENS = 500
"""Answers whose time to the first token is remembered for `stats`."""

KEPT_ENDED = 1000
"""Answers that have ended and are still known to have been: whoever stops one late is told that it was."""


@dataclass(frozen=True, slots=True)
class StreamLimits:
    """How many answers may run at once."""

    per_user: int
    per_room: int


@dataclass(slots=True)
class Tally:
    """What the answers of this server's life add up to."""

    tokens: int = 0
    cancelled: int = 0
    failed: int = 0
    refused: int = 0
    """Questions that were not given to a model for what is in them."""
    noticed: int = 0
    """Questions whose askers were told of what is in them."""


def account_of(question: Question) -> Account:
    """On whose account a question goes."""
    return question.account or Account(question.asker)


@dataclass(eq=False, slots=True)
class AloneAnswer:
    """A running answer outside of any room: whoever asks has the conversation, and nothing of it is written down."""

    id: str
    model: str
    question: Question
    progress: Progress
    scope: trio.CancelScope = field(default_factory=trio.CancelScope)
    """Around whatever takes its events; cancelled when the server stops."""
    ending: Status = Status.CANCELLED
    """How it has ended: nobody cancels it but by leaving."""
    reason: str = ""
    """Why it ended so, where nobody asked for it."""
    usage: Usage = field(default_factory=Usage)
    """Of all its requests together."""

    def note(self, event: StreamEvent, now_ms: int) -> None:
        """Take the stream's next event."""
        self.progress.note(event, now_ms)
        match event:
            case Done(status=status, reason=reason) | Failed(status=status, reason=reason):
                self.ending, self.reason = status, reason
            case Usage(prompt_tokens=prompt, completion_tokens=completion):
                before = self.usage
                self.usage = Usage(
                    (before.prompt_tokens or 0) + (prompt or 0), (before.completion_tokens or 0) + (completion or 0)
                )
            case _:
                pass


class Answers:
    """Every running answer by its mention id, in the order of asking."""

    def __init__(
        self, router: Router, recorder: Recorder, budget: Budget, *, clock: Clock, ids: Ids, streams: StreamLimits,
        limits: AnswerLimits, retrieval: Retrieval | None = None,
    ) -> None:  # fmt: skip
        """`retrieval` looks for related rows where a room wants that; None: the operator does not."""
        self.router = router
        self.retrieval = retrieval
        self.budget = budget
        self._recorder = recorder
        self._clock = clock
        self._ids = ids
        self._streams = streams
        self._limits = limits
        self._running: dict[str, RunningAnswer] = {}
        self._alone: dict[str, AloneAnswer] = {}
        self._settling: set[RunningAnswer] = set()
        """Answers that have ended and wait for the disk."""
        self._over_by: float | None = None
        """trio's time until which answers may wait for the disk, once the server stops: those that are asked for then
        end like the others.
        """
        self.max_answer = limits.max_answer
        """Bytes of an answer at most."""
        self.askers: dict[str, str] = {}
        """Who asked for those that have ended, by their mentions, the newest last."""
        self.tally = Tally()
        self.first_token_ms: deque[int] = deque(maxlen=KEPT_FIRST_TOKENS)

    def reserve(
        self, model: Model, question: Question, room: Room, *, mention_id: str, question_id: str, owner: object,
        meta: Mapping[str, object] = NO_META, asked: int = 1,
    ) -> RunningAnswer:  # fmt: skip
        """Take a place for an answer and file it; its `run` must be started by the owner, or `abandon` called.

        `question_id` is the asker's row; `owner` is whoever's end ends the answer; `meta` goes into its model rows; so
        many models are `asked` by that row. Raises LimitReached, naming the limit.
        """
        account = account_of(question)
        self._check(account, room, question_id, asked)
        self._check_means(model, account)
        facts = MentionFacts(
            mention_id, room.name, model.info.name, model.info.provider, question.asker, question_id,
            self._limits.max_answer, meta,
        )  # fmt: skip
        answer = RunningAnswer(
            facts, model, question, room, owner, router=self.router, retrieval=self.retrieval,
            recorder=self._recorder, clock=self._clock, ids=self._ids, limits=self._limits,
            on_end=self._ended, on_settled=self._settling.discard, save=self.budget.save,
        )  # fmt: skip
        self._running[mention_id] = answer
        self._recorder.submit(room, facts.begin, urgent=True)
        self._recorder.ring(room)
        if self._over_by is not None:
            self._interrupt(answer, self._over_by)
        return answer

    @contextmanager
    def alone(self, model: Model, question: Question) -> Iterator[AloneAnswer]:
        """A place for an answer outside of any room, while the block runs, in which its events are noted.

        Raises LimitReached, naming the limit; ServerStopping.
        """
        account = account_of(question)
        self._check_own(account)
        self._check_means(model, account)
        if self._over_by is not None:
            raise ServerStopping(INTERRUPTED)
        answer = AloneAnswer(self._ids.new(), model.info.name, question, Progress(self._clock.now_ms()))
        self._alone[answer.id] = answer
        try:
            yield answer
        finally:
            del self._alone[answer.id]
            usage = answer.usage
            why = f"; {answer.reason}" if answer.reason else ""
            logger.info(
                "answer %s of %s to %s, in no room: %s%s", answer.id, answer.model, question.asker, answer.ending, why
            )
            self._count(answer.progress, answer.ending, account, usage.prompt_tokens or 0, usage.completion_tokens or 0)

    def _check_means(self, model: Model, account: Account) -> None:
        """Raise LimitReached when the day's tokens are used up, or too many wait for the model."""
        self.budget.check(account)
        # Those that have ended or were stopped give their places back in this very moment.
        waiting = [a for a in self._running.values() if not a.stopped and not a.mention.over]
        promised = {a.id: (a.facts.model, account_of(a.question)) for a in waiting}
        promised |= {a.id: (a.model, account_of(a.question)) for a in self._alone.values()}
        self.router.check(model.info, account, promised)

    def _check_own(self, account: Account, siblings: int = 0, asked: int = 1) -> None:
        """Raise LimitReached when the account has as many answers as it may; `siblings` of them are to this question,
        which asks so many models.
        """
        own = sum(account_of(answer.question) == account for answer in self._all())
        if own >= self._streams.per_user:
            more = f", and you ask {asked} models" if asked > 1 else ""
            whose = "guests from your address have" if account.guest else "you have"
            have = f"{whose} {own - siblings} answers running{more}" if own > siblings else f"you ask {asked} models"
            raise LimitReached(f"{have}, the limit is {self._streams.per_user} at once")

    def _check(self, account: Account, room: Room, question_id: str, asked: int) -> None:
        """Raise LimitReached when one answer more is too many; those to the same question are not told as others'."""
        running = self._running.values()
        siblings = sum(answer.facts.question_id == question_id for answer in running)
        self._check_own(account, siblings, asked)
        more = f", and you ask {asked} models" if asked > 1 else ""
        limits = self._streams
        here = [answer for answer in running if answer.room is room]
        if len(here) >= limits.per_room:
            have = f"{len(here) - siblings} answers are running in {room.name}{more}"
            raise LimitReached(f"{have}, the limit is {limits.per_room} at once")
        of_guests = sum(account_of(answer.question).guest for answer in here)
        if account.guest and of_guests >= half(limits.per_room):
            have = f"{of_guests - siblings} answers for guests are running in {room.name}{more}"
            raise LimitReached(f"{have}, the limit is {half(limits.per_room)} at once")

    def abandon(self, answer: RunningAnswer) -> None:
        """Give back the place of an answer that was reserved and will not be run."""
        self._running.pop(answer.id, None)
        self._recorder.submit(answer.room, End(answer.id), urgent=True)

    def _ended(self, answer: RunningAnswer) -> None:
        self._running.pop(answer.id, None)
        self.askers[answer.id] = answer.facts.asker
        if len(self.askers) > KEPT_ENDED:
            del self.askers[next(iter(self.askers))]
        self._settling.add(answer)
        ending, measured = answer.mention.ending, answer.mention.measures
        self._count(
            answer.progress, None if ending is None else ending.status, account_of(answer.question),
            measured.prompt_tokens, measured.completion_tokens,
        )  # fmt: skip
        self._recorder.ring(answer.room)

    def _count(self, progress: Progress, ending: Status | None, account: Account, prompt: int, completion: int) -> None:
        """An answer has ended so, and took so many tokens, as far as the model's server says."""
        self.tally.cancelled += ending is Status.CANCELLED
        self.tally.failed += ending in (Status.FAILED, Status.TRUNCATED)
        if progress.first_token_ms is not None:
            self.first_token_ms.append(progress.first_token_ms)
        # Not every model says what it took, and a stream that was left has not: its pieces are tokens, about.
        said = max(completion, progress.pieces)
        self.tally.tokens += said
        self.budget.spend(account, prompt + said)

    def look(self, text: str) -> tuple[str, ...]:
        """What is in a text of which its asker is told, before a model gets it. Raises QuestionRefused. Counted."""
        try:
            noticed = self.router.guard.look(text)
        except QuestionRefused:
            self.tally.refused += 1
            raise
        self.tally.noticed += bool(noticed)
        return noticed

    # --- finding

    def get(self, mention_id: str) -> RunningAnswer | None:
        """The running answer with this id."""
        return self._running.get(mention_id)

    @property
    def running(self) -> list[RunningAnswer]:
        """All of them, oldest first."""
        return list(self._running.values())

    @property
    def progresses(self) -> list[Progress]:
        """How all are getting on that run, in rooms and outside."""
        return [answer.progress for answer in self._all()]

    def _all(self) -> list[RunningAnswer | AloneAnswer]:
        return [*self._running.values(), *self._alone.values()]

    def newest(self, owner: object) -> RunningAnswer | None:
        """The owner's newest answer that has not been told to stop."""
        return next((a for a in reversed(self.running) if a.owner is owner and not a.stopped), None)

    def in_room(self, room: Room) -> list[RunningAnswer]:
        """The answers running in a room, oldest first."""
        return [answer for answer in self._running.values() if answer.room is room]

    def interrupt_all(self, deadline: float) -> None:
        """The server stops: end every answer as `interrupted`, and wait for the disk until `deadline` at most."""
        self._over_by = deadline
        for answer in [*self.running, *self._settling]:
            self._interrupt(answer, deadline)
        for alone in self._alone.values():
            alone.ending = Status.INTERRUPTED
            alone.scope.cancel()

    @staticmethod
    def _interrupt(answer: RunningAnswer, deadline: float) -> None:
        answer.hurry(deadline)
        answer.stop(Status.INTERRUPTED, INTERRUPTED)
