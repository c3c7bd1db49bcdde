"""What a model is asked: rows of its room, each once and in its role, up to the question, and nothing that is newer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from chatd.core.line import split_question
from chatd.core.question import Answered, Message, Question, Said, ToolReturned
from chatd.testing.checks import Broken
from chatd.testing.simulation.oracles.record import Record, RecordedRow

NAME = "a model is asked what stood in its room"

SPOKEN = ("message.model", "message.model.chunk")

SHORT = re.compile("[:/]")
"""Between the parts of a model's name, each of which may stand for it."""

Turn = tuple[object, ...]
"""One message in the oracle's words: who or what it is, and what was said."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the server had of a room when it put a question: rows up to `seq`, changes up to `number`; at least the last
    `rows` of them in memory. `question_id` is the row that asks: an old one when it is asked again.
    """

    seq: int
    number: int
    rows: int
    question_id: str


@dataclass(frozen=True, slots=True)
class _Expected:
    """A message that a row leads to."""

    turn: Turn
    seq: int
    certain: bool
    """Whether the row was whole for the server: else it may have been another one, or none."""
    alone: bool = True
    """Whether it must be there: results go with their calls, of which memory may have lost the first ones."""
    instead: Turn | None = None
    """What it may be as well: whom a short name means depends on which models there are."""


def check_prompt(record: Record, question: Question, model: str, known: Known) -> None:
    """A question is put to a model now. Raises Broken."""
    room = record.room_of(question.room_id)
    if room != question.room:
        raise Broken(NAME, f"{model} is asked in {question.room}, of the room {room}")
    if room.startswith("~") and room != f"~{question.asker}":
        raise Broken(NAME, f"{question.asker} asks in {room}")
    older, rest = question.messages[: question.older], question.messages[question.older :]
    if not rest or _turn(rest[0]) != ("said", question.asker, _asked_text(rest[0], question), True):
        raise Broken(NAME, f"{model}: the question of {question.asker} is not the last that was said: {rest[:1]}")
    for message in rest[1:]:
        if isinstance(message, Said) and message.author:
            raise Broken(NAME, f"{model}: after the question stands {message}")
    rows = [row for row in record.rows(room) if row.seq <= known.seq]
    end = next((row.seq for row in rows if row.id == known.question_id), known.seq + 1)
    expected = [one for one in _expected(rows, model, known.number) if one.seq < end]
    oldest = known.seq - known.rows if not question.left_out else end
    told = [_turn(message) for message in older]
    if not _can_be(told, expected, oldest):
        raise Broken(NAME, f"{model} in {room}, asked by {question.asker}: {_why_not(told, expected, oldest)}")
    newer = [one for one in expected if one.seq >= question.related_before]
    if question.related_before and not _can_be(told, newer, end):
        raise Broken(NAME, f"{model} in {room}: rows before {question.related_before} are read, and may be read twice")


def check_carried_on(record: Record, question: Question, model: str, row_id: object) -> None:
    """A kept beginning is to be carried on: the row `row_id`; or, when that is None, nothing is. Raises Broken."""
    rest = question.messages[question.older + 1 :]
    kept = next((row.content for row in record.rows(question.room) if row.id == row_id), "")
    if not question.continues.endswith(kept) or bool(question.continues) != bool(kept):
        raise Broken(NAME, f"{model} is to carry on {question.continues[-80:]!r}, kept is {kept[-80:]!r}")
    texts = [message.text for message in rest if isinstance(message, Answered)]
    if (kept and kept not in texts) or (not kept and rest):
        raise Broken(NAME, f"{model} is to carry on {kept[-80:]!r}, and reads {texts}")


def _asked_text(first: Message, question: Question) -> str:
    """The question's words as the conversation has them: its attachment stands in a fence there."""
    text = first.text if isinstance(first, Said) else ""
    return text if text.startswith(question.text.split("\n\n")[0]) else question.text


def _can_be(told: list[Turn], expected: list[_Expected], oldest: int) -> bool:
    """Whether there is any way in which the messages are the rows: one that still grows may read like one that has
    ended. Rows behind `oldest` cannot be missing.
    """

    @cache
    def fits(at: int, left: int) -> bool:
        if at == 0:
            return not any(one.certain and one.alone and one.seq > oldest for one in expected[:left])
        if left == 0:
            return False
        last, turn = expected[left - 1], told[at - 1]
        if (_fits(turn, last) or (at == 1 and _is_end_of(turn, last))) and fits(at - 1, left - 1):
            return True
        return not (last.certain and last.alone) and fits(at, left - 1)

    return fits(len(told), len(expected))


