"""What `ask` prints, and the status it ends with: those of the rows that its question led to."""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Any

from chatd.core.sanitize import sanitize
from chatd.testing.checks import Broken
from chatd.testing.simulation.oracles.record import RecordedRow

NAME = "an answer is printed as it is"

EXITS = {"complete": {0}, "length": {0}, "cancelled": {130}, "interrupted": {143}, "truncated": {1}}
"""Exit statuses by how an answer ended; one that failed may have many reasons."""
FAILED = {1, 69, 75, 77}


def check_events(events: Sequence[dict[str, Any]], rows: Sequence[RecordedRow], status: int) -> None:
    """The events of `ask --json`, after which the command ended with `status`. Raises Broken."""
    by_id = {row.id: row for row in rows}
    ended: dict[str, str] = {}
    said: dict[str, str] = {}
    for event in events:
        kind, mention = event["type"], event["mention_id"]
        if mention in ended:
            raise Broken(NAME, f"{kind} comes after the end of {mention}")
        if kind == "started":
            if mention in said:
                raise Broken(NAME, f"{mention} is started twice")
            said[mention] = ""
            continue
        if mention not in said:
            raise Broken(NAME, f"{kind} comes before the beginning of {mention}")
        if kind == "token":
            said[mention] += event["content"]
        elif kind in ("done", "error"):
            ended[mention] = event["status"]
            if (kind == "done") != (event["status"] in ("complete", "length")):
                raise Broken(NAME, f"{mention} is {event['status']}, told by {kind}")
        elif event["row_id"] is not None and event["row_id"] not in by_id:
            raise Broken(NAME, f"{kind} tells of {event['row_id']}, which is no row")
    if open_ones := said.keys() - ended.keys():
        raise Broken(NAME, f"{sorted(open_ones)} have no end")
    for mention, text in said.items():
        spoken = "".join(row.content for row in rows if row.mention_id == mention and _is_spoken(row))
        if text != spoken:
            raise Broken(NAME, f"{mention} is {spoken[-200:]!r}, told is {text[-200:]!r}")
    allowed = {one for state in ended.values() for one in EXITS.get(state, FAILED)}
    if ended and status not in allowed:
        raise Broken(NAME, f"the answers are {sorted(ended.values())}, the status is {status}")


def check_answer_text(
    output: str, asker: str, rows: Sequence[RecordedRow], models: Sequence[str], before: Set[str]
) -> None:
    """The text of `ask`: that of answers to a question of the asker's, each under its name when there are several.

    `before` are the asker's rows that had been there before. Raises Broken.
    """
    questions = [row for row in rows if row.id not in before and row.author == asker and row.method == "message.user"]
    candidates = [_printed(question, rows, models) for question in questions]
    if output not in candidates:
        raise Broken(NAME, f"{asker} is shown {output[-200:]!r}, the answers are {[c[-200:] for c in candidates]}")


def _printed(question: RecordedRow, rows: Sequence[RecordedRow], models: Sequence[str]) -> str:
    parts = []
    for model in models:
        own = [row for row in rows if row.parent_id == question.id and row.author == model and _is_spoken(row)]
        own += [row for row in rows if _is_spoken(row) and row.author == model and row not in own
                and any(one.mention_id == row.mention_id for one in own)]  # fmt: skip
        text = sanitize("\n".join(row.content for row in own)).rstrip("\n")
        parts.append((f"== {model} ==\n" if len(models) > 1 else "") + (text + "\n" if text else ""))
    return "".join(parts)


def _is_spoken(row: RecordedRow) -> bool:
    return row.method in ("message.model", "message.model.chunk")
