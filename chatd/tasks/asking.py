"""Asking models: from a question's text to reserved answers, in two steps.

`reserve` checks everything and takes the places; `Asked.submit` writes the asker's row. Between them nothing can fail,
so a script can be answered at once and the effects follow when its callback has returned.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chatd.core.line import split_question
from chatd.core.room import Room
from chatd.core.row import Method
from chatd.core.stream import Question, Turn
from chatd.core.text import check_size
from chatd.core.visit import Kind, Visitor
from chatd.errors import LimitReached, ModelUnavailable, NotPermitted, UsageError
from chatd.ports import Model
from chatd.tasks.hub import Hub
from chatd.tasks.mention import Answer
from chatd.tasks.recorder import Receipt

EARLIER_TURNS = 20
"""Earlier questions of the same asker to the same model that go with a question."""

MAX_ASKED = 8
"""Models one line may ask."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that has its places: one answer for each model, all children of the row `row_id`."""

    room: Room
    visitor: Visitor
    row_id: str
    typed: str
    answers: tuple[Answer, ...]

    def mention_id(self) -> str | None:
        """The mention the asker's row belongs to: none when several models were asked."""
        return self.answers[0].id if len(self.answers) == 1 else None

    def submit(self, hub: Hub) -> Receipt:
        """Write the asker's row, exactly as typed."""
        return hub.post(self.room, self.visitor, self.typed, row_id=self.row_id, mention_id=self.mention_id())


def reserve(
    hub: Hub,
    visitor: Visitor,
    room: Room,
    asked: Sequence[str],
    message: str,
    *,
    typed: str,
    owner: object,
    row_id: str | None = None,
    attachment: str = "",
) -> Asked:
    """Check a question and take a place for each model it asks.

    `row_id` names an asker's row that somebody else writes. Raises NotFound (a name that is nobody's), UsageError (too
    long, or empty), NotPermitted (guests), LimitReached, ModelUnavailable, StorageError; then no place is taken.
    """
    models = [hub.model(name) for name in asked]
    if not models or not (message.strip() or attachment):
        raise UsageError(f"say what you want to ask: @{','.join(asked) or 'MODEL'} TEXT")
    if len(models) > MAX_ASKED:
        raise LimitReached(f"{len(models)} models asked at once, the limit is {MAX_ASKED}")
    check_size("message", typed, hub.limits.max_message)
    hub.recorder.check()
    for model in models:
        _check_may_ask(hub, visitor, model)
    question_id = row_id or hub.ids.new()
    answers: list[Answer] = []
    try:
        for model in models:
            text = f"{message}\n\n{attachment}" if attachment else message
            question = Question(text, visitor.name, room.name, earlier_turns(room, visitor.name, model.info.name))
            answers.append(
                hub.answers.reserve(
                    model, question, room, mention_id=hub.ids.new(), question_id=question_id, owner=owner
                )
            )
    except LimitReached:
        for answer in answers:
            hub.answers.abandon(answer)
        raise
    whole = f"{typed}\n\n{fence(attachment)}" if attachment else typed
    return Asked(room, visitor, question_id, whole, tuple(answers))


def fence(attachment: str) -> str:
    """An attachment as it stands in a row: in a fence longer than any inside it."""
    ticks = "```"
    while ticks in attachment:
        ticks += "`"
    return f"{ticks}\n{attachment.rstrip()}\n{ticks}"


def earlier_turns(room: Room, asker: str, model: str) -> tuple[Turn, ...]:
    """What this person asked this model before in this room, as far as it is in memory, oldest first."""
    turns: list[Turn] = []
    for live in reversed(room.tail(room.seq)):
        if live.head.author != asker or live.head.method != Method.USER:
            continue
        found = split_question(live.text)
        if found is not None and model in found[0]:
            turns.append(Turn(asker, found[1]))
            if len(turns) == EARLIER_TURNS:
                break
    return tuple(reversed(turns))


def _check_may_ask(hub: Hub, visitor: Visitor, model: Model) -> None:
    info = model.info
    if not info.available:
        raise ModelUnavailable(f"{info.name} cannot be had: provider {info.provider!r} is not served by this version")
    if visitor.kind is Kind.GUEST and hub.facts.guests_ask == "none":
        raise NotPermitted("guests may not ask models here; log in with a key")
