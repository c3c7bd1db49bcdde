"""A row in memory, which may grow still."""

from __future__ import annotations

from dataclasses import replace

from chatd.core.annotation import annotated
from chatd.core.row import Annotated, Finished, Row, thought_in
from chatd.core.text import newest


class LiveRow:
    """A row in memory. An open row's text is a list of pieces, joined only when somebody wants the whole."""

    __slots__ = ("_grown_at", "_pieces", "_row", "length", "size")

    def __init__(self, row: Row) -> None:
        self._row = row
        self._pieces = [row.content]
        self._grown_at = row.updated_at
        self.length = len(row.content)
        """Code points."""
        self.size = _size(row.content)
        """Bytes of UTF-8."""

    @property
    def head(self) -> Row:
        """The row as it began to grow: cheap, right in everything but `content` and `updated_at`."""
        return self._row

    @property
    def row(self) -> Row:
        """The whole row as it stands."""
        text = self.text
        if self._row.content is not text:
            self._row = replace(self._row, content=text, updated_at=self._grown_at)
        return self._row

    @property
    def weight(self) -> int:
        """Code points that it keeps in memory: its text and what was thought before it."""
        return self.length + thought_in(self._row.meta)

    @property
    def text(self) -> str:
        """The whole text so far. Costs its length; `since` does not."""
        return self._pieces[0] if len(self._pieces) == 1 else "".join(self._pieces)

    def since(self, offset: int) -> str:
        """The text from code point `offset` on, at the cost of what is returned."""
        return newest(self._pieces, self.length - offset)

    def grow(self, text: str, at: int) -> None:
        """Add a piece of text at the end of the row."""
        self._pieces.append(text)
        self.length += len(text)
        self.size += _size(text)
        self._grown_at = at

    def annotate(self, entry: Annotated) -> None:
        """Take what a script has found out about the row, which may grow on."""
        self._grown_at = entry.at
        self._row = replace(self._row, meta=annotated(self._row.meta, entry.values), updated_at=entry.at)

    def finish(self, entry: Finished) -> None:
        """End the row: its text and status are what they stay."""
        self._pieces = [self.text]
        self._row = replace(
            self._row,
            content=self._pieces[0],
            method=entry.method,
            status=entry.status,
            meta=entry.meta,
            updated_at=entry.at,
            finished_at=entry.at,
        )


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "replace"))
