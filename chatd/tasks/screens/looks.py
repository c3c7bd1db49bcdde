"""How things look, kept: what a script drew of a thing once serves everybody for whom it looks the same."""

from __future__ import annotations

import json
import logging
from collections import OrderedDict
from collections.abc import Hashable, Mapping, Sequence
from typing import Protocol
from weakref import WeakValueDictionary

from chatd.core.sanitize import sanitize_line
from chatd.ports import Plain
from chatd.screen.block import Block
from chatd.screen.frame import line_of
from chatd.tasks.screens.canvas import BlockCanvas
from chatd.tasks.screens.things import Look, Want

logger = logging.getLogger("chatd.script")

MAX_WEIGHT = 40_000
"""Of what is kept, some 300 bytes each: a line, and what it says beyond an ordinary one's length. The least recently
used are drawn again when needed."""

ORDINARY = 200
"""Bytes that a line says for nothing: accents upon accents, or a wide screen, make it ten times as heavy."""


class Drawer(Protocol):
    """A runtime in which things are drawn."""

    async def draw(self, canvases: Sequence[BlockCanvas]) -> None:
        """Draw things, one after the other; each canvas says in the end what went wrong."""
        ...


class Looks:
    """The blocks that one runtime has drawn."""

    def __init__(self, drawer: Drawer) -> None:
        self._drawer = drawer
        self._looks: WeakValueDictionary[tuple[str, int], Look] = WeakValueDictionary()
        self._blocks: OrderedDict[tuple[Look, Hashable], Block] = OrderedDict()
        self._weight = 0
        self._told = ""
        self._era = 0
        """Counts on when everything is to be drawn anew."""

    def look(self, settings: Mapping[str, Plain], width: int) -> Look:
        """The look that these settings make in so many columns."""
        key = (json.dumps(settings, sort_keys=True), width)
        look = self._looks.get(key)
        if look is None:
            look = self._looks[key] = Look(settings, width)
        return look

    def find(self, look: Look, key: Hashable) -> Block | None:
        """What was drawn of a thing for a look, None when nothing was."""
        block = self._blocks.get((look, key))
        if block is not None:
            self._blocks.move_to_end((look, key))
        return block

    async def draw(self, wants: Sequence[Want]) -> None:
        """Have things drawn that are not at hand. One whose script fails is tried once more: a hook that was stopped is
        not run again. What was drawn before it was known that things look otherwise is not kept.
        """
        era = self._era
        missing = [canvas for want in wants if (canvas := self._canvas(want)) is not None]
        if not missing:
            return
        await self._drawer.draw(missing)
        failed = [canvas.anew() for canvas in missing if canvas.problem]
        if failed:
            self._tell(failed[0].problem)
            await self._drawer.draw(failed)
        if era != self._era:
            return
        for canvas in (*missing, *failed):
            block = canvas.finished() if not canvas.problem else _failed(canvas.problem, canvas.want.look.width)
            self._keep((canvas.want.look, canvas.want.key), block)

    async def places(self, want: Want) -> list[int]:
        """The lines of a row where what is searched for stands: what `on_draw` of such a thing has found."""
        canvas = BlockCanvas(want, Block())
        await self._drawer.draw([canvas])
        return canvas.places

    def _canvas(self, want: Want) -> BlockCanvas | None:
        """What it is to be drawn on; None when it is at hand. To one that is finished only lines are added."""
        known = self._blocks.get((want.look, want.key))
        if known is None or known.unfinished:
            return BlockCanvas(want, Block())
        return None if covers(known, want.first, want.last) else BlockCanvas(want, known)

    def forget(self) -> None:
        """Everything is drawn anew from now on: what it depends on has changed."""
        self._blocks.clear()
        self._weight = 0
        self._era += 1

    def _keep(self, key: tuple[Look, Hashable], block: Block) -> None:
        before = self._blocks.pop(key, None)
        self._weight -= 0 if before is None else before.counted
        self._blocks[key] = block
        block.counted = 1 + block.lines_at_hand + len(block.text) // ORDINARY
        self._weight += block.counted
        while self._weight > MAX_WEIGHT and len(self._blocks) > 1:
            _, oldest = self._blocks.popitem(last=False)
            self._weight -= oldest.counted

    def _tell(self, problem: str) -> None:
        if problem != self._told:
            logger.warning("on_draw: %s", sanitize_line(problem))
        self._told = problem


def covers(block: Block, first: int, last: int) -> bool:
    """Whether a block has the lines from `first` to `last`, counted from the end where negative."""
    if first < 0:
        first, last = block.height + 1 + first, block.height + 1 + last
    return block.has(first, last)


def _failed(problem: str, width: int) -> Block:
    block = Block()
    block.height = 1
    block.put(1, line_of([(f"script error in on_draw: {problem}", "reverse")], width))
    return block
