"""What commands print of rows: history, tail, export and search show what is on disk, all of it, and nobody else's."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from chatd.core.sanitize import sanitize, sanitize_line
from chatd.testing.checks import Broken
from chatd.testing.simulation.oracles.record import RecordedRow, is_visible

ENDINGS = {
    "length": "[length]", "cancelled": "[cancelled]", "truncated": "[cut]", "failed": "[failed]",
    "interrupted": "[interrupted]",
}  # fmt: skip
"""What text says of an answer that did not end well."""

WORD = re.compile(r"[^\W_]+")


def json_lines(name: str, output: str) -> list[dict[str, Any]]:
    """The objects of JSON Lines. Raises Broken."""
    try:
        return [json.loads(line) for line in output.splitlines()]
    except ValueError as error:
        raise Broken(name, f"{error} in {output[-200:]!r}") from error


def line_of(row: RecordedRow) -> str:
    """A row as text: its author, what was said with later lines indented, and how it ended."""
    called = f"{sanitize_line(row.tool_name or '')} " if row.method == "tool.call" else ""
    words = (called + sanitize(row.content)).replace("\t", "    ").rstrip("\n")
    shown = "\n".join(f"  {line}" if at and line else line for at, line in enumerate(words.split("\n")))
    name = "* " if row.method == "message.system" else f"{sanitize_line(row.author)}: "
    return name + shown + (f" {ENDINGS[row.status]}" if row.status in ENDINGS else "")


def check_told(name: str, told: dict[str, Any], row: RecordedRow | None, known: int | None = None) -> None:
    """A row as a client was told of it, by what is on disk now: it may have grown since. Raises Broken.

    `known` is the length that the row had for certain.
    """
    if row is None:
        raise Broken(name, f"{told.get('id')} is told, and is no row: {str(told)[:200]}")
    for key, value in row.as_json().items():
        if told.get(key) != value:
            raise Broken(name, f"{key} of row {row.seq} is {value!r}, told is {told.get(key)!r}")
    content, status = told["content"], told["status"]
    if status != "open" and (content, status, told["finished_at"]) != (row.content, row.status, row.finished_at):
        raise Broken(name, f"row {row.seq} is {row.content[:80]!r}, {row.status}; told is {content[:80]!r}, {status}")
    if not row.content.startswith(content) or (known is not None and len(content) < known):
        raise Broken(name, f"row {row.seq} is {row.content[:80]!r}; told is {content[:80]!r}, known were {known}")


def check_window(
    name: str, told: Sequence[dict[str, Any]], rows: Sequence[RecordedRow], *, most: int, least: int, newest: int,
    known: dict[str, int],
) -> None:  # fmt: skip
    """The last `most` rows of a room, oldest first, at some moment between its having `least` rows and `newest`.

    Raises Broken.
    """
    by_id = {row.id: row for row in rows}
    for one in told:
        check_told(name, one, by_id.get(one["id"]), known.get(one["id"]))
    numbers = [one["seq"] for one in told]
    last = numbers[-1] if numbers else min(least, 0 if most else least)
    if numbers != list(range(last - len(numbers) + 1, last + 1)):
        raise Broken(name, f"the rows {numbers} do not follow each other")
    if most and not least <= last <= newest:
        raise Broken(name, f"row {last} is the last that is told, of {least} to {newest}")
    # What comes while the first rows are being read comes on top.
    if not min(most, last) <= len(numbers) <= max(most, 0) + newest - least:
        raise Broken(name, f"{len(numbers)} rows are told, of {most} that were asked for, and {last} that there are")


def check_text(name: str, output: str, rows: Sequence[RecordedRow], *, most: int, least: int, newest: int) -> None:
    """The same as text, where no row was open meanwhile. Raises Broken."""
    shown = [(row.seq, line_of(row)) for row in rows]
    for first in range(least, newest + 1):
        for last in range(first, newest + 1):  # what comes while the first rows are being read comes on top
            lines = [line for seq, line in shown if first - most < seq <= last]
            if output == "".join(f"{line}\n" for line in lines):
                return
    wanted = "\n".join(line for seq, line in shown if newest - most < seq <= newest)
    raise Broken(name, f"printed is {output[-400:]!r}, in the room stands {wanted[-400:]!r}")


def check_markdown(name: str, output: str, rows: Sequence[RecordedRow], least: int) -> None:
    """Every row that was there stands in the export, in its order. Raises Broken."""
    at = 0
    for row in rows:
        if row.seq > least or row.is_open:
            continue
        quoted = "\n".join(f"> {line}" if line else ">" for line in sanitize(row.content).split("\n"))
        needle = quoted if row.method not in ("tool.call", "tool.result") else quoted.removeprefix("> ")
        found = output.find(f"{needle}\n", at)
        if found < 0:
            raise Broken(name, f"row {row.seq}, {row.content[:80]!r}, is not in the export behind the one before")
        at = found + len(needle)


def matches(row: RecordedRow, words: Sequence[str], author: str | None) -> bool:
    """Whether somebody who looks for these words finds the row."""
    if row.method not in ("message.user", "message.model") or row.is_open:
        return False
    if author is not None and row.author != author:
        return False
    there = set(WORD.findall(row.content.lower()))
    return all(word in there for word in words)


def check_found(
    name: str, found: Sequence[dict[str, Any]], rows: Sequence[RecordedRow], *, who: str, words: Sequence[str],
    author: str | None, known: set[str],
) -> None:  # fmt: skip
    """The rows that a search finds: all that were `known` to be whole, the newest first. Raises Broken."""
    by_id = {row.id: row for row in rows}
    for one in found:
        row = by_id.get(one["id"])
        check_told(name, one, row)
        assert row is not None
        if not is_visible(row.room, who):
            raise Broken(name, f"{who} finds what was said in {row.room}")
        if not matches(row, words, author):
            raise Broken(name, f"{words} by {author} are not in {row.author}: {row.content[:80]!r}")
    numbers = [by_id[one["id"]].n for one in found]
    if numbers != sorted(set(numbers), reverse=True):
        raise Broken(name, f"the newest is not the first: {numbers}")
    wanted = {row.id for row in rows if row.id in known and is_visible(row.room, who) and matches(row, words, author)}
    if missing := wanted - {one["id"] for one in found}:
        raise Broken(name, f"{who} does not find {sorted(missing)}, which have {words}")
