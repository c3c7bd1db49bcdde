"""What scripts draw on: the screen, of which they leave parts to the host; or one thing of what the host shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from chatd.core.live_row import LiveRow
from chatd.errors import ScriptError
from chatd.ports import HostFunction, Plain
from chatd.screen.block import Block
from chatd.screen.frame import Frame, Span, line_of
from chatd.tasks.screens.things import Want
from chatd.tasks.scripts.arguments import whole

MAX_PLACES = 64
"""Places in a row where what is searched for stands: more than anybody goes through."""


MAX_STATUS = 500
"""Characters of a script's words in the status line: no screen is as wide."""


class Sheet:
    """A frame as a script draws it. What the host shows on it follows without the script."""

    def __init__(self, columns: int, rows: int) -> None:
        self.frame = Frame(columns, rows)
        self.drawn: set[int] = set()
        """Lines that the script has put: they stand over what the host shows."""
        self.view: tuple[int, int] | None = None
        """The first line of the view of the room, and how many it has."""
        self.status: tuple[int, str] | None = None
        """The line of the status, and what the script says in it."""

    def put(self, y: int, spans: Sequence[Span], *, flows: bool) -> None:
        """See Frame.put."""
        self.frame.put(y, spans, flows=flows)
        if 0 <= y < self.frame.rows:
            self.drawn.add(y)

    def show(self, y: int, rows: int) -> None:
        """The view of the room takes so many rows from line `y` on, as far as there are such."""
        top = max(0, y)
        rows = min(y + rows, self.frame.rows) - top
        self.view = (top, rows) if rows > 0 else None


@dataclass(slots=True)
class BlockCanvas:
    """One thing, as a script draws it."""

    want: Want
    block: Block
    places: list[int] = field(default_factory=list)
    """Lines where what is searched for stands."""
    measured: bool = False
    problem: str = ""
    """What went wrong, "" when nothing did."""

    def anew(self) -> BlockCanvas:
        """The same for another try."""
        return BlockCanvas(self.want, Block(), problem=self.problem)

    def finished(self) -> Block:
        """The thing as it was drawn: wanted lines that the script has left out are blank."""
        first, last = self.want.first, self.want.last
        if first < 0:
            first, last = self.block.height + 1 + first, self.block.height + 1 + last
        for number in range(max(1, first), min(last, self.block.height) + 1):
            self.block.put(number, ())
        return self.block

    def find(self, row_id: str) -> LiveRow:
        """The row that is drawn, or what belongs to it. Raises ScriptError for any other."""
        for live in self.want.rows:
            if live.head.id == row_id:
                return live
        raise ScriptError(f"row {str(row_id)[:40]!r} is not what is drawn")

    def put(self, number: int, spans: Sequence[Span]) -> None:
        """Line `number` of it, from 1."""
        self.block.put(number, line_of(spans, self.want.look.width))

    def measure(self, height: int, day: int | None) -> None:
        """It has so many lines; -1: a script wants it not to be seen."""
        self.block.height, self.block.hidden, self.block.day = max(0, height), height < 0, day
        self.measured = True


def pairs(spans: Sequence[str]) -> list[Span]:
    """Texts and styles in turns, as they come out of Lua."""
    return [(str(spans[i]), str(spans[i + 1]) if i + 1 < len(spans) else "") for i in range(0, len(spans), 2)]


class Drawing:
    """The functions of `tools` that draw, in any runtime: on the canvas that is there at the moment."""

    def __init__(self) -> None:
        self.canvas: Sheet | BlockCanvas | None = None

    @contextmanager
    def on(self, canvas: Sheet | BlockCanvas) -> Iterator[None]:
        """Within the block, this is drawn on."""
        self.canvas = canvas
        try:
            yield
        finally:
            self.canvas = None

    @property
    def draws_a_thing(self) -> bool:
        """Whether one is being drawn."""
        return isinstance(self.canvas, BlockCanvas)

    def functions(self) -> Mapping[str, HostFunction]:
        """This part of the table."""
        return {
            "put": lambda y, *spans: self._put(whole(y), spans, flows=False),
            "flow": lambda y, *spans: self._put(whole(y), spans, flows=True),
            "cursor": lambda x, y: self._sheet("cursor").frame.cursor(whole(x), whole(y)),
            "view": lambda y, rows: self._sheet("view").show(whole(y), whole(rows)),
            "status": self._status,
            "height": self._height, "found": self._found,
        }  # fmt: skip

    def find(self, other: Callable[[str], LiveRow | None], row_id: str) -> LiveRow | None:
        """A row whose lines are asked for: of a thing that is drawn, its own; else what `other` says."""
        return self.canvas.find(str(row_id)) if isinstance(self.canvas, BlockCanvas) else other(str(row_id))

    def want_more(self, otherwise: Callable[[], None]) -> None:
        """Lines of a row are missing that come later: a thing that is drawn is not finished, else do what is said."""
        if isinstance(self.canvas, BlockCanvas):
            self.canvas.block.unfinished = True
        else:
            otherwise()

    def _put(self, y: int, spans: Sequence[str], *, flows: bool) -> None:
        if isinstance(self.canvas, BlockCanvas):
            self.canvas.put(y, pairs(spans))
        elif self.canvas is None:
            raise ScriptError("put draws in on_frame and on_draw only; ask for a frame with mark_dirty")
        else:
            self.canvas.put(y, pairs(spans), flows=flows)

    def _status(self, y: int, words: str = "") -> None:
        sheet, y = self._sheet("status"), whole(y)
        sheet.status = (y, str(words)[:MAX_STATUS]) if 0 <= y < sheet.frame.rows else None

    def _sheet(self, function: str) -> Sheet:
        if not isinstance(self.canvas, Sheet):
            raise ScriptError(f"{function} works in on_frame only")
        return self.canvas

    def _block(self, function: str) -> BlockCanvas:
        if not isinstance(self.canvas, BlockCanvas):
            raise ScriptError(f"{function} works in on_draw only")
        return self.canvas

    def _height(self, lines: int, day: Plain = None) -> None:
        self._block("height").measure(whole(lines), None if day is None else whole(day))

    def _found(self, *lines: Plain) -> None:
        self._block("found").places = [max(1, whole(line)) for line in lines[:MAX_PLACES]]