def _why_not(told: list[Turn], expected: list[_Expected], oldest: int) -> str:
    """What is wrong with messages that are not the rows, in words: where the nearest way to read them ends."""
    left = list(expected)
    for at, turn in reversed(list(enumerate(told))):
        while left and not _fits(turn, left[-1]) and not (at == 0 and _is_end_of(turn, left[-1])):
            skipped = left.pop()
            if skipped.certain and skipped.alone:
                return f"{skipped.turn} is left out, or stands elsewhere; told is {turn}"
        if not left:
            return f"{turn} stands in no row of the room before the question, or twice"
        left.pop()
    missing = [one for one in left if one.certain and one.alone and one.seq > oldest]
    return f"{missing[-1].turn} is missing" if missing else "no way to read them fits"


def _fits(told: Turn, expected: _Expected) -> bool:
    """Whether a message is what a row leads to. Calls and results that came later are not known yet."""
    if told in (expected.turn, expected.instead):
        return True
    if expected.certain or told[0] != expected.turn[0]:
        return False
    if told[0] == "answered":
        return told[1] == expected.turn[1] and _calls(told) == _calls(expected.turn)[: len(_calls(told))]
    return told[0] == "returned"


def _is_end_of(told: Turn, expected: _Expected) -> bool:
    """Whether the oldest message is what memory still has of a round: its last calls, without what was said before."""
    if told[0] != "answered" or expected.turn[0] != "answered" or told[1]:
        return False
    calls = _calls(expected.turn)
    return calls[len(calls) - len(_calls(told)) :] == _calls(told)


def _calls(turn: Turn) -> tuple[object, ...]:
    calls = turn[2]
    assert isinstance(calls, tuple)
    return calls


def _expected(rows: Sequence[RecordedRow], model: str, number: int) -> list[_Expected]:
    """What each row of the room is to a model, oldest first; what was changed after `number` is not certain."""
    results = {row.parent_id: row for row in rows if row.method == "tool.result"}
    found: list[_Expected] = []
    at = 0
    while at < len(rows):
        row = rows[at]
        at += 1
        if row.author == model and row.method in (*SPOKEN, "tool.call"):
            calls = [row] if row.method == "tool.call" else []
            while at < len(rows) and _is_call_of(rows[at], row):
                calls.append(rows[at])
                at += 1
            text = "" if row.method == "tool.call" else row.content
            if not text.strip() and not calls:
                continue
            certain = all(not one.is_open and one.last <= number for one in (row, *calls))
            made = tuple((call.tool_name, call.content) for call in calls)
            found.append(_Expected(("answered", text, made), row.seq, certain))
            for result in map(results.get, (call.id for call in calls)):
                whole = result is not None and not result.is_open and result.last <= number
                given = ("returned", "" if result is None else result.content)
                found.append(_Expected(given, row.seq, whole, alone=False))
        elif (said := _said(row, model)) is not None:
            certain = not row.is_open and row.last <= number
            found.append(_Expected(said, row.seq, certain, instead=_said(row, model, short=True)))
    return found


def _is_call_of(row: RecordedRow, first: RecordedRow) -> bool:
    return row.method == "tool.call" and row.author == first.author and row.mention_id == first.mention_id


def _said(row: RecordedRow, model: str, *, short: bool = False) -> Turn | None:
    """With `short`, names that are a part of the model's mean it."""
    if row.method == "message.user":
        asked = split_question(row.content)
        if asked is not None and any(name == model or (short and name in SHORT.split(model)) for name in asked[0]):
            return ("said", row.author, asked[1], True) if asked[1] else None
        return ("said", row.author, row.content, False) if row.content.strip() else None
    if row.method in SPOKEN and row.content.strip():
        return ("said", row.author, row.content, False)
    return None


def _turn(message: Message) -> Turn:
    match message:
        case Said(author=author, text=text, asked=asked):
            return ("said", author, text, asked)
        case Answered(text=text, calls=calls):
            return ("answered", text, tuple((call.name, call.arguments) for call in calls))
        case ToolReturned(text=text):
            return ("returned", text)
