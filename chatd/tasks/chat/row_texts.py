"""Rows' texts made fit for terminals: sanitised and wrapped once for each row and width, however many look at them.

Both are done as far as somebody looks, and never much at a time: who wants more of a long text than a step may do gets
what there is, and comes again. A growing row is followed: only its new pieces are sanitised and only its last visual
line is laid out again, so a long answer costs linear work.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import replace

import trio

from chatd.core.live_row import LiveRow
from chatd.core.row import Status
from chatd.core.sanitize import Sanitizer
from chatd.screen.fold import CodeFolder, FoldedLine, Folder
from chatd.screen.markdown import MarkdownLine, MarkdownWrapper
from chatd.screen.wrap import Wrapper
from chatd.tasks.chat.row_layouts import Layout, Layouts, W

MAX_CHARS = 32 << 20
"""Weight of all prepared texts of a server together, some bytes each; the least recently used are prepared again when
needed."""

PLAIN_WEIGHT, DOCUMENT_WEIGHT = 2, 4
"""What a code point weighs that is laid out, beside itself: bytes, where it is a letter of ASCII."""

EVERYTHING = 1 << 40
"""More characters than any row has."""

PREFIX = 4096
"""Bytes of a row's text that cross to scripts with the row (the rest by `tools.text` and `tools.lines`)."""

PREFIX_FROM = 2 * PREFIX
"""Characters of the row in which that beginning is looked for: a text may begin with any number that are dropped."""

PIECE = 1024
"""Characters sanitised at once: 2 ms of the dearest there are."""

DEAR = 3
"""Characters of layout that one takes as long as which has to be looked at alone to be sanitised: it takes 2 us."""


class RowText:
    """One row's sanitised text and its layouts. What does work takes `most`, how much of it, in characters of plain
    text, and returns how much it was.
    """

    def __init__(self) -> None:
        self.chars = 0
        """Code points that are sanitised."""
        self.counted = 0
        """For the owner: what it has counted it as."""
        self._live: LiveRow
        self._sanitizer = Sanitizer()
        self._taken = 0
        """Code points of the row that the sanitiser has."""
        self._raw, self._at = "", 0
        """What is being sanitised, and as far as it is."""
        self._flushed = False
        self._clean: list[str] = []
        self._plain = Layouts(Wrapper)
        self._documents = Layouts(MarkdownWrapper)
        self._folded = Layouts(Folder)
        self._code = Layouts(CodeFolder)
        self._prefix = ""

    def follow(self, live: LiveRow) -> None:
        """This is the row, as it stands now; or as it stood, for who is late: then what is known is newer."""
        if live.length >= self._taken:
            self._live = live

    @property
    def live(self) -> LiveRow:
        """The row."""
        return self._live

    @property
    def weight(self) -> int:
        """What is kept of it, see MAX_CHARS."""
        plain = self._plain.chars + self._folded.chars + self._code.chars
        return self.chars + PLAIN_WEIGHT * plain + DOCUMENT_WEIGHT * self._documents.chars

    @property
    def length(self) -> int:
        """Code points of the row as it stands."""
        return self._live.length

    @property
    def complete(self) -> bool:
        """Whether all of the row as it stands is sanitised."""
        return self._taken == self._live.length and (self._flushed or self._live.head.is_open)

    def prepare(self, chars: int = EVERYTHING, most: int = EVERYTHING) -> int:
        """Sanitise until `chars` code points are, or all there is."""
        spent = 0
        while self.chars < chars and not self.complete and spent < most:
            spent += self._sanitise()
        return spent

    def has(self, chars: int) -> bool:
        """Whether so many code points are sanitised, or all there is."""
        return self.chars >= chars or self.complete

    @property
    def text(self) -> str:
        """The whole sanitised text; `prepare` is for long ones."""
        self.prepare()
        return self.between(0, self.chars)

    def between(self, first: int, last: int) -> str:
        """The sanitised text from code point `first` to before `last`, as far as it is there."""
        if len(self._clean) > 1:
            for layouts in (self._plain, self._documents, self._folded, self._code):
                layouts.join(self._clean)
            self._clean = ["".join(self._clean)]
        return self._clean[0][first:last] if self._clean else ""

    @property
    def has_prefix(self) -> bool:
        """Whether `prefix` costs nothing."""
        return self.complete or self.chars >= PREFIX or self._taken >= PREFIX_FROM

    def prepare_prefix(self) -> int:
        """Go a step towards `prefix`; returns what that took."""
        return 0 if self.has_prefix else self._sanitise()

    @property
    def prefix(self) -> str:
        """The beginning of it, at most PREFIX bytes of UTF-8."""
        while not self.has_prefix:
            self._sanitise()
        if self._prefix.isascii():
            return self._prefix
        return self._prefix.encode()[:PREFIX].decode("utf-8", "ignore")

    def lines(self, columns: int, most: int = EVERYTHING) -> tuple[list[str], int, bool]:
        """The visual lines at this width, of what has been laid out so far; what that took, and whether it is all of
        the text. The list is the layout's own: read it, do not keep it.
        """
        plain = self._plain.take(columns)
        took, complete = self._lay_out(plain, most)
        self._plain.keep(columns, plain)
        return plain.wrapper.lines, took, complete

    def markdown(self, columns: int, most: int = EVERYTHING) -> tuple[list[MarkdownLine], int, bool]:
        """As `lines`, of the text read as Markdown."""
        document = self._documents.take(columns)
        took, complete = self._lay_out(document, most)
        if complete and self._flushed and not document.finished:
            document.finished = True
            document.wrapper.finish()
        self._documents.keep(columns, document)
        return document.wrapper.lines, took, complete

    def folded(self, columns: int, most: int = EVERYTHING) -> tuple[list[FoldedLine], int, bool]:
        """As `lines`, folded as a terminal does."""
        folded = self._folded.take(columns)
        took, complete = self._lay_out(folded, most)
        self._folded.keep(columns, folded)
        return folded.wrapper.lines, took, complete

    def code(self, columns: int, most: int = EVERYTHING) -> tuple[list[FoldedLine], int, bool]:
        """As `folded`, of the code blocks alone."""
        code = self._code.take(columns)
        took, complete = self._lay_out(code, most)
        if complete and self._flushed and not code.finished:
            code.finished = True
            code.wrapper.finish()
        self._code.keep(columns, code)
        return code.wrapper.lines, took, complete

    def _lay_out(self, layout: Layout[W], most: int) -> tuple[int, bool]:
        spent = layout.feed(self._clean, most)
        while spent < most and not self.complete:
            spent += self._sanitise()
            spent += layout.feed(self._clean, most - spent)
        layout.complete = self.complete and layout.piece == len(self._clean)
        return spent, layout.complete

    def _sanitise(self) -> int:
        """Take the next piece of the row; returns what that cost."""
        if self._at == len(self._raw):
            self._raw, self._at = self._live.since(self._taken), 0
        early = self._taken < PREFIX_FROM
        most = min(PIECE, PREFIX_FROM - self._taken) if early else PIECE
        raw = self._raw[self._at : self._at + most]
        self._at += len(raw)
        safe = self._sanitizer.feed(raw)
        self._taken += len(raw)
        cost = 0 if safe is raw else len(raw) * DEAR
        if self._taken == self._live.length and not self._live.head.is_open:
            self._flushed = True
            safe += self._sanitizer.flush()
        if safe:
            self._clean.append(safe)
            self.chars += len(safe)
            if early and len(self._prefix) < PREFIX:
                self._prefix += safe[: PREFIX - len(self._prefix)]
        return cost


