"""Rows' texts made fit for terminals: sanitised and wrapped once for each row and width, however many look at them.

A growing row is followed incrementally: only its new pieces are sanitised and only its last visual line is laid out
again, so a long answer costs linear work.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Generic, TypeVar

from chatd.core.room import LiveRow
from chatd.core.sanitize import Sanitizer
from chatd.screen.markdown import MarkdownLine, MarkdownWrapper
from chatd.screen.wrap import Wrapper

MAX_CHARS = 8 << 20
"""Code points of all prepared texts of a server together; the least recently used are prepared again when needed."""

MAX_WIDTHS = 8
"""Widths kept for one row: as many different terminals look at it at once, others are laid out again."""

MAX_DOCUMENTS = 4
"""Widths for which one row is kept laid out as Markdown: each takes some times the memory of plain lines."""

EVERYTHING = 1 << 40
"""More characters than any row has."""

PREFIX = 4096
"""Bytes of a row's text that cross to scripts with the row (the rest by `tools.text` and `tools.lines`)."""


W = TypeVar("W", Wrapper, MarkdownWrapper)


class RowText:
    """One row's sanitised text and its layouts."""

    def __init__(self) -> None:
        self.chars = 0
        self._sanitizer = Sanitizer()
        self._taken = 0
        self._flushed = False
        self._clean: list[str] = []
        self._plain: OrderedDict[int, _Layout[Wrapper]] = OrderedDict()
        self._documents: OrderedDict[int, _Layout[MarkdownWrapper]] = OrderedDict()
        self._prefix = ""

    def follow(self, live: LiveRow) -> None:
        """Take what the row has grown by."""
        piece = self._sanitizer.feed(live.since(self._taken))
        self._taken = live.length
        if not live.head.is_open and not self._flushed:
            self._flushed = True
            piece += self._sanitizer.flush()
        if piece:
            self._clean.append(piece)
            self.chars += len(piece)
            if len(self._prefix) < PREFIX:
                self._prefix += piece[: PREFIX - len(self._prefix)]

    @property
    def text(self) -> str:
        """The whole sanitised text."""
        if len(self._clean) > 1:
            self._clean = ["".join(self._clean)]
            self._plain.clear()  # they count pieces; joining happens only when a row is done or read as a whole
            self._documents.clear()
        return self._clean[0] if self._clean else ""

    @property
    def prefix(self) -> str:
        """The beginning of it, at most PREFIX bytes of UTF-8."""
        if self._prefix.isascii():
            return self._prefix
        return self._prefix.encode()[:PREFIX].decode("utf-8", "ignore")

    def lines(self, columns: int, most: int = EVERYTHING) -> tuple[list[str], int, bool]:
        """The visual lines at this width: those of what has been laid out so far.

        At most `most` further characters are laid out now; returns how many it took, too, and whether that is all of
        the text. The list is the layout's own: read it, do not keep it.
        """
        plain = self._plain.pop(columns, None) or _Layout(Wrapper(columns))
        took = plain.feed(self._clean, most)
        _keep(self._plain, columns, plain, MAX_WIDTHS)
        return plain.wrapper.lines, took, plain.fed == len(self._clean)

    def markdown(self, columns: int, most: int = EVERYTHING) -> tuple[list[MarkdownLine], int, bool]:
        """As `lines`, of the text read as Markdown."""
        document = self._documents.pop(columns, None) or _Layout(MarkdownWrapper(columns))
        took = document.feed(self._clean, most)
        complete = document.fed == len(self._clean)
        if complete and self._flushed and not document.finished:
            document.finished = True
            document.wrapper.finish()
        _keep(self._documents, columns, document, MAX_DOCUMENTS)
        return document.wrapper.lines, took, complete


@dataclass(slots=True)
class _Layout(Generic[W]):
    wrapper: W
    fed: int = 0
    """Pieces it has, whole."""
    offset: int = 0
    """Characters it has of the piece after those."""
    finished: bool = False

    def feed(self, pieces: list[str], most: int) -> int:
        took = 0
        while self.fed < len(pieces) and took < most:
            piece = pieces[self.fed]
            part = piece[self.offset : self.offset + most - took]
            self.wrapper.feed(part)
            took += len(part)
            self.offset += len(part)
            if self.offset == len(piece):
                self.fed, self.offset = self.fed + 1, 0
        return took


def _keep(kept: OrderedDict[int, _Layout[W]], columns: int, layout: _Layout[W], most: int) -> None:
    kept[columns] = layout
    while len(kept) > most:
        kept.popitem(last=False)


class RowTexts:
    """The prepared texts of rows, least recently used first to go."""

    def __init__(self) -> None:
        self._texts: OrderedDict[str, RowText] = OrderedDict()
        self._chars = 0

    def of(self, live: LiveRow) -> RowText:
        """The row's text as it stands now."""
        row_id = live.head.id
        text = self._texts.pop(row_id, None) or RowText()
        self._chars -= text.chars
        text.follow(live)
        self._texts[row_id] = text
        self._chars += text.chars
        while self._chars > MAX_CHARS and len(self._texts) > 1:
            _, oldest = self._texts.popitem(last=False)
            self._chars -= oldest.chars
        return text
