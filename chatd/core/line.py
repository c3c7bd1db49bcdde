"""A typed line that asks: `@model text`, `@a,b text`."""

from __future__ import annotations

import re

from chatd.core.names import fold

_QUESTION = re.compile(r"@(\S+)\s*(.*)", re.DOTALL)
_TRAILING = ":;.!?"


def split_names(text: str) -> list[str]:
    """The models in `eliza`, `@a,b` or `@a,@b:`, folded, each once, in the order written."""
    parts = (fold(part).removeprefix("@").rstrip(_TRAILING) for part in text.split(","))
    return list(dict.fromkeys(part for part in parts if part))


def split_question(line: str) -> tuple[list[str], str] | None:
    """Whom a line asks, and what. None when the line asks nobody."""
    match = _QUESTION.fullmatch(line.strip())
    if match is None:
        return None
    asked = split_names(match[1])
    return (asked, match[2].strip()) if asked else None
