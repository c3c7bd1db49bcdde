"""What a model is given beside what was said lately: rows of its own room that were whole, each once, rightly named."""

from __future__ import annotations

from collections.abc import Sequence

from chatd.core.question import Question, Said
from chatd.core.retrieval import Related
from chatd.core.row import Row
from chatd.testing.checks import Broken
from chatd.testing.simulation.oracles.record import Record, RecordedRow

NAME = "a model is given related rows of its room"

SPOKEN = ("message.user", "message.model")


def check_named(given: Sequence[Related], row: Row, *, may_be_left_out: bool) -> None:
    """An answer's row, which has ended, names what was given. A context too small for that may leave it out, and then
    it is not named. Raises Broken.
    """
    wanted = [{"seq": one.seq, "id": one.id} for one in given]
    named = row.meta.get("sources") or []
    if named != wanted and (named or not may_be_left_out):
        raise Broken(NAME, f"the answer names {named}, given is {wanted}")


def check_related(record: Record, asked: Question, given: Question) -> None:
    """`asked` is how a question was put, `given` how it is with what was found for it. Raises Broken."""
    beside = given.messages[: asked.older] + given.messages[asked.older + bool(given.related) :]
    if beside != asked.messages or given.older != asked.older + bool(given.related):
        raise Broken(NAME, f"the conversation is another one: {given.messages}")
    if not given.related:
        return
    room = record.room_of(asked.room_id)
    rows = {row.id: row for row in record.rows(room or "")}
    message = given.messages[asked.older]
    lines = message.text.split("\n")[1:] if isinstance(message, Said) and not message.author else []
    if len(lines) != len(given.related) or len({row.id for row in given.related}) != len(lines):
        raise Broken(NAME, f"{len(given.related)} rows are given as {message}")
    for found, line in zip(given.related, lines, strict=True):
        _check_row(rows.get(found.id), asked, line)


def _check_row(row: RecordedRow | None, asked: Question, line: str) -> None:
    if row is None:
        raise Broken(NAME, f"{line!r} is of no row of {asked.room}")
    if row.seq >= asked.related_before or row.is_open or row.method not in SPOKEN:
        raise Broken(NAME, f"{line!r}, before {asked.related_before}, is {row.status} {row.method} {row.seq}")
    head = f"#{row.seq} {row.author}: "
    words = " ".join(row.content.split())
    if not line.startswith(head) or line.removeprefix(head).strip("…").strip() not in words:
        raise Broken(NAME, f"{line!r} is not what row {row.seq} says: {words[:200]!r}")
