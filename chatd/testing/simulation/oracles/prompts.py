"""What a model is asked: rows of its room, each once and in its role, up to the question, and nothing that is newer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from chatd.core.line import split_question
from chatd.core.question import Answered, Message, Question, Said, ToolReturned
from chatd.core.times import iso
from chatd.testing.checks import Broken
from chatd.testing.simulation.oracles.record import Record, RecordedRow

NAME = "a model is asked what stood in its room"

SHORT = 3
"""Rows that every room has in memory, whatever its limits: a prompt has so many at least, where there are any."""

Turn = tuple[object, ...]
"""One message in the oracle's words: who or what it is, and what was said."""


@dataclass(frozen=True, slots=True)
class _Expected:
    """A message that a row leads to. It need not be there when the row was not whole `until` the question."""

    turn: Turn
    since: str
    """When the row had its last change."""
    seq: int
    needed: bool = True
    """Whether it must be there: results go with their calls, of which memory may have lost the first ones."""


def check_prompt(record: Record, question: Question, model: str, *, now_ms: int, lag_ms: int) -> None:
    """A model is asked this now. Rows that had been whole for `lag_ms` when the question was put cannot be missing.

    Raises Broken.
    """
    room = record.room_of(question.room_id)
    if room is None:
        raise Broken(NAME, f"{model} is asked in the room {question.room_id}, which is none")
    if room != question.room:
        raise Broken(NAME, f"{model} is asked in {question.room}, of the room {room}")
    if room.startswith("~") and room != f"~{question.asker}":
        raise Broken(NAME, f"{question.asker} asks in {room}")
    older, rest = question.messages[: question.older], question.messages[question.older :]
    if not rest or _turn(rest[0]) != _turn(Said(question.asker, _asked_text(rest[0], question), asked=True)):
        raise Broken(NAME, f"{model}: the question of {question.asker} is not the last that was said: {rest[:1]}")
    for message in rest[1:]:
        if isinstance(message, Said) and message.author:
            raise Broken(NAME, f"{model}: after the question stands {message}")
    rows = record.rows(room)
    told = [_turn(message) for message in older]
    problems = []
    for end, before in _ends(rows, question, now_ms, lag_ms):
        expected = [one for one in _expected(rows, model) if one.seq < end]
        # What is the same text twice may be read either way: with what came meanwhile, and without it.
        for known in (expected, [one for one in expected if one.since < before]):
            problem = _compared(told, known, before, whole=not question.left_out)
            if problem is None:
                return
            problems.append(problem)
    raise Broken(NAME, f"{model} in {room}, asked by {question.asker}: {problems[0]}")


def _asked_text(first: Message, question: Question) -> str:
    """The question's words as the conversation has them: its attachment stands in a fence there."""
    text = first.text if isinstance(first, Said) else ""
    return text if text.startswith(question.text.split("\n\n")[0]) else question.text


def _ends(rows: Sequence[RecordedRow], question: Question, now_ms: int, lag_ms: int) -> Iterator[tuple[int, str]]:
    """The rows that may be the question, as (seq, what was whole before that time): the newest first. It may not be on
    disk yet, and one that is asked again is an old one.
    """
    yield (rows[-1].seq + 1 if rows else 1), iso(now_ms - lag_ms)
    for row in reversed(rows):
        if row.author != question.asker or row.method != "message.user":
            continue
        asked = split_question(row.content)
        if asked is not None and question.text.startswith(asked[1].split("\n\n")[0]):
            put_ms = round(datetime.fromisoformat(row.created_at).timestamp() * 1000)
            yield row.seq, iso(min(now_ms, put_ms) - lag_ms)


def _compared(told: list[Turn], expected: list[_Expected], before: str, *, whole: bool) -> str | None:
    """Why the older messages are not what stood in the room, oldest first; None when they are."""
    left = list(expected)
    for at, turn in reversed(list(enumerate(told))):
        while left and not _fits(turn, left[-1], before) and not (at == 0 and _is_end_of(turn, left[-1])):
            skipped = left.pop()
            if skipped.needed and skipped.since < before:
                return f"{skipped.turn} is left out, or stands elsewhere; told is {turn}"
        if not left:
            return f"{turn} stands in no row of the room before the question, or twice"
        left.pop()
    needed = [one for one in left if one.needed and one.since < before]
    if whole and len(expected) <= SHORT and needed:
        return f"{needed[-1].turn} is missing"
    return None


def _fits(told: Turn, expected: _Expected, before: str) -> bool:
    """Whether a message is what a row leads to. Calls and results that came after the question are not known to it."""
    if told == expected.turn:
        return True
    if expected.since < before or told[0] != expected.turn[0]:
        return False
    if told[0] == "answered":
        calls, known = expected.turn[2], told[2]
        assert isinstance(calls, tuple)
        assert isinstance(known, tuple)
        return told[1] == expected.turn[1] and known == calls[: len(known)]
    return told[0] == "returned"


def _is_end_of(told: Turn, expected: _Expected) -> bool:
    """Whether the oldest message is what memory still has of a round: its last calls, without what was said before."""
    if told[0] != "answered" or expected.turn[0] != "answered" or told[1]:
        return False
    calls, known = expected.turn[2], told[2]
    assert isinstance(calls, tuple)
    assert isinstance(known, tuple)
    return calls[len(calls) - len(known) :] == known


def _expected(rows: Sequence[RecordedRow], model: str) -> list[_Expected]:
    """What each row of the room is to a model, oldest first."""
    results = {row.parent_id: row for row in rows if row.method == "tool.result"}
    found: list[_Expected] = []
    at = 0
    while at < len(rows):
        row = rows[at]
        at += 1
        if row.author == model and row.method in ("message.model", "message.model.chunk", "tool.call"):
            calls = [row] if row.method == "tool.call" else []
            while at < len(rows) and _is_call_of(rows[at], row):
                calls.append(rows[at])
                at += 1
            text = "" if row.method == "tool.call" else row.content
            if not text.strip() and not calls:
                continue
            since = max(one.finished_at or "9" for one in (row, *calls))
            found.append(_Expected(("answered", text, tuple((c.tool_name, c.content) for c in calls)), since, row.seq))
            for call in calls:
                result = results.get(call.id)
                given = ("returned", "" if result is None else result.content)
                found.append(
                    _Expected(given, "9" if result is None else result.finished_at or "9", row.seq, needed=False)
                )
        elif (said := _said(row, model)) is not None:
            found.append(_Expected(said, row.finished_at or "9", row.seq))
    return found


def _is_call_of(row: RecordedRow, first: RecordedRow) -> bool:
    return row.method == "tool.call" and row.author == first.author and row.mention_id == first.mention_id


def _said(row: RecordedRow, model: str) -> Turn | None:
    if row.method == "message.user":
        asked = split_question(row.content)
        if asked is not None and model in asked[0]:
            return ("said", row.author, asked[1], True) if asked[1] else None
        return ("said", row.author, row.content, False) if row.content.strip() else None
    if row.method in ("message.model", "message.model.chunk") and row.content.strip():
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
