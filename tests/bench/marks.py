"""Marks: what a viewer's bytes are searched for to know that a message has been shown.

A server sends what has changed on a screen, cell by cell, so a word that stood at the same place already is not sent
again, and a counter of words counts too few. A mark is one letter again and again: any two marks differ in every cell
in which they can meet, wherever they stand, and nothing else on a screen has these letters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

LETTERS = "".join(map(chr, (*range(0x410, 0x450), *range(0x531, 0x557), *range(0x561, 0x587))))
"""Cyrillic and Armenian: one cell and two bytes each, in no word of the interface."""

LAST = "αβγδεζηθικλμνξπρστυφχψω"
"""For messages that are waited for: each of them once, so that an older one is not taken for it."""

WIDTH = 8
"""Letters of a mark: as long as no text that is shown by chance."""

SIZE = 80
"""Bytes of a message, its end of line left out."""

_FOUND = re.compile(rb"([\xce-\xd6][\x80-\xbf])\1{%d}" % (WIDTH - 1))


def mark(number: int) -> str:
    """The mark of a message. Messages that stand on a screen at the same time have different ones."""
    return LETTERS[number % len(LETTERS)] * WIDTH


def last(number: int) -> str:
    """The mark of a message that is waited for."""
    return LAST[number % len(LAST)] * WIDTH


def message(its_mark: str, number: int) -> str:
    """A message of SIZE bytes that carries a mark; the rest is digits, so that no letter is met by chance."""
    head = f"{its_mark} {number:06} "
    return head + ("0123456789 " * SIZE)[: SIZE - len(head.encode()) - 1] + "."


def found(data: bytes) -> Iterator[str]:
    """The marks in what a viewer was sent, in its order."""
    for match in _FOUND.finditer(data):
        yield match[1].decode() * WIDTH


class Deliveries:
    """Messages under way, and who has been shown which: seconds from the write to each viewer's first read of it."""

    def __init__(self) -> None:
        self.took: list[float] = []
        self._sent: dict[str, tuple[int, float, int]] = {}
        self._seen: dict[int, set[int]] = {}

    def send(self, its_mark: str, number: int, at: float, by: int = -1) -> None:
        """A message is written, `by` a viewer: what it shows to its author is no delivery."""
        self._sent[its_mark] = (number, at, by)
        self._seen[number] = set()

    def read(self, viewer: int, data: bytes, at: float) -> None:
        """A viewer was sent this. A mark that comes again, as lines that are painted anew do, counts once."""
        for its_mark in found(data):
            if its_mark in self._sent:
                number, began, by = self._sent[its_mark]
                if viewer != by and viewer not in self._seen[number]:
                    self._seen[number].add(viewer)
                    self.took.append(at - began)

    def seen(self, number: int) -> int:
        """By how many viewers."""
        return len(self._seen.get(number, ()))
