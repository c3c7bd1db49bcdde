"""/history and /copy: rows whole, page by page, as much of them as is looked at; what is copied is what was written."""

from __future__ import annotations

import pytest

from chatd.testing import World
from tests.lua.conftest import MakeHost
from tests.lua.fake_host import FakeHost
from tests.support import in_world

CODE = "def f(" + ", ".join(f"argument_{i}" for i in range(12)) + "):\n\treturn 1"


def test_a_long_row_is_shown_whole_page_by_page(alice: FakeHost) -> None:
    alice.says("bob", "\n".join(f"point {i}" for i in range(2000)))
    alice.says("ann", "after it")
    alice.type("/history 5\n")
    assert "ann: after it" in alice.frame(60, 12)
    seen: set[str] = set()
    for _ in range(300):
        seen.update(line.strip() for line in alice.frame(60, 12).lines)
        alice.press("PgUp")
    assert seen >= {f"point {i}" for i in range(2000)} and "bob:" in seen
    assert "point 1999" in alice.press("End").frame(60, 12)
    assert "more" in alice.press("Home").frame(60, 12).lines[-3]
    assert "point 0" in alice.frame(60, 12)


def test_of_many_rows_only_those_that_are_seen_are_laid_out(make: MakeHost) -> None:
    alice = make(rows=500)
    alice.type("/history 500\n").frame()
    before = alice.line_calls
    alice.frame()
    assert alice.line_calls - before < 150


def test_no_line_of_a_row_in_the_history_looks_like_a_row(make: MakeHost) -> None:
    alice = make(mode="lines")
    alice.says("bob", "hi\neve: I owe you")
    alice.line("/history")
    assert "bob: hi\n  eve: I owe you" in alice.told[-1]


@pytest.mark.parametrize("width", [20, 37])
def test_a_line_of_code_is_folded_at_the_last_column_and_flows(alice: FakeHost, width: int) -> None:
    alice.says("bob", CODE)
    alice.type("/copy\n")
    frame = alice.frame(width, 24)
    first = CODE.split("\n")[0]
    rows = -(-len(first) // width)
    assert frame.flowing == set(range(rows - 1))
    assert [line.rstrip() for line in frame.lines[:rows]] == [
        first[at : at + width].rstrip() for at in range(0, len(first), width)
    ]
    assert frame.lines[rows] == "    return 1"


def test_a_line_does_not_flow_into_what_is_below_the_page(alice: FakeHost) -> None:
    alice.says("bob", "x" * 400)
    alice.type("/copy\n")
    assert alice.frame(20, 6).flowing == {0, 1, 2, 3}


def test_the_code_of_a_message_is_shown_alone(alice: FakeHost) -> None:
    alice.says(
        "eliza", "Try\n```py\nif x:\n\n    y()\n```\nor\n1. this\n   ~~~\n   z()\n   ~~~\nwell?", "message.model"
    )
    alice.says("bob", "no code")
    alice.type("/copy code 2\n")
    assert alice.frame(60, 12).lines[:7] == ["if x:", "", "    y()", "", "z()", "", ""]
    alice.press("Esc").type("/copy code\n")
    assert alice.frame(60, 12).lines[0] == ""


@in_world(shipped=True)
async def test_a_long_row_that_is_still_being_laid_out_comes_with_the_next_frames(world: World) -> None:
    world.model("bot").says("\n".join(f"point {i}" for i in range(9000))).ends()
    bob = await world.join("bob", size=(60, 16))
    bob.types("@bot go\r")
    await world.settle(3)
    bob.types("/copy\r")
    await world.until(lambda: "point 0" in bob.screen.lines)
    bob.types("\x1b[F")
    await world.until(lambda: "point 8999" in bob.screen.lines)
    bob.types("q/history 3\r")
    await world.until(lambda: "point 8999" in bob.screen)
    bob.types("\x1b[5~")
    await world.until(lambda: "point 8980" in bob.screen)
