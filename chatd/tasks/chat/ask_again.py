"""Asking again: `/retry` puts a question anew, `/continue` has a kept beginning carried on.

Neither adds a row of the asker's: the new answer is one more child of the same question.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from chatd.core.line import split_question
from chatd.core.live_row import LiveRow
from chatd.core.room import Room
from chatd.core.row import Method, Status
from chatd.core.visit import Kind, Visitor
from chatd.errors import NotFound, UsageError
from chatd.tasks.chat.ask import Asked, left_out, put
from chatd.tasks.chat.hub import Hub
from chatd.tasks.chat.permission import check_ask

OF_MODEL = (Method.MODEL, Method.TOOL_CALL, Method.TOOL_RESULT)


@dataclass(frozen=True, slots=True)
class _Earlier:
    """An ended answer. `row` stands for it: its last one, or its question's when it left none."""

    row: LiveRow
    model: str
    question_id: str


def retry(hub: Hub, visitor: Visitor, room: Room, model: str | None, *, owner: object) -> Asked:
    """Ask the visitor's newest question in the room that is not being answered again, of that model if one is named.

    Raises what `ask.reserve` does; NotFound when there is no such question.
    """
    earlier = _newest(hub, visitor, room, model)
    spoken = _spoken(_rows_of(room, earlier.row))
    return _ask(hub, visitor, room, earlier, begun=(), owner=owner, meta={"retries": (spoken or earlier.row).head.id})


def carry_on(hub: Hub, visitor: Visitor, room: Room, model: str | None, *, owner: object) -> Asked:
    """Have the visitor's newest answer in the room carried on, of that model if one is named.

    Raises what `ask.reserve` does; NotFound when there is none, UsageError when it is complete or has no text.
    """
    earlier = _newest(hub, visitor, room, model)
    rows = _rows_of(room, earlier.row)
    spoken = _spoken(rows)
    if spoken is None or not spoken.text.strip():
        raise UsageError("there is no beginning to carry on; /retry asks again")
    if rows[-1] is spoken and spoken.head.status is Status.COMPLETE:
        raise UsageError(f"the answer of @{earlier.model} is complete; /retry asks again")
    begun = _begun(room, spoken)
    return _ask(hub, visitor, room, earlier, begun=begun, owner=owner, meta={"continues": spoken.head.id})


def _newest(hub: Hub, visitor: Visitor, room: Room, model: str | None) -> _Earlier:
    wanted = None if not model else hub.models.find(model.removeprefix("@")).info.name
    for answer in hub.answers.in_room(room):
        if answer.facts.asker == visitor.name and wanted in (None, answer.facts.model):
            raise UsageError(f"@{answer.facts.model} is answering you still; /cancel stops it")
    since = _here_since(hub, visitor)
    for live in reversed(room.tail(room.seq)):
        if live.head.created_at < since:
            break
        for earlier in _ended(hub, visitor, room, live):
            if wanted in (None, earlier.model):
                return earlier
    raise NotFound("there is no answer to a question of yours here that could be asked for again")


def _here_since(hub: Hub, visitor: Visitor) -> int:
    """From when on a name has meant this visitor (milliseconds): that of a guest may have been another's before."""
    if visitor.kind is not Kind.GUEST:
        return 0
    return next((person.since_ms for person in hub.lobby.people if person.name == visitor.name), 0)


def _ended(hub: Hub, visitor: Visitor, room: Room, live: LiveRow) -> Iterator[_Earlier]:
    """The ended answers to the visitor's questions that a row tells of.

    A question tells of those that left no row: whoever goes from the newest row back has met the others before it.
    """
    head = live.head
    running = hub.answers.in_room(room)
    if head.method == Method.USER:
        names = split_question(live.text)
        asked = (
            [hub.models.named(name) for name in names[0]] if names is not None and head.author == visitor.name else []
        )
        busy = {answer.facts.model for answer in running if answer.facts.question_id == head.id}
        if head.mention_id is not None or head.meta.get("asked"):  # else it was said, not asked
            yield from (
                _Earlier(live, m.info.name, head.id) for m in asked if m is not None and m.info.name not in busy
            )
    elif head.mention_id is not None and head.method in (Method.MODEL, Method.TOOL_CALL, Method.SYSTEM):
        question = room.get(head.parent_id or "")
        asker = question.head.author if question is not None else head.meta.get("asker")
        if asker == visitor.name and all(answer.id != head.mention_id for answer in running):
            yield _Earlier(live, str(head.meta.get("model", head.author)), head.parent_id or "")


def _rows_of(room: Room, row: LiveRow) -> list[LiveRow]:
    """What the model said, called and got in the answer that a row belongs to."""
    mention = row.head.mention_id
    return [r for r in room.tail(room.seq) if mention and r.head.mention_id == mention and r.head.method in OF_MODEL]


def _spoken(rows: list[LiveRow]) -> LiveRow | None:
    """The last row in which the model speaks."""
    return next((live for live in reversed(rows) if live.head.method == Method.MODEL), None)


def _begun(room: Room, last: LiveRow) -> tuple[tuple[LiveRow, ...], ...]:
    """The rows of each try that led to this answer, the first one first."""
    tries: list[tuple[LiveRow, ...]] = []
    live: LiveRow | None = last
    while live is not None:
        tries.append(tuple(_rows_of(room, live)))
        before = live.head.meta.get("continues")
        live = room.get(str(before)) if before is not None else None
    return tuple(reversed(tries))


def _ask(
    hub: Hub, visitor: Visitor, room: Room, earlier: _Earlier, *, begun: tuple[tuple[LiveRow, ...], ...],
    owner: object, meta: dict[str, object],
) -> Asked:  # fmt: skip
    question_row = room.get(earlier.question_id)
    if question_row is None:
        raise NotFound("its question is too long ago; ask it anew")
    model = hub.models.find(earlier.model)
    check_ask(hub.facts, visitor, model.info)
    hub.recorder.check()
    split = split_question(question_row.text)
    text = split[1] if split is not None else question_row.text
    before = [live for live in room.tail(room.seq) if live.head.seq < question_row.head.seq]
    question = replace(put(hub, room, model, visitor, text, rows=before, begun=begun), fresh=True)
    answer = hub.answers.reserve(
        model, question, room, mention_id=hub.ids.new(), question_id=question_row.head.id, owner=owner,
        meta={**meta, **left_out(question)},
    )  # fmt: skip
    return Asked(room, visitor, question_row.head.id, question_row.text, (answer,))
