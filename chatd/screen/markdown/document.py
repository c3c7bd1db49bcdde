"""A document that grows: containers, the open block, and the lines of it all."""

from __future__ import annotations

from dataclasses import dataclass

from chatd.screen.markdown.code import CodeBlock
from chatd.screen.markdown.highlight import MAX_HIGHLIGHTED, Highlighter, language_of
from chatd.screen.markdown.leaves import Heading, Paragraph, Place
from chatd.screen.markdown.starts import MAX_ROW, MAX_START, Container, Item, Leaf, Quote, Start, read_start
from chatd.screen.markdown.styled import MarkdownLine, Span, line_of, stripped, width_of
from chatd.screen.markdown.table import MAX_COLUMNS, Table, alignments, split_row

_BAR: Span = ("│ ", "quote")
_BULLET = "•"

_STREAMING = frozenset({"text", "more", "heading", "code", "indented"})
"""What goes on with the rest of its line."""


@dataclass(slots=True)
class _Open:
    """A container and how it is shown."""

    container: Container
    marker: str = ""  # with the blank behind it; "" for a quote
    number: int = 0
    fresh: bool = False  # the marker is still to be shown


class MarkdownWrapper:
    """Lays out Markdown that grows: however it is cut, `lines` shows what was fed so far.

    A beginning of a line that may yet become something else ("-", "```py", "**") is not shown until it is decided;
    nor is a table's row until it is whole.

    Args:
        columns: of a line; less than 1 counts as 1.
        highlighted: code points coloured in one code block, the rest is plain.

    Attributes:
        lines: the lines so far, none wider than `columns`; none for no text. Grows and changes in place, at its end
            only. Text must have been sanitised: LF and TAB are the only controls.
    """

    def __init__(self, columns: int, *, highlighted: int = MAX_HIGHLIGHTED) -> None:
        self.lines: list[MarkdownLine] = []
        self._columns = max(1, columns)
        self._highlighted = highlighted
        self._open: list[_Open] = []
        self._block: Paragraph | Heading | CodeBlock | Table | None = None
        self._leaf = Leaf()  # what the block means for the next line; a paragraph's is made when it is asked for
        self._begin = ""  # of a line that has not decided what it is
        self._streams = False  # the line has
        self._gap: int | None = None  # after blank lines: the containers that went on over them
        self._blanks = 0
        self._settled = 0  # lines that nothing can change any more, a paragraph's last line excepted
        self._replaced: list[MarkdownLine] = []  # lines that were seen and are being laid out anew

    def feed(self, text: str) -> int:
        """Add text; return the index of the first line that changed, `len(lines)` when none did."""
        if not text:
            return len(self.lines)
        self._begin_change()
        *whole, last = text.split("\n")
        for part in whole:
            self._take(part, ends=True)
        self._take(last, ends=False)
        return self._show()

    def finish(self) -> int:
        """End the text, which nothing may follow; return what `feed` does."""
        self._begin_change()
        if self._begin or self._streams:
            self._take("", ends=True)
        self._close_block()
        self._truncate(0)
        return self._show()

    def _show(self) -> int:
        before, first = self._replaced, self._settled
        self._replaced = []
        self._settled = len(self.lines)
        if self._block is not None:
            self.lines += self._block.view()
        elif any(shown.fresh for shown in self._open):
            self.lines += self._markers(self._place(use=False))
        for line in before:
            if first == len(self.lines) or line != self.lines[first]:
                break
            first += 1
        return first

    def _begin_change(self) -> None:
        self._replaced = self.lines[self._settled :]
        del self.lines[self._settled :]

    def _take_back(self, at: int) -> None:
        """Remove the lines from `at`; those that were shown are kept to be compared."""
        self._replaced = self.lines[at : self._settled] + self._replaced
        self._settled = min(at, self._settled)
        del self.lines[at:]

    def _take(self, part: str, *, ends: bool) -> None:
        """Take a part of a line, without its LF."""
        if not self._streams:
            self._begin += part
            most = MAX_ROW if self._leaf.kind == "table" else MAX_START
            begin, part = self._begin[:most], self._begin[most:]
            start = self._read(begin, whole=ends and not part, forced=False)
            if start is None and part:
                start = self._read(begin, whole=False, forced=True)
            if start is None:
                return
            self._begin = ""
            self._apply(start)
            self._streams = start.kind in _STREAMING
            self._feed_block(start.text if self._streams else "")
        self._feed_block(part)
        if ends:
            self._end_line()

    def _read(self, begin: str, *, whole: bool, forced: bool) -> Start | None:
        leaf = self._leaf
        if isinstance(self._block, Paragraph):
            line = self._block.line
            single, piped = self._block.single and line != "", "|" in line
            leaf = Leaf("paragraph", len(self._open), single=single, piped=piped)
        return read_start(begin, [shown.container for shown in self._open], leaf, whole=whole, forced=forced)

    def _feed_block(self, text: str) -> None:
        if text and isinstance(self._block, Paragraph | Heading | CodeBlock):
            self.lines += self._block.feed(text)

    def _end_line(self) -> None:
        if isinstance(self._block, CodeBlock) and self._streams:
            self.lines += self._block.end_line()
        elif isinstance(self._block, Heading):
            self._close_block()
        self._streams = False

    def _apply(self, start: Start) -> None:
        block = self._block
        match start.kind:
            case "more" if isinstance(block, Paragraph):
                self.lines += block.next_line(len(self.lines))
            case "code":
                pass
            case "closing":
                self._close_block()
            case "row" if isinstance(block, Table):
                self.lines += block.add(start.text)
            case "setext" if isinstance(block, Paragraph):
                self._set_heading(block, start.level)
            case "delimiters" if isinstance(block, Paragraph):
                self._begin_table(block, start.text)
            case "indented" if self._leaf.kind == "indented" and self._goes_on(start):
                self.lines += [()] * self._blanks
                self._gap = None
            case "blank":
                self._blank(start)
            case _:
                self._begin_block(start)
        if start.kind != "blank":
            self._blanks = 0

    def _goes_on(self, start: Start) -> bool:
        return start.matched == len(self._open) and not start.opened

    def _blank(self, start: Start) -> None:
        if self._leaf.kind != "indented" or not self._goes_on(start):
            self._close_block()
        item = bool(start.opened) and isinstance(start.opened[-1], Item)
        if not item:
            self._gap = start.matched if self._gap is None else min(self._gap, start.matched)
            self._blanks += 1
        self._enter(start)

    def _begin_block(self, start: Start) -> None:
        self._close_block()
        self._enter(start)
        match start.kind:
            case "rule":
                place = self._place()
                rule = "─" * (self._columns - width_of(place.first))
                self.lines += self._markers(place) if place.lead else []
                self.lines.append(line_of((*(place.rest if place.lead else place.first), (rule, "rule"))))
            case "heading":
                self._block = Heading(self._place(), start.level)
            case "fence" | "indented":
                if any(shown.fresh for shown in self._open):  # nothing stands beside code, not even its marker
                    self.lines += self._markers(self._place())
                self._block = self._code_block(start)
                self._leaf = Leaf(start.kind, fence=start.fence, indent=start.indent)
            case _:
                self._block = Paragraph(self._place(), len(self.lines))

    def _code_block(self, start: Start) -> CodeBlock:
        language = language_of(start.text) if start.kind == "fence" else ""
        return CodeBlock(self._columns, Highlighter(language, self._highlighted))

    def _close_block(self) -> None:
        if isinstance(self._block, Paragraph | Heading | Table):
            self.lines += self._block.close()
        self._block = None
        self._leaf = Leaf()

    def _set_heading(self, paragraph: Paragraph, level: int) -> None:
        self._take_back(paragraph.at)
        heading = Heading(paragraph.place, level)
        self.lines += heading.feed(paragraph.line + " #")  # what looks like a closing sequence in it is none
        self._block = heading
        self._close_block()

    def _begin_table(self, paragraph: Paragraph, delimiters: str) -> None:
        header, aligned = split_row(paragraph.line), alignments(delimiters)
        if len(header) != len(aligned) or len(header) > MAX_COLUMNS:
            self.lines += paragraph.next_line(len(self.lines))
            self._feed_block(delimiters)
            return
        self._take_back(paragraph.at)
        self.lines += paragraph.close_without_line()
        place = paragraph.place
        first = place.first if paragraph.single else place.rest
        if paragraph.single and place.lead:
            self.lines += self._markers(place)
            first = place.rest
        self._block = Table(self._columns, first, place.rest, header, aligned)
        self._leaf = Leaf("table", piped=paragraph.line.startswith("|"))

    def _enter(self, start: Start) -> None:
        """Leave the containers that do not go on, and go into the new ones."""
        left = self._open[start.matched : start.matched + 1]
        self._truncate(start.matched)
        if start.kind != "blank":
            self._leave_gap()
        for container in start.opened:
            shown = _shown(container, left[0] if left else None)
            left = []
            self._open.append(shown)

    def _truncate(self, depth: int) -> None:
        if any(shown.fresh for shown in self._open[depth:]):  # an item without anything in it
            self.lines += self._markers(self._place())
        del self._open[depth:]

    def _leave_gap(self) -> None:
        if self._gap is not None and self.lines:
            place = self._place(self._gap, use=False)
            self.lines.append(stripped(place.rest))
        self._gap = None

    def _markers(self, place: Place) -> list[MarkdownLine]:
        """Return the lines of an item's markers alone."""
        flow = place.flow()
        return [line for line in flow.close() if line]

    def _place(self, depth: int | None = None, *, use: bool = True) -> Place:
        """Return where text in the open containers stands: half of the screen is for what is before it, at most."""
        first: list[Span] = []
        rest: list[Span] = []
        lead: list[Span] = []
        room = self._columns // 2
        for shown in self._open[:depth]:
            columns = len(shown.marker) or len(_BAR[0])
            fits = columns <= room
            room -= columns if fits else room
            if fits:
                rest.append(_BAR if not shown.marker else (" " * columns, ""))
                first.append((shown.marker, "list.marker") if shown.fresh else rest[-1])
            elif shown.fresh:
                lead.append((shown.marker, "list.marker"))
            shown.fresh = shown.fresh and not use
        return Place(self._columns, line_of(first), line_of(rest), line_of(lead))


def _shown(container: Container, before: _Open | None) -> _Open:
    """Return a new container; `before` is the one in whose place it is, which may be the list's item before it."""
    if isinstance(container, Quote):
        return _Open(container)
    if container.task:
        return _Open(container, f"{container.task} ", fresh=True)
    if container.marker in "-+*":
        return _Open(container, f"{_BULLET} ", fresh=True)
    number, sign = int(container.marker[:-1]), container.marker[-1]
    if before and isinstance(before.container, Item) and before.container.marker[-1] == sign:
        number = max(number, before.number + 1)  # "1." all the way: they are counted
    return _Open(container, f"{number}{sign} ", number, fresh=True)
