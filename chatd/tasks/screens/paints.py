"""Paints that several screens have in common: what turns the same lines into the same others is made once."""

from __future__ import annotations

from collections import OrderedDict

from chatd.screen.frame import Line
from chatd.screen.paint import Region, push_up
from chatd.screen.style import Colours
from chatd.tasks.screens.standing import Update

MAX_KNOWN = 128
"""Paints kept, of some hundred bytes to some KiB, each with the drawings that it changes: those of a moment are of use
for as long as all have seen them."""

_Key = tuple[Update, Region, Colours]


class Paints:
    """The paints of one server."""

    def __init__(self) -> None:
        self._known: OrderedDict[_Key, tuple[bytes, tuple[Line, ...]]] = OrderedDict()

    def push_up(
        self, update: Update, region: Region, colours: Colours
    ) -> tuple[bytes, tuple[Line, ...]]:  # fmt: skip
        """The paint that puts the new pieces in the place of the old ones at the end of a region, and their lines."""
        key = (update, region, colours)
        known = self._known.get(key)
        if known is None:
            lines = tuple(line for piece in update.new for line in piece.lines())
            before = [line for piece in update.old for line in piece.lines()]
            known = self._known[key] = (push_up(before, lines, region, colours), lines)
            if len(self._known) > MAX_KNOWN:
                self._known.popitem(last=False)
        return known
