"""Writes a room as Markdown, JSON Lines or plain text, row by row."""

from __future__ import annotations

import re
from enum import StrEnum

from chatd.core.fence import fenced
from chatd.core.row import Method, Row, Status
from chatd.core.sanitize import sanitize_line
from chatd.core.times import iso
from chatd.wire.jsonl import dump, row_json

INDENT = "  "
"""The indent of the later lines of a row or a notice in text without columns."""

ENDINGS = {
    Status.LENGTH: "[length]", Status.CANCELLED: "[cancelled]", Status.TRUNCATED: "[cut]", Status.FAILED: "[failed]",
    Status.INTERRUPTED: "[interrupted]",
}  # fmt: skip
"""The marks behind answers that did not end well, for text without a screen."""

_LATER_LINES = re.compile("(?<=\n)(?=[^\n])")
_MARKUP = re.compile(r"[\\`*_\[\]<>&~|!#]")


class Format(StrEnum):
    """A format in which a room is written."""

    MD = "md"
    JSONL = "jsonl"
    TEXT = "text"


def head(room: str, topic: str, form: Format) -> str:
    """The text before the first row; it ends in LF unless it is empty."""
    if form is not Format.MD:
        return ""
    about = f"\n{_quoted(sanitize_line(topic))}\n" if topic else ""
    return f"# {_literal(room)}\n{about}"


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

    Its text is made `safe` by `core.sanitize`. A call names its tool before the arguments. How an answer ended stands
    behind it, unless that is as it should be.
    """
    called = f"{sanitize_line(row.tool_name or '')} " if row.method == Method.TOOL_CALL else ""
    shown = hanging((called + safe).replace("\t", "    ").rstrip("\n"))
    name = "* " if row.method == Method.SYSTEM else f"{sanitize_line(row.author)}: "
    mark = ENDINGS.get(row.status)
    return name + shown + (f" {mark}" if mark else "")


def hanging(text: str) -> str:
    """Lines below a first one, indented so that none of them can be taken for another row; blank ones stay empty."""
    return _LATER_LINES.sub(INDENT, text)


def _markdown(row: Row, safe: str) -> str:
    """Author and time, then the text as a quotation: Markdown in it cannot reach beyond it or look like a row."""
    name, when = f"**{_literal(row.author)}**", f"<small>{iso(row.created_at)}</small>"
    if row.method == Method.SYSTEM:
        name = f"*{_literal(row.author)}*"
    elif row.method == Method.TOOL_CALL:
        name = f"{name} calls {_literal(row.tool_name or '')}".rstrip()
    elif row.method == Method.TOOL_RESULT:
        name += " gives"
    if row.method in (Method.TOOL_CALL, Method.TOOL_RESULT):
        safe = fenced(safe)
    state = "" if row.status is Status.COMPLETE else f" *({row.status})*"
    return f"\n{name}{state} {when}\n\n{_quoted(safe)}\n"


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}" if line else ">" for line in text.split("\n"))


def _literal(text: str) -> str:
    """A line escaped so that Markdown shows it literally."""
    return _MARKUP.sub(r"\\\g<0>", sanitize_line(text))
