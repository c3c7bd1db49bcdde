"""Cancelling: which running answers somebody means, and stopping them."""

from __future__ import annotations

from collections.abc import Sequence

from chatd.core.row import Status
from chatd.core.visit import Visitor
from chatd.errors import AlreadyEnded, NotFound
from chatd.tasks.asking.answer import RunningAnswer
from chatd.tasks.chat.hub import Hub
from chatd.tasks.chat.permission import check_cancel


def own_answers(hub: Hub, visitor: Visitor) -> list[RunningAnswer]:
    """The answers that run and that this person asked for, from any front, oldest first."""
    return [a for a in hub.answers.running if a.facts.asker == visitor.name and not a.stopped]


def find(hub: Hub, visitor: Visitor, mention_id: str | None, *, owner: object = None) -> RunningAnswer:
    """The answer with this id, or the visitor's newest, of those that `owner` runs first.

    Raises NotFound when there is none, AlreadyEnded when it was theirs, NotPermitted when it is somebody else's.
    """
    if mention_id is None:
        own = own_answers(hub, visitor)
        answer = hub.answers.newest(owner) or (own[-1] if own else None)
        if answer is None:
            raise NotFound("you have no answer running")
    else:
        answer = hub.answers.get(mention_id)
        if answer is None:
            if hub.answers.askers.get(mention_id) == visitor.name:
                raise AlreadyEnded("that answer has ended already")
            raise NotFound(f"no answer with the id {mention_id[:40]!r} is running")
    check_cancel(hub.facts, visitor, answer.facts.asker)
    return answer


def cancel(answers: Sequence[RunningAnswer]) -> None:
    """Stop them as their askers want it: what came is kept, and no row says why. Synchronous, and safe at any time."""
    for answer in answers:
        answer.stop(Status.CANCELLED)
