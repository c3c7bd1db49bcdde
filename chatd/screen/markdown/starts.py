"""What a source line begins: containers (quotes, list items), then a block.

A line is read from its beginning and as soon as the beginning decides; what follows streams. Once a beginning has
decided, no continuation decides otherwise, so pieces and whole lines are read alike. CommonMark, but for this:

* in a list item, a marker that stands at least two columns further in is nested, and an open fence goes on whatever
  the indentation: models are careless about both;
* only one line can become a setext heading, for the rest of a paragraph is long on the screen;
* the row above `|---|` is a table's header, whatever is before it in the paragraph;
* there are no reference definitions (they come too late) and no HTML blocks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

MAX_START = 256
"""Code points of a line that may be needed to decide; a line that has not decided by then is text."""

MAX_ROW = 4096
"""Code points of a table's row, which is laid out when it is whole. A longer one ends the table."""

MAX_DEPTH = 8
"""Quotes and lists within one another; deeper ones are text. Each takes two columns or more."""

_TAB = 4
_HEADING = re.compile(r"(#{1,6})(?:[ \t]+|$)")
_RULE = re.compile(r"([-*_])[ \t]*(?:\1[ \t]*){2,}$")
_RULE_BEGUN = re.compile(r"([-*_])[ \t]*(?:\1[ \t]*)*$")
_SETEXT = re.compile(r"(=+|-+)[ \t]*$")
_FENCE = re.compile(r"(?:(`{3,})([^`]*)|(~{3,})(.*))$")
_FENCE_BEGUN = re.compile(r"(?:`{1,2}|`{3,}[^`]*|~{1,2}|~{3,}.*)$")
_MARKER = re.compile(r"(?:[-+*]|\d{1,9}[.)])(?=[ \t]|$)")
_HEADING_BEGUN = re.compile(r"#{1,6}$")
_MARKER_BEGUN = re.compile(r"(?:[-+*]|\d{1,9}[.)]?)[ \t]*(?:\[(?:[ xX]\]?)?)?$")
_TASK = re.compile(r"\[[ xX]\](?=[ \t]|$)")
_DELIMITERS = re.compile(r"[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$")
_DELIMITERS_BEGUN = re.compile(r"[|:\- \t]*$")


@dataclass(frozen=True, slots=True)
class Quote:
    """A container block: a quote, whose lines begin with `>`."""


@dataclass(frozen=True, slots=True)
class Item:
    """A list item.

    Attributes:
        at: the column of its marker in the line.
        content: the column in which what belongs to it begins.
        marker: as it was written.
        task: "[ ]" or "[x]" as it was written, "" without.
    """

    at: int
    content: int
    marker: str
    task: str = ""


Container = Quote | Item


@dataclass(frozen=True, slots=True)
class Leaf:
    """What the open block means for the next line.

    Attributes:
        kind: "" for none, "paragraph", "fence", "indented" or "table"; others end with their line.
        depth: how many containers it is in.
        fence: its marks, as they opened it.
        indent: of the fence.
        single: the paragraph has one line.
        piped: its last line may be a table's header; the table's rows begin with a pipe.
    """

    kind: str = ""
    depth: int = 0
    fence: str = ""
    indent: int = 0
    single: bool = False
    piped: bool = False


@dataclass(slots=True)
class Start:
    """How a line begins.

    Attributes:
        matched: how many of the open containers it goes on with.
        opened: the containers it opens within those.
        kind: "blank", "text" (a new paragraph), "more" (of the open paragraph), "heading", "setext", "rule", "fence",
            "closing" (of a fence), "code" (a line of a fence), "indented", "delimiters" (of a table), "row".
        text: what belongs to the block, as far as it was read.
        level: of a heading.
        fence: the marks that open one.
        indent: of the fence.
    """

    matched: int
    opened: list[Container] = field(default_factory=list)
    kind: str = "text"
    text: str = ""
    level: int = 0
    fence: str = ""
    indent: int = 0


def read_start(line: str, stack: list[Container], leaf: Leaf, *, whole: bool, forced: bool = False) -> Start | None:
    """Read the beginning of a line; None: it does not decide yet.

    Args:
        line: without LF, as far as it came.
        stack: the open containers, outermost first.
        leaf: the open block.
        whole: the line ends here.
        forced: no more of it will be looked at.
    """
    return _Reader(line, stack, leaf, whole=whole, forced=forced).read()


