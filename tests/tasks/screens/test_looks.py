"""What was drawn once serves everybody for whom it looks the same, is never out of date, and is bounded."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
import trio

from chatd.core.live_row import LiveRow
from chatd.errors import ScriptError
from chatd.ports import Plain
from chatd.screen.block import Block
from chatd.tasks.screens import looks as looks_module
from chatd.tasks.screens.canvas import BlockCanvas, Drawing, Sheet, pairs
from chatd.tasks.screens.looks import Looks, covers
from chatd.tasks.screens.things import Look, Want
from tests.tasks.screens.test_rows_at_hand import row

Draw = Callable[[BlockCanvas], None]


class Drawer:
    """Draws as the test says, and remembers what."""

    def __init__(self, draw: Draw) -> None:
        self._draw = draw
        self.drawn: list[object] = []

    async def draw(self, canvases: Sequence[BlockCanvas]) -> None:
        for canvas in canvases:
            self.drawn.append(canvas.want.key)
            self._draw(canvas)


def lines(count: int) -> Draw:
    def draw(canvas: BlockCanvas) -> None:
        canvas.measure(count, None)
        for number in range(1, count + 1):
            canvas.put(number, [(f"{canvas.want.key} {number}", "")])

    return draw


def want(look: Look, key: str, first: int = -5, last: int = -1) -> Want:
    return Want(look, key, "row", first, last, lambda: ())


def drawn(looks: Looks, *wants: Want) -> None:
    trio.run(looks.draw, wants)


def test_all_who_look_alike_have_one_drawing() -> None:
    drawer = Drawer(lines(2))
    looks = Looks(drawer)
    one, same, other = looks.look({"a": 1, "b": 2}, 80), looks.look({"b": 2, "a": 1}, 80), looks.look({"a": 1}, 80)
    assert one is same and one is not other and one is not looks.look({"a": 1, "b": 2}, 81)
    drawn(looks, want(one, "x"))
    drawn(looks, want(same, "x"), want(other, "x"))
    assert drawer.drawn == ["x", "x"]
    block = looks.find(one, "x")
    assert block is not None and block.lines(1, 2) == [(("x 1", ""),), (("x 2", ""),)]
    assert looks.find(other, "y") is None


def test_of_what_is_long_lines_are_added_and_wanted_ones_that_are_left_out_are_blank() -> None:
    def some(canvas: BlockCanvas) -> None:
        canvas.measure(100, 7)
        canvas.put(canvas.want.last, [("the last", "")])

    looks = Looks(Drawer(some))
    look = looks.look({}, 80)
    drawn(looks, want(look, "x", 1, 3))
    block = looks.find(look, "x")
    assert block is not None and block.day == 7
    assert covers(block, 1, 3) and not covers(block, 1, 4) and not covers(block, -1, -1)
    drawn(looks, want(look, "x", 10, 11))
    assert looks.find(look, "x") is block, "whoever shows it goes on showing it"
    assert block.lines(2, 3) == [(), (("the last", ""),)] and block.lines(10, 11) == [(), (("the last", ""),)]


def test_what_is_not_finished_is_drawn_again_as_another() -> None:
    heights = iter([3, 5])

    def more(canvas: BlockCanvas) -> None:
        lines(height := next(heights))(canvas)
        canvas.block.unfinished = height < 5

    looks = Looks(Drawer(more))
    look = looks.look({}, 80)
    drawn(looks, want(look, "x"))
    first = looks.find(look, "x")
    drawn(looks, want(look, "x"))
    second = looks.find(look, "x")
    assert first is not None and second is not None
    assert (first.height, second.height) == (3, 5) and first.unfinished and not second.unfinished


def test_a_script_that_fails_is_tried_once_more_and_then_what_it_said_stands_there(
    caplog: pytest.LogCaptureFixture,
) -> None:
    tries: list[object] = []

    def fails(canvas: BlockCanvas) -> None:
        tries.append(canvas.want.key)
        canvas.problem = "look.lua:7: broken" if len(tries) < 3 else ""
        lines(1)(canvas)

    looks = Looks(Drawer(fails))
    look = looks.look({}, 60)
    drawn(looks, want(look, "x"))
    assert tries == ["x", "x"]
    block = looks.find(look, "x")
    assert block is not None and block.lines(1, 1) == [(("script error in on_draw: look.lua:7: broken", "reverse"),)]
    assert [record.getMessage() for record in caplog.records] == ["on_draw: look.lua:7: broken"]
    looks.forget()
    drawn(looks, want(look, "x"))
    block = looks.find(look, "x")
    assert block is not None and block.lines(1, 1) == [(("x 1", ""),)]


def test_no_more_lines_are_kept_than_are_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looks_module, "MAX_WEIGHT", 100)
    looks = Looks(Drawer(lines(9)))
    look = looks.look({}, 80)
    for number in range(30):
        drawn(looks, want(look, f"row {number}"))
        looks.find(look, "row 0")
    kept = [number for number in range(30) if looks.find(look, f"row {number}") is not None]
    assert len(kept) == 10 and kept[0] == 0, "what is looked at stays"


# --- what is drawn on


def draws(canvas: Sheet | BlockCanvas | None, name: str, *arguments: Plain) -> None:
    drawing = Drawing()
    function = drawing.functions()[name]
    if canvas is None:
        function(*arguments)
        return
    with drawing.on(canvas):
        function(*arguments)


@pytest.mark.parametrize(
    ("on", "name", "arguments"),
    [
        (None, "put", (1, "x")), (None, "view", (0, 5)), (None, "height", (1,)),
        ("block", "cursor", (1, 1)), ("block", "view", (0, 5)), ("block", "status", (1,)),
        ("sheet", "height", (1,)), ("sheet", "found", (1,)), ("sheet", "put", ("one", "x")),
    ],
)  # fmt: skip
def test_what_cannot_be_drawn_here_is_refused(on: str | None, name: str, arguments: tuple[Plain, ...]) -> None:
    block = BlockCanvas(want(Look({}, 10), "x"), Block())
    canvas = {"block": block, "sheet": Sheet(10, 5)}.get(on or "")
    with pytest.raises(ScriptError):
        draws(canvas, name, *arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("y", "rows", "shown"),
    [(0, 5, (0, 5)), (1, 2, (1, 2)), (-2, 4, (0, 2)), (3, 99, (3, 2)), (9, 3, None), (0, 0, None), (0, -3, None)],
)
def test_a_view_is_where_there_are_lines(y: int, rows: int, shown: tuple[int, int] | None) -> None:
    sheet = Sheet(10, 5)
    draws(sheet, "view", y, rows)
    assert sheet.view == shown


def test_what_the_script_puts_stands_over_what_the_host_shows() -> None:
    sheet = Sheet(10, 5)
    draws(sheet, "put", 2, "words", "bold")
    draws(sheet, "put", 9, "nowhere")
    draws(sheet, "status", 4, "fine")
    draws(sheet, "status", 7, "nowhere")
    assert sheet.drawn == {2} and sheet.frame.lines[2] == (("words", "bold"),) and sheet.status is None
    assert pairs(["a", "bold", "b"]) == [("a", "bold"), ("b", "")]


def test_only_the_rows_of_the_thing_are_at_hand() -> None:
    live = LiveRow(row(1))
    canvas = BlockCanvas(Want(Look({}, 10), "x", "row", 1, 1, lambda: (), (live,)), Block())
    assert canvas.find("row1") is live
    with pytest.raises(ScriptError, match="not what is drawn"):
        canvas.find("row2")
