"""What a command line names: its room, its options."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

VALUED = ("--limit", "--before", "-n", "--format", "--since", "--count", "--until", "--room")
"""Options that have a value."""


def words_of(line: str) -> list[str]:
    """The words of a command, as a shell would split them."""
    try:
        return shlex.split(line)
    except ValueError:
        return line.split()


def plain_words(words: Sequence[str]) -> list[str]:
    """The words that are neither options nor their values."""
    found: list[str] = []
    before = ""
    for word in words:
        if before not in VALUED and not (word.startswith("-") and len(word) > 1):
            found.append(word)
        before = word
    return found


def room_of(words: Sequence[str]) -> str:
    """The room that the words after a command name, or the one they mean."""
    return (plain_words(words) or ["lobby"])[0]


def option(words: Sequence[str], name: str) -> str | None:
    """An option's value."""
    return words[words.index(name) + 1] if name in words else None
