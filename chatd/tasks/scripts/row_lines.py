"""The functions of `tools` that give the lines of a row: laid out once for all who look, a bounded piece at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from chatd.core.live_row import LiveRow
from chatd.ports import HostFunction, Plain
from chatd.screen.fold import FoldedLine
from chatd.tasks.chat.row_texts import EVERYTHING, RowTexts
from chatd.tasks.scripts.arguments import whole
from chatd.tasks.scripts.layout import flat

MAX_LAID_OUT = 2048
"""Characters of rows that one callback has laid out as Markdown, 7 ms of text or 20 ms of a table: of a longer answer
the rest follows in the next frames, and nobody waits for it."""

MAX_WRAPPED = 4096
"""The same for plain text: some 30 ms of the dearest there is, a few as a rule."""

NOT_YET = -1
"""What `lines` and `markdown` say of a row that is being fetched: no lines so far, and more to come."""


class RowLines:
    """Lines of rows for one runtime."""

    def __init__(
        self, texts: RowTexts, find: Callable[[str], LiveRow | None], want_more: Callable[[], None]
    ) -> None:  # fmt: skip
        """`find` gives a row that the script may look at, None while it is being fetched, and raises ScriptError for
        any other; `want_more` is called when lines are missing that another callback will have.
        """
        self._texts = texts
        self._find = find
        self._want_more = want_more
        self._markdown_left = MAX_LAID_OUT
        self._plain_left = MAX_WRAPPED

    def functions(self) -> Mapping[str, HostFunction]:
        """This part of the table."""
        return {
            "lines": self._lines, "markdown": self._markdown, "folded": self._folded, "code": self._code,
            "thoughts": self._thoughts,
        }  # fmt: skip

    def refill(self) -> None:
        """Another callback begins: it may have as much laid out as each may."""
        self._markdown_left, self._plain_left = MAX_LAID_OUT, MAX_WRAPPED

    def text(self, row_id: str, first: int = 1, last: int | None = None) -> str:
        """tools.text(id, first, last) where nothing can wait: as much of it as is prepared, the rest another time."""
        live = self._find(row_id)
        if live is None:
            return ""
        part = span(first, last)
        text, end = self._texts.of(live), part.stop or EVERYTHING
        self._plain_left = max(0, self._plain_left - text.prepare(end, self._plain_left))
        if not text.has(end):
            self._want_more()
        return text.between(part.start, end)

    def _lines(self, row_id: str, width: int, first: int | None = None, last: int | None = None) -> Plain:
        live = self._find(row_id)
        if live is None:
            return NOT_YET if first is None else []
        lines, took, complete = self._texts.of(live).lines(max(1, whole(width)), self._plain_left)
        self._plain_left = max(0, self._plain_left - took)
        if first is None:
            return self._count(len(lines), complete)
        return list(lines[span(first, last)])

    def _markdown(self, row_id: str, width: int, first: int | None = None, last: int | None = None) -> Plain:
        live = self._find(row_id)
        if live is None:
            return NOT_YET if first is None else []
        lines, took, complete = self._texts.of(live).markdown(max(1, whole(width)), self._markdown_left)
        self._markdown_left = max(0, self._markdown_left - took)
        if first is None:
            return self._count(len(lines), complete)
        return flat(lines[span(first, last)])

    def _folded(self, row_id: str, width: int, first: int | None = None, last: int | None = None) -> Plain:
        live = self._find(row_id)
        if live is None:
            return NOT_YET if first is None else []
        lines, took, complete = self._texts.of(live).folded(max(1, whole(width)), self._plain_left)
        self._plain_left = max(0, self._plain_left - took)
        return self._count(len(lines), complete) if first is None else _flowing(lines[span(first, last)])

    def _code(self, row_id: str, width: int, first: int | None = None, last: int | None = None) -> Plain:
        live = self._find(row_id)
        if live is None:
            return NOT_YET if first is None else []
        lines, took, complete = self._texts.of(live).code(max(1, whole(width)), self._markdown_left)
        self._markdown_left = max(0, self._markdown_left - took)
        return self._count(len(lines), complete) if first is None else _flowing(lines[span(first, last)])

    def _count(self, lines: int, complete: bool) -> int:
        if complete:
            return lines
        self._want_more()  # the next one goes on with it
        return -lines - 1

    def _thoughts(self, row_id: str, width: int, first: int | None = None, last: int | None = None) -> Plain:
        """The lines of what a model thought before a row, as `_lines` gives those of the row."""
        live = self._find(row_id)
        if live is None:
            return NOT_YET if first is None else []
        text = self._texts.thoughts_of(live)
        if text is None:
            return 0 if first is None else []
        lines, took, complete = text.lines(max(1, whole(width)), self._plain_left)
        self._plain_left = max(0, self._plain_left - took)
        return self._count(len(lines), complete) if first is None else list(lines[span(first, last)])


def _flowing(lines: Sequence[FoldedLine]) -> list[Plain]:
    return [[text, flows] for text, flows in lines]


def span(first: object, last: object) -> slice:
    """From the `first` to the `last`, counted from 1; to the end when there is no `last`."""
    return slice(max(0, whole(first) - 1), None if last is None else whole(last))
