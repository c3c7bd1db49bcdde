"""Running answers: who is being asked what, the limits on that, and finding one to cancel it.

Over the limit of a person or a room a question is refused; over the server's or a model's own it waits in the router.

A limit is taken when the request is made and given back when the answer has ended, both synchronously, so a cancel in
the same breath as the request finds the answer, and no failure in between can leak a place.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from chatd.core.mention import INTERRUPTED, MentionFacts
from chatd.core.question import Question
from chatd.core.room import Room
from chatd.core.row import NO_META, End, Status
from chatd.core.visit import Account
from chatd.errors import LimitReached
from chatd.ports import Clock, Ids, Model
from chatd.tasks.asking.answer import AnswerLimits, RunningAnswer
from chatd.tasks.asking.budget import Budget
from chatd.tasks.asking.fair_limiter import half
from chatd.tasks.asking.router import Router
from chatd.tasks.log.recorder import Recorder

KEPT_FIRST_TOKENS = 500
"""Answers whose time to the first token is remembered for `stats`."""


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


def account_of(question: Question) -> Account:
    """On whose account a question goes."""
    return question.account or Account(question.asker)


class Answers:
    """Every running answer by its mention id, in the order of asking."""

    def __init__(
        self, router: Router, recorder: Recorder, budget: Budget, *, clock: Clock, ids: Ids, streams: StreamLimits,
        limits: AnswerLimits,
    ) -> None:  # fmt: skip
        self.router = router
        self.budget = budget
        self._recorder = recorder
        self._clock = clock
        self._ids = ids
        self._streams = streams
        self._limits = limits
        self._running: dict[str, RunningAnswer] = {}
        self._settling: set[RunningAnswer] = set()
        """Answers that have ended and wait for the disk."""
        self._over_by: float | None = None
        """trio's time until which answers may wait for the disk, once the server stops: those that are asked for then
        end like the others.
        """
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
        self.budget.check(account)
        # Those that have ended or were stopped give their places back in this very moment.
        waiting = [a for a in self._running.values() if not a.stopped and not a.mention.over]
        promised = {a.id: (a.facts.model, account_of(a.question)) for a in waiting}
        self.router.check(model.info, account, promised)
        facts = MentionFacts(
            mention_id, room.name, model.info.name, model.info.provider, question.asker, question_id,
            self._limits.max_answer, meta,
        )  # fmt: skip
        answer = RunningAnswer(
            facts, model, question, room, owner, router=self.router,
            recorder=self._recorder, clock=self._clock, ids=self._ids, limits=self._limits,
            on_end=self._ended, on_settled=self._settling.discard, save=self.budget.save,
        )  # fmt: skip
        self._running[mention_id] = answer
        self._recorder.submit(room, facts.begin, urgent=True)
        self._recorder.ring(room)
        if self._over_by is not None:
            self._interrupt(answer, self._over_by)
        return answer

    def _check(self, account: Account, room: Room, question_id: str, asked: int) -> None:
        """Raise LimitReached when one answer more is too many; those to the same question are not told as others'."""
        running = self._running.values()
        siblings = sum(answer.facts.question_id == question_id for answer in running)
        more = f", and you ask {asked} models" if asked > 1 else ""
        limits = self._streams
        own = sum(account_of(answer.question) == account for answer in running)
        if own >= limits.per_user:
            whose = "guests from your address have" if account.guest else "you have"
            have = f"{whose} {own - siblings} answers running{more}" if own > siblings else f"you ask {asked} models"
            raise LimitReached(f"{have}, the limit is {limits.per_user} at once")
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
        self._settling.add(answer)
        ending, progress = answer.mention.ending, answer.progress
        if ending is not None:
            self.tally.cancelled += ending.status is Status.CANCELLED
            self.tally.failed += ending.status in (Status.FAILED, Status.TRUNCATED)
        if progress.first_token_ms is not None:
            self.first_token_ms.append(progress.first_token_ms)
        measured = answer.mention.measures
        # Not every model says what it took, and a stream that was left has not: its pieces are tokens, about.
        said = max(measured.completion_tokens, progress.pieces)
        self.tally.tokens += said
        self.budget.spend(account_of(answer.question), measured.prompt_tokens + said)
        self._recorder.ring(answer.room)

    # --- finding

    def get(self, mention_id: str) -> RunningAnswer | None:
        """The running answer with this id."""
        return self._running.get(mention_id)

    @property
    def running(self) -> list[RunningAnswer]:
        """All of them, oldest first."""
        return list(self._running.values())

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

    @staticmethod
    def _interrupt(answer: RunningAnswer, deadline: float) -> None:
        answer.hurry(deadline)
        answer.stop(Status.INTERRUPTED, INTERRUPTED)
