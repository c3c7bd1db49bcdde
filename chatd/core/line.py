"""A typed line that asks: `@model text`, `@a,b text`, `@(a, b) text`. The one home of the rule where a name ends.

A name goes on as long as its script does, so that nothing need stand between it and Chinese words; full-width signs
count as the plain ones. `@bob's` speaks of bob.
"""

from __future__ import annotations

import re

from chatd.core.names import fold

_AT = "@\uff20"
_COMMAS = ",\uff0c"
_APOSTROPHES = "'\u2019\u02bc\uff07"
_TRAILING = ":;.!?"
_AFTER = ":;.!?\uff1a\uff1b\uff01\uff1f\uff0e\u3002\u3001" + _COMMAS
"""What may stand between the names and the question."""

_NAME = re.compile(rf"[{_AT}]?([^\s{_AT}{_COMMAS}{_APOSTROPHES}\x7f-\xbf\u0250-\U0010ffff][!-&(-+\--~\xc0-\u024f]*)")
"""Printable ASCII and Latin letters: names of people, and of models with their tags."""
_IN_BRACKETS = re.compile(rf"[{_AT}][(\uff08]([^()\uff08\uff09\n]{{1,300}})[)\uff09]")
"""Names with a clear end, whatever they are made of."""
_ANOTHER = re.compile(rf"[{_COMMAS}](?=[{_AT}]?[a-z0-9~])", re.IGNORECASE)
_REST = re.compile(rf"[{_AFTER}]*\s*(.*)", re.DOTALL)


def split_names(text: str) -> list[str]:
    """The models in `eliza`, `@a,b` or `@a,@b:`, folded, each once, in the order written."""
    parts = (fold(part).lstrip(_AT).rstrip(_TRAILING + "\uff1a") for part in re.split(f"[{_COMMAS}]", text))
    return list(dict.fromkeys(part for part in parts if part))


def split_question(line: str) -> tuple[list[str], str] | None:
    """Whom a line asks, and what. None when the line asks nobody."""
    line = line.strip()
    if line[:1] not in tuple(_AT):
        return None
    if (bracketed := _IN_BRACKETS.match(line)) is not None:
        found = split_names(bracketed[1]), bracketed.end()
    elif (named := _names(line)) is not None:
        found = named
    else:
        return None
    asked, at = found
    rest = _REST.match(line, at)
    assert rest is not None
    return (list(dict.fromkeys(asked)), rest[1]) if asked else None


def _names(line: str) -> tuple[list[str], int] | None:
    """The names that a line begins with, and where they end. None for one that speaks of somebody."""
    asked: list[str] = []
    at = 0
    while match := _NAME.match(line, at):
        asked += split_names(match[1])
        at = match.end()
        if line[at : at + 1] in tuple(_APOSTROPHES):
            return None
        another = _ANOTHER.match(line, at)
        if another is None:
            break
        at = another.end()
    return asked, at
