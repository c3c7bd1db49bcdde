"""How one thing looks: a row, a note, the line between two rows, an answer that has not begun, the status line."""

from __future__ import annotations

from chatd.screen.frame import Line


class Block:
    """So many lines, of which those that somebody wanted to see are at hand. What is there does not change."""

    __slots__ = ("_lines", "counted", "day", "height", "hidden", "text", "unfinished")

    def __init__(self) -> None:
        self.height = 0
        self.day: int | None = None
        """The number of the day that it is of, as the person counts days; None for what has no time."""
        self.hidden = False
        """Whether a script wants it not to be seen: it has no lines, and counts for nothing."""
        self.unfinished = False
        """Whether it is still being laid out: `height` is that of what there is."""
        self.text = b""
        """What its lines say that are at hand, in lower case (of ASCII): what does not stand here, is not in them."""
        self.counted = 0
        """For whoever keeps it: what it was last counted as."""
        self._lines: dict[int, Line] = {}

    @property
    def lines_at_hand(self) -> int:
        """How many lines are at hand."""
        return len(self._lines)

    def put(self, number: int, line: Line) -> None:
        """Set line `number`, counted from 1, unless it is there."""
        if number not in self._lines:
            self._lines[number] = line
            self.text += "".join([text for text, _ in line]).encode("utf-8", "replace").lower() + b"\n"

    def has(self, first: int, last: int) -> bool:
        """Whether the lines from `first` to `last` are at hand, as far as there are so many."""
        at_hand = self._lines
        return all(number in at_hand for number in range(max(1, first), min(last, self.height) + 1))

    def lines(self, first: int, last: int) -> list[Line]:
        """The lines from `first` to `last`, which are at hand."""
        return [self._lines[number] for number in range(first, last + 1)]
