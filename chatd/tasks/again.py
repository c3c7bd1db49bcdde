"""Asking again: `/retry` puts a question anew, `/continue` has a kept beginning carried on.

Neither adds a row of the asker's: the new answer is one more child of the same question.
"""

from __future__ import annotations

from chatd.core.line import split_question
from chatd.core.room import LiveRow, Room
from chatd.core.row import Method, Status
from chatd.core.visit import Visitor
from chatd.errors import NotFound, UsageError
from chatd.tasks.asking import Asked, check_may_ask, left_out, put
from chatd.tasks.hub import Hub


def retry(hub: Hub, visitor: Visitor, room: Room, model: str | None, *, owner: object) -> Asked:
    """Ask the visitor's newest answered question in the room again, of that model if one is named.

    Raises what `asking.reserve` does; NotFound when there is no such question.
    """
    earlier = _newest(hub, visitor, room, model)
    return _ask(hub, visitor, room, earlier, how="retries", begun=(), owner=owner)


def carry_on(hub: Hub, visitor: Visitor, room: Room, model: str | None, *, owner: object) -> Asked:
    """Have the visitor's newest answer in the room carried on, of that model if one is named.

    Raises what `asking.reserve` does; NotFound when there is none, UsageError when it is complete or has no text.
    """
    earlier = _newest(hub, visitor, room, model)
    name = earlier.head.author
    if earlier.head.method != Method.MODEL or not earlier.text.strip():
        raise UsageError("there is no beginning to carry on; /retry asks again")
    if earlier.head.status is Status.COMPLETE:
        raise UsageError(f"the answer of @{name} is complete; /retry asks again")
    return _ask(hub, visitor, room, earlier, how="continues", begun=_begun(room, earlier), owner=owner)


def _newest(hub: Hub, visitor: Visitor, room: Room, model: str | None) -> LiveRow:
    """The last row of the newest ended answer: the model's, else the one that says why there is none."""
    wanted = None if not model else hub.models.find(model.removeprefix("@")).info.name
    for live in reversed(room.tail(room.seq)):
        head = live.head
        mine = head.mention_id is not None and head.meta.get("asker") == visitor.name
        if not mine or head.is_open or (wanted is not None and head.meta.get("model") != wanted):
            continue
        if head.method == Method.MODEL:
            return live
        if head.method == Method.SYSTEM:
            return _spoken(room, head.mention_id) or live
    raise NotFound("there is no answer to a question of yours here that could be asked for again")


def _spoken(room: Room, mention_id: str | None) -> LiveRow | None:
    """The last row in which the model speaks in a mention."""
    for live in reversed(room.tail(room.seq)):
        if live.head.mention_id == mention_id and live.head.method == Method.MODEL:
            return live
    return None


def _begun(room: Room, last: LiveRow) -> tuple[tuple[LiveRow, ...], ...]:
    """The rows of each try that led to this answer, the first one first."""
    tries: list[tuple[LiveRow, ...]] = []
    live: LiveRow | None = last
    while live is not None:
        mention = live.head.mention_id
        of_model = (Method.MODEL, Method.TOOL_CALL, Method.TOOL_RESULT)
        tries.append(
            tuple(r for r in room.tail(room.seq) if r.head.mention_id == mention and r.head.method in of_model)
        )
        before = live.head.meta.get("continues")
        live = room.get(str(before)) if before is not None else None
    return tuple(reversed(tries))


def _ask(
    hub: Hub, visitor: Visitor, room: Room, earlier: LiveRow, *, how: str, begun: tuple[tuple[LiveRow, ...], ...],
    owner: object,
) -> Asked:  # fmt: skip
    question_row = room.get(earlier.head.parent_id or "")
    if question_row is None:
        raise NotFound("its question is too long ago; ask it anew")
    model = hub.models.find(str(earlier.head.meta.get("model")))
    check_may_ask(hub, visitor, model)
    hub.recorder.check()
    split = split_question(question_row.text)
    text = split[1] if split is not None else question_row.text
    before = [live for live in room.tail(room.seq) if live.head.seq < question_row.head.seq]
    question = put(hub, room, model, visitor.name, text, rows=before, begun=begun)
    answer = hub.answers.reserve(
        model, question, room, mention_id=hub.ids.new(), question_id=question_row.head.id, owner=owner,
        meta={how: earlier.head.id, **left_out(question)},
    )  # fmt: skip
    return Asked(room, visitor, question_row.head.id, question_row.text, (answer,))
