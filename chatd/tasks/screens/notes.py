"""Words for one person alone, and behind which row of the room each of them stands. They are kept nowhere else."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import deque
from dataclasses import dataclass
from hashlib import blake2b

MAX_NOTES = 200
"""That are remembered; older ones go."""

MAX_CHARS = 131_072
"""Code points of all of them together."""


@dataclass(frozen=True, slots=True)
class Note:
    """Some words behind the row `behind` (0: before any); `number` is its own, later ones have greater ones."""

    number: int
    behind: int
    text: str
    level: str
    digest: bytes
    """What stands for the text where it is kept how it looks: a text may be long, and many may be alike."""


class Notes:
    """Those of one person in one room, oldest first."""

    def __init__(self) -> None:
        self._notes: deque[Note] = deque()
        self._chars = 0
        self._next = 0

    def add(self, text: str, level: str, behind: int) -> None:
        """One more, behind the newest row."""
        text = text[:MAX_CHARS]
        digest = blake2b(text.encode("utf-8", "replace"), digest_size=16).digest()
        self._notes.append(Note(self._next, behind, text, level, digest))
        self._next += 1
        self._chars += len(text)
        while len(self._notes) > MAX_NOTES or self._chars > MAX_CHARS:
            self._chars -= len(self._notes.popleft().text)

    @property
    def newest(self) -> int:
        """Behind which row the last one stands; -1 without any."""
        return self._notes[-1].behind if self._notes else -1

    def get(self, number: int) -> Note | None:
        """The note of this number, unless it has been let go."""
        index = number - self._notes[0].number if self._notes else -1
        return self._notes[index] if 0 <= index < len(self._notes) else None

    def last(self, behind: int, below: int | None = None) -> int | None:
        """The number of the last note behind a row, or of the last one before `below`; None when there is none."""
        if below is not None:
            note = self.get(below - 1)
            return note.number if note is not None and note.behind == behind else None
        index = bisect_right(self._notes, behind, key=_behind) - 1
        return self._number(index, behind)

    def first(self, behind: int, above: int | None = None) -> int | None:
        """The number of the first note behind a row, or of the first one after `above`; None when there is none."""
        if above is not None:
            note = self.get(above + 1)
            return note.number if note is not None and note.behind == behind else None
        return self._number(bisect_left(self._notes, behind, key=_behind), behind)

    def _number(self, index: int, behind: int) -> int | None:
        if 0 <= index < len(self._notes) and self._notes[index].behind == behind:
            return self._notes[index].number
        return None


def _behind(note: Note) -> int:
    return note.behind
