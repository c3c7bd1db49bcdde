"""Text to lines that a terminal would make of it: broken at the last column, whatever stands there.

What is shown in such lines can be selected as the text that it was, when each that flows into the next is drawn so
(`Frame.put`). Words are nothing here, and blanks are kept.
"""

from chatd.screen.markdown.reader import CodeReader
from chatd.screen.widths import graphemes, width
from chatd.screen.wrap import TAB_COLUMNS, TOO_WIDE

FoldedLine = tuple[str, bool]
"""A text, and whether it flows into the next line."""


class Folder:
    """Folds a text that grows, however it is cut.

    Args:
        columns: of a line; less than 1 counts as 1.

    Attributes:
        lines: the lines so far, none wider than `columns`. Grows and changes in place, at its end only.
    """

    def __init__(self, columns: int) -> None:
        self._columns = max(1, columns)
        self.lines: list[FoldedLine] = [("", False)]

    def feed(self, text: str) -> None:
        """Add sanitised text: LF ends a line, TAB goes on to the next multiple of `TAB_COLUMNS`."""
        last, _ = self.lines.pop()  # it is folded again, for its last grapheme may grow
        for line in (last + text).split("\n"):
            self.lines += self._fold(line)

    def _fold(self, line: str) -> list[FoldedLine]:
        plain = line.isascii() and "\t" not in line
        columns = self._columns
        parts = [line[at : at + columns] for at in range(0, len(line), columns)] if plain else self._cut(line)
        return [*((part, True) for part in parts[:-1]), (parts[-1] if parts else "", False)]

    def _cut(self, line: str) -> list[str]:
        parts: list[str] = []
        part: list[str] = []
        used = 0
        for grapheme in graphemes(line):
            shown, wide = grapheme, width(grapheme)
            if grapheme == "\t":
                wide = min(TAB_COLUMNS - used % TAB_COLUMNS, self._columns)
                shown = " " * wide
            elif wide > self._columns:
                shown, wide = TOO_WIDE, 1
            if used + wide > self._columns:
                parts.append("".join(part))
                part, used = [], 0
            part.append(shown)
            used += wide
        return [*parts, "".join(part)]


class CodeFolder:
    """Folds the code blocks of a growing text in Markdown, a blank line between two; `lines` as those of a `Folder`."""

    def __init__(self, columns: int) -> None:
        folder = Folder(columns)
        self.lines = folder.lines
        self._reader = CodeReader(folder.feed)

    def feed(self, text: str) -> None:
        """Add sanitised text at the end, and fold what it makes."""
        self._reader.feed(text)

    def finish(self) -> None:
        """End the text, which nothing may follow."""
        self._reader.finish()
