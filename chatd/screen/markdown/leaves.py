"""Blocks that hold text: paragraphs and headings, while they are open."""

from __future__ import annotations

from dataclasses import dataclass

from chatd.screen.markdown.inline import Flow
from chatd.screen.markdown.starts import MAX_ROW, MAX_START
from chatd.screen.markdown.styled import MarkdownLine


@dataclass(frozen=True, slots=True)
class Place:
    """Where a block's text stands.

    Attributes:
        columns: of a line.
        first, rest: what the first line and the others begin with.
        lead: markers for which there is no place before the text; they flow with it.
    """

    columns: int
    first: MarkdownLine = ()
    rest: MarkdownLine = ()
    lead: MarkdownLine = ()

    def flow(self, base: str = "") -> Flow:
        """Return text that begins here."""
        return Flow(self.columns, self.first, self.rest, base, self.lead)


class Paragraph:
    """Text whose last line may turn out to be something else: a heading, or a table's header.

    Attributes:
        place: where it stands.
        line: its last line, "" when that is too long to become anything else.
        single: it is the only line.
        at: how many lines of the screen were finished when the last line began.
    """

    def __init__(self, place: Place, at: int) -> None:
        self.place = place
        self.line = ""
        self.single = True
        self.at = at
        self._too_long = False
        self._flow = place.flow()
        self._before: Flow | None = None  # what it was without its last line

    def feed(self, text: str) -> list[MarkdownLine]:
        """Add to the last line; return the lines that this finished."""
        self._too_long = self._too_long or len(self.line) + len(text) > MAX_ROW
        self.line = "" if self._too_long else self.line + text
        return self._flow.feed(text)

    def next_line(self, at: int) -> list[MarkdownLine]:
        """Begin another line; return the lines that this finished."""
        self._before = self._flow.fork()
        self.single = self._too_long = False
        self.at = at
        self.line = ""
        return self._flow.feed("\n")

    def close_without_line(self) -> list[MarkdownLine]:
        """Return the lines, from `at`, of what is before the last line; none when nothing is."""
        return self._before.close() if self._before else []

    def close(self) -> list[MarkdownLine]:
        """Return the lines that were not finished."""
        return self._flow.close()

    def view(self) -> list[MarkdownLine]:
        """Return the lines that are not finished as they may be shown for now."""
        return self._flow.view()


class Heading:
    """One line; the `#` that may close it are left out."""

    def __init__(self, place: Place, level: int) -> None:
        self._flow = place.flow(f"heading{level}")
        self._held = ""
        self._empty = True

    def feed(self, text: str) -> list[MarkdownLine]:
        """Add to it; return the lines that this finished."""
        text = self._held + text
        if self._empty:
            text = text.lstrip(" \t")
        end = max(len(text.rstrip("# \t")), len(text) - MAX_START)
        self._held = text[end:]
        self._empty = self._empty and not end
        return self._flow.feed(text[:end])

    def close(self) -> list[MarkdownLine]:
        """Return the lines that were not finished."""
        rest = self._held.rstrip(" \t")
        body = rest.rstrip("#")
        if (body and body[-1] not in " \t") or (not body and not self._empty):
            body = rest
        return [*self._flow.feed(body.rstrip(" \t")), *self._flow.close()]

    def view(self) -> list[MarkdownLine]:
        """Return the lines that are not finished."""
        return self._flow.view()