class _Reader:
    def __init__(self, line: str, stack: list[Container], leaf: Leaf, *, whole: bool, forced: bool) -> None:
        self._stack = stack
        self._leaf = leaf
        self._whole = whole
        self._decide = whole or forced
        self._start = Start(0)
        self._body = ""  # what is left, without the blanks it begins with
        self._column = 0  # where that stands in the line
        self._base = 0  # where the content of the innermost container begins
        self._skip(line)

    @property
    def _indent(self) -> int:
        return max(0, self._column - self._base)

    def read(self) -> Start | None:
        start, leaf = self._start, self._leaf
        self._enter()
        if leaf.kind == "fence" and not any(isinstance(container, Quote) for container in self._stack[start.matched :]):
            start.matched = len(self._stack)
            return self._in_fence()
        if leaf.kind == "table" and start.matched == len(self._stack) and self._body and self._indent < 4:
            if leaf.piped and self._body[0] == "|" and not self._decide:
                return None
            if self._is_row():
                start.kind, start.text = "row", self._body
                return start
        return self._block()

    def _skip(self, text: str) -> None:
        """Go on to `text`, behind the blanks it begins with."""
        self._body = text.lstrip(" \t")
        blanks = text[: len(text) - len(self._body)]
        if "\t" not in blanks:
            self._column += len(blanks)
            return
        for blank in blanks:
            self._column += _TAB - self._column % _TAB if blank == "\t" else 1

    def _enter(self) -> None:
        """Go through the containers that go on."""
        start = self._start
        for container in self._stack:
            if isinstance(container, Quote):
                if self._indent > 3 or self._body[:1] != ">":
                    return
                self._behind_quote()
            else:
                nested = self._leaf.kind != "fence" and _MARKER.match(self._body)
                least = min(container.at + 2, container.content) if nested else container.content
                if self._body and self._column < least:
                    return
                self._base = container.content
            start.matched += 1

    def _behind_quote(self) -> None:
        self._column += 1
        self._base = self._column
        blank = self._body[1:2] in {" ", "\t"}
        self._skip(self._body[1:])
        self._base += blank

    def _in_fence(self) -> Start | None:
        start, fence = self._start, self._leaf.fence
        marks = self._body.rstrip(" \t")
        if self._indent < 4 and not marks.strip(fence[0]):
            if not self._decide:
                return None
            if self._whole and len(marks) >= len(fence):
                start.kind = "closing"
                return start
        start.kind = "code"
        start.text = " " * max(0, self._indent - self._leaf.indent) + self._body
        return start

    def _is_row(self) -> bool:
        body = self._body
        if not self._whole or "|" not in body:
            return False
        if self._leaf.piped:
            return body[0] == "|"
        return not (body[0] == ">" or any(block.match(body) for block in (_HEADING, _RULE, _FENCE, _MARKER)))

    def _block(self) -> Start | None:
        start, stack = self._start, self._stack
        paragraph = self._leaf.kind == "paragraph"
        while True:
            if not self._body:
                if not self._decide:
                    return None
                if self._whole:
                    start.kind = "blank"
                    return start
                break
            if self._indent > 3:
                if paragraph and not start.opened:
                    break
                start.kind, start.text = "indented", " " * (self._indent - 4) + self._body
                return start
            goes_on = paragraph and start.matched == len(stack) and not start.opened
            if not self._decide and self._undecided(goes_on):
                return None
            if self._line(goes_on):
                return start
            if start.matched + len(start.opened) >= MAX_DEPTH:
                break
            if self._body[0] == ">":
                start.opened.append(Quote())
                self._behind_quote()
            elif not self._item(goes_on):
                break
        start.kind = "more" if paragraph and not start.opened else "text"
        start.text = self._body
        return start

    def _undecided(self, goes_on: bool) -> bool:
        """Tell whether what came so far may yet become something else than it looks like."""
        body, leaf = self._body, self._leaf
        begun = [_HEADING_BEGUN, _FENCE_BEGUN, _RULE_BEGUN, _MARKER_BEGUN]
        if goes_on and leaf.piped:
            begun.append(_DELIMITERS_BEGUN)
        if goes_on and leaf.single:
            begun.append(_SETEXT)
        if leaf.kind == "table" and not leaf.piped:
            return True
        return any(block.match(body) for block in begun)

    def _line(self, goes_on: bool) -> bool:
        """Read a block that is known by its line."""
        start, body, leaf = self._start, self._body, self._leaf
        if heading := _HEADING.match(body):
            start.kind, start.level, start.text = "heading", len(heading[1]), body[heading.end() :]
        elif not self._whole:
            return False
        elif goes_on and leaf.piped and "|" in body and _DELIMITERS.match(body):
            start.kind, start.text = "delimiters", body
        elif goes_on and leaf.single and _SETEXT.match(body):
            start.kind, start.level = "setext", 1 if body[0] == "=" else 2
        elif _RULE.match(body):
            start.kind = "rule"
        elif fence := _FENCE.match(body):
            start.kind, start.fence, start.indent = "fence", fence[1] or fence[3], self._indent
            start.text = (fence[2] or fence[4] or "").strip()
        else:
            return False
        return True

    def _item(self, goes_on: bool) -> bool:
        """Go into a list item, if one begins here."""
        match = _MARKER.match(self._body)
        if not match:
            return False
        marker, text = match[0], self._body[match.end() :]
        # Running text is interrupted neither by an empty item nor by a number that is just at the line's beginning.
        if goes_on and (not text.strip(" \t") or marker[:-1] not in {"", "1"}):
            return False
        at = self._column
        self._column += len(marker)
        inner = self._column
        self._skip(text)
        gap = self._column - inner if self._body and self._column - inner < 5 else 1
        self._base = inner + gap
        task = _TASK.match(self._body)
        self._start.opened.append(Item(at, self._base, marker, task[0].lower() if task else ""))
        if task:
            self._column += len(task[0])
            self._skip(self._body[len(task[0]) :])
            self._base = self._column  # what stands behind the box is neither code nor further in
        return True
