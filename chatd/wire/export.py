"""A room written out: as Markdown to read, as JSON Lines to process, as plain text. Incremental, row by row."""

from __future__ import annotations

from enum import StrEnum

from chatd.core.fence import fenced
from chatd.core.row import Method, Row, Status
from chatd.core.sanitize import sanitize_line
from chatd.core.times import iso
from chatd.wire.jsonl import dump, row_json


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


def row_as(row: Row, form: Format, safe: str) -> str:
    """One row, its whole text made `safe` by `core.sanitize`; ends in LF. No control characters but LF and TAB, in JSON
    none at all: there the text is as it was written, escaped.
    """
    match form:
        case Format.JSONL:
            return dump(row_json(row)) + "\n"
        case Format.TEXT:
            return line_of(row, safe) + "\n"
        case Format.MD:
            return _markdown(row, safe)


def line_of(row: Row, safe: str) -> str:
    """A row as line mode prints it: `NAME: text`, later lines indented by two blanks; system rows begin with `* `.

    Its text is made `safe` by `core.sanitize`. A call names its tool before the arguments.
    """
    called = f"{sanitize_line(row.tool_name or '')} " if row.method == Method.TOOL_CALL else ""
    shown = (called + safe).replace("\t", "    ").rstrip("\n").replace("\n", "\n  ")
    return f"* {shown}" if row.method == Method.SYSTEM else f"{sanitize_line(row.author)}: {shown}"


def _markdown(row: Row, safe: str) -> str:
    text = safe.strip("\n")
    when = f"<small>{iso(row.created_at)}</small>"
    if row.method == Method.SYSTEM:
        return f"\n*{text.replace(chr(10), ' ')}* {when}\n"
    name = f"**{sanitize_line(row.author)}**"
    if row.method in (Method.TOOL_CALL, Method.TOOL_RESULT):
        what = "calls" if row.method == Method.TOOL_CALL else "gives"
        tool = f" `{sanitize_line(row.tool_name)}`" if row.tool_name and row.method == Method.TOOL_CALL else ""
        return f"\n{name} {what}{tool} {when}\n\n{fenced(text)}\n"
    state = "" if row.status is Status.COMPLETE else f" [{row.status}]"
    return f"\n{name}{state} {when}\n\n{text}\n"
