"""A room written out: as Markdown to read, as JSON Lines to process, as plain text. Incremental, row by row."""

from __future__ import annotations

import re
from enum import StrEnum

from chatd.core.row import Method, Row, Status
from chatd.core.sanitize import sanitize, sanitize_line
from chatd.core.times import iso
from chatd.wire.jsonl import dump, row_json

_FENCES = re.compile("`{3,}")


class Format(StrEnum):
    """How a room is written out."""

    MD = "md"
    JSONL = "jsonl"
    TEXT = "text"


def head(room: str, topic: str, form: Format) -> str:
    """What stands before the first row; ends in LF unless it is empty."""
    if form is not Format.MD:
        return ""
    about = f"\n{sanitize_line(topic)}\n" if topic else ""
    return f"# {sanitize_line(room)}\n{about}"


def row_as(row: Row, form: Format) -> str:
    """One row, with its whole text; ends in LF. No control characters but LF and TAB, in JSON none at all."""
    match form:
        case Format.JSONL:
            return dump(row_json(row)) + "\n"
        case Format.TEXT:
            return line_of(row, row.content) + "\n"
        case Format.MD:
            return _markdown(row)


def line_of(row: Row, text: str) -> str:
    """A row as line mode prints it: `NAME: text`, later lines indented by two blanks; system rows begin with `* `.

    A call names its tool before the arguments.
    """
    called = f"{row.tool_name} " if row.method == Method.TOOL_CALL else ""
    shown = sanitize(called + text).replace("\t", "    ").rstrip("\n").replace("\n", "\n  ")
    return f"* {shown}" if row.method == Method.SYSTEM else f"{sanitize_line(row.author)}: {shown}"


def _markdown(row: Row) -> str:
    text = sanitize(row.content).strip("\n")
    when = f"<small>{iso(row.created_at)}</small>"
    if row.method == Method.SYSTEM:
        return f"\n*{text.replace(chr(10), ' ')}* {when}\n"
    name = f"**{sanitize_line(row.author)}**"
    if row.method in (Method.TOOL_CALL, Method.TOOL_RESULT):
        what = "calls" if row.method == Method.TOOL_CALL else "gives"
        tool = f" `{sanitize_line(row.tool_name)}`" if row.tool_name and row.method == Method.TOOL_CALL else ""
        return f"\n{name} {what}{tool} {when}\n\n{_fenced(text)}\n"
    state = "" if row.status is Status.COMPLETE else f" [{row.status}]"
    return f"\n{name}{state} {when}\n\n{text}\n"


def _fenced(text: str) -> str:
    """The text in a fence that nothing in it can close."""
    fence = "`" * max([3, *(len(found) + 1 for found in _FENCES.findall(text))])
    return f"{fence}\n{text}\n{fence}"