class RowTexts:
    """The prepared texts of rows, least recently used first to go."""

    def __init__(self) -> None:
        self._texts: OrderedDict[str, RowText] = OrderedDict()
        self._chars = 0

    def of(self, live: LiveRow) -> RowText:
        """The row's text as it stands now. Ask again after each wait: it may have been let go."""
        row_id = live.head.id
        self._count()
        text = self._texts.pop(row_id, None) or RowText()
        text.follow(live)
        self._texts[row_id] = text
        while self._chars > MAX_CHARS and len(self._texts) > 1:
            _, oldest = self._texts.popitem(last=False)
            self._chars -= oldest.counted
        return text

    def thoughts_of(self, live: LiveRow) -> RowText | None:
        """What a model thought before a row, prepared as if it were one; None when it has thought nothing."""
        thinking = live.head.meta.get("thinking")
        if not isinstance(thinking, str):
            return None
        name = f"{live.head.id} thinking"
        known = self._texts.get(name)
        if known is not None and known.length == len(thinking):
            return self.of(known.live)
        return self.of(LiveRow(replace(live.head, id=name, content=thinking, status=Status.COMPLETE)))

    def _count(self) -> None:
        """What the text that was asked for last has grown by: nobody else works on another one meanwhile."""
        if self._texts:
            newest = next(reversed(self._texts.values()))
            weight = newest.weight
            self._chars += weight - newest.counted
            newest.counted = weight


async def prepare_prefixes(texts: RowTexts, rows: Iterable[LiveRow]) -> None:
    """Make the beginnings of these rows fit to be shown, so that asking for them costs nothing; in steps."""
    spent = 0
    for live in rows:
        while not texts.of(live).has_prefix:
            spent += texts.of(live).prepare_prefix()
            if spent > PREFIX_FROM:
                spent = 0
                await trio.lowlevel.checkpoint()
