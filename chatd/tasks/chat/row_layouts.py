"""One row laid out in one way, for terminals of several widths, each as far as somebody has looked."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from chatd.screen.fold import CodeFolder, Folder
from chatd.screen.markdown import MarkdownWrapper
from chatd.screen.wrap import Wrapper

MAX_WIDTHS = 64
"""Widths kept for one row: as many different terminals look at it at once, others are laid out again."""

LEAST_WIDTHS = 4
"""Widths kept of any row, however long."""

MAX_LAID_OUT = 1 << 20
"""Code points of one row that are kept at all widths together, where these are more than the least: an ordinary answer
for as many terminals as there are, one of a megabyte for few."""

W = TypeVar("W", Wrapper, MarkdownWrapper, Folder, CodeFolder)


@dataclass(slots=True)
class Layout(Generic[W]):
    """The row at one width."""

    wrapper: W
    piece: int = 0
    """Pieces of the text that it has, whole."""
    offset: int = 0
    """Characters it has of the piece after those."""
    chars: int = 0
    """Characters it has."""
    complete: bool = False
    """Whether it had all there was when somebody looked last."""
    finished: bool = False
    """Whether it knows that there is no more to come."""

    def feed(self, pieces: list[str], most: int) -> int:
        """Lay out so many characters more, or as many as there are; returns how many."""
        took = 0
        while self.piece < len(pieces) and took < most:
            piece = pieces[self.piece]
            part = piece[self.offset : self.offset + most - took]
            self.wrapper.feed(part)
            took += len(part)
            self.offset += len(part)
            if self.offset == len(piece):
                self.piece, self.offset = self.piece + 1, 0
        self.chars += took
        return took

    def join(self, pieces: list[str]) -> None:
        """The pieces become one."""
        if self.piece == len(pieces):
            self.piece = 1
        else:
            self.offset += sum(map(len, pieces[: self.piece]))
            self.piece = 0


class Layouts(Generic[W]):
    """The row at all widths."""

    def __init__(self, make: Callable[[int], W]) -> None:
        """`make` begins one for a width."""
        self._make: Callable[[int], W] = make
        self._kept: OrderedDict[int, Layout[W]] = OrderedDict()

    @property
    def chars(self) -> int:
        """Characters that are laid out, at all widths together."""
        return sum([layout.chars for layout in self._kept.values()])

    def take(self, columns: int) -> Layout[W]:
        """The one for a width; whoever has had more of it laid out keeps it."""
        return self._kept.pop(columns, None) or Layout(self._make(columns))

    def keep(self, columns: int, layout: Layout[W]) -> None:
        """Keep this one, for which a complete one goes where there are too many. While none is complete it goes itself:
        where each threw away what another has begun, nobody would see the end of a long text.
        """
        kept = self._kept
        kept[columns] = layout
        while len(kept) > MAX_WIDTHS or (len(kept) > LEAST_WIDTHS and self.chars > MAX_LAID_OUT):
            del kept[next((width for width, its in kept.items() if its.complete and width != columns), columns)]

    def join(self, pieces: list[str]) -> None:
        """The pieces of the text become one."""
        for layout in self._kept.values():
            layout.join(pieces)
