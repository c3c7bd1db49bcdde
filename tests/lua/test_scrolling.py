"""Following and scrolling: the newest at the bottom, older and newer rows loaded on the way, memory bounded."""

from __future__ import annotations

from tests.lua.conftest import MakeHost
from tests.lua.fake_room import shown


def test_the_newest_rows_are_at_the_bottom(make: MakeHost) -> None:
    alice = make(rows=50)
    assert shown(alice.frame(80, 24)) == list(range(29, 51))
    alice.says("bob", "line 51")
    assert shown(alice.frame(80, 24)) == list(range(30, 52))


def test_scrolling_up_and_down(make: MakeHost) -> None:
    alice = make(rows=60)
    alice.frame(80, 24)
    alice.press("PgUp")
    assert shown(alice.frame(80, 24)) == list(range(18, 40))
    alice.press("PgUp")
    assert shown(alice.frame(80, 24)) == list(range(1, 23))
    alice.press("PgUp", "PgDn")
    assert shown(alice.frame(80, 24)) == list(range(22, 44))
    alice.press("PgDn")
    assert shown(alice.frame(80, 24)) == list(range(39, 61))


def test_a_stream_never_throws_back(make: MakeHost) -> None:
    alice = make(rows=60)
    row = alice.answers("eliza", "x")
    alice.frame()
    alice.press("PgUp")
    before = alice.frame().lines[:22]
    for i in range(30):
        alice.grows(row, f"word {i}\n")
        alice.says("bob", f"line {100 + i}")
    after = alice.frame()
    assert after.lines[:22] == before
    assert "30 new below" in after.lines[22]
    alice.press("End")
    frame = alice.frame()
    assert "line 129" in frame
    assert "new below" not in frame


def test_it_is_seen_that_one_has_scrolled_back(make: MakeHost) -> None:
    alice = make(rows=60)
    assert "End" not in alice.frame().lines[22]
    alice.press("PgUp")
    assert alice.frame().lines[22] == " lobby · 2 here: alice, bob".ljust(67) + " End: newest"
    assert alice.frame(20, 8).lines[6] == " lobby  End: newest"
    alice.says("bob", "line 61")
    assert alice.frame().lines[22].endswith(" 1 new below")
    alice.press("End")
    assert alice.frame().lines[22] == " lobby · 2 here: alice, bob"


def test_under_a_page_end_means_something_else(make: MakeHost) -> None:
    alice = make(rows=60)
    alice.frame()
    alice.press("PgUp")
    alice.probe("probe_open_page")
    assert "End: newest" not in alice.frame()
    alice.press("Esc")
    assert "End: newest" in alice.frame()


def test_sending_goes_to_the_newest(make: MakeHost) -> None:
    alice = make(rows=60)
    alice.frame()
    alice.press("PgUp")
    alice.type("hello\n")
    assert 60 in shown(alice.frame())


def test_older_rows_are_loaded_while_scrolling(make: MakeHost) -> None:
    alice = make(rows=350)
    alice.frame()
    seen = set(shown(alice.frame()))
    for _ in range(20):
        alice.press("PgUp")
        seen |= set(shown(alice.frame()))
    assert seen == set(range(1, 351))
    assert alice.loads == 3, "150 are in the room's memory"
    alice.press("PgUp", "PgUp")
    assert shown(alice.frame())[0] == 1


def test_history_that_takes_its_time(make: MakeHost) -> None:
    alice = make(rows=350)
    alice.slow = True
    alice.frame()
    for _ in range(8):
        alice.press("PgUp")
    assert shown(alice.frame())[0] == 201
    alice.says("bob", "line 351")
    alice.load()
    assert shown(alice.frame())[0] < 201
    alice.press("End")
    assert shown(alice.frame())[-1] == 351


def test_memory_is_bounded_and_everything_can_be_reached(make: MakeHost) -> None:
    """Far more rows than are kept: scrolled to the top the newest are let go, and loaded again on the way down."""
    alice = make(rows=1500)
    alice.frame()
    for _ in range(80):
        alice.press("PgUp")
    assert shown(alice.frame())[0] == 1
    alice.says("bob", "line 1501")
    assert "1 new below" in alice.frame().lines[22]
    seen = set()
    for _ in range(80):
        alice.press("PgDn")
        seen |= set(shown(alice.frame()))
    assert seen >= set(range(22, 1502))
    assert shown(alice.frame())[-1] == 1501
    for _ in range(80):
        alice.press("PgUp")
    alice.press("End")
    assert shown(alice.frame())[-1] == 1501
    for i in range(600):
        alice.says("bob", f"line {1502 + i}")
    assert shown(alice.frame())[-1] == 2101
    alice.press("PgUp")
    assert shown(alice.frame())[0] == 2101 - 42


def test_following_for_long_stays_bounded(make: MakeHost) -> None:
    alice = make()
    for i in range(1200):
        alice.says("bob", f"line {i + 1}")
    alice.screen.drawn.clear()
    assert shown(alice.frame())[-1] == 1200
    assert alice.line_calls <= 2 * 24
    for _ in range(60):
        alice.press("PgUp")
        alice.frame()
    assert shown(alice.frame())[0] == 1


def test_a_frame_measures_only_what_is_visible(make: MakeHost) -> None:
    alice = make(rows=300)
    alice.frame()
    alice.screen.drawn.clear()
    alice.frame(81, 24)
    assert alice.screen.drawn.count("row") == 22


def test_a_row_that_has_not_changed_costs_the_host_nothing(make: MakeHost) -> None:
    alice = make(rows=300)
    row = alice.answers("eliza", "x")
    alice.frame()
    alice.screen.drawn.clear()
    alice.frame()
    assert not alice.screen.drawn
    alice.grows(row, "y")
    assert "xy" in alice.frame()
    assert alice.screen.drawn == ["row"]
    alice.press("PgUp")
    alice.frame()
    alice.screen.drawn.clear()
    alice.frame()
    assert not alice.screen.drawn


def test_keys_that_come_faster_than_frames(make: MakeHost) -> None:
    alice = make(rows=700)
    alice.frame()
    for _ in range(40):
        alice.press("PgUp")
    alice.press("End", "PgUp")
    assert shown(alice.frame()) == list(range(658, 680))


def test_clearing_and_scrolling_back(make: MakeHost) -> None:
    alice = make(rows=30)
    alice.frame()
    alice.type("/clear\n")
    assert shown(alice.frame()) == []
    alice.says("bob", "line 31")
    assert shown(alice.frame()) == [31]
    alice.press("PgUp")
    assert shown(alice.frame()) == list(range(10, 32))
    alice.type("/clear\n").press("PgUp")
    assert shown(alice.frame())[-1] == 31


def test_resizing_while_scrolled_keeps_the_place(make: MakeHost) -> None:
    alice = make(rows=60)
    alice.frame(80, 24)
    alice.press("PgUp")
    top = shown(alice.frame(80, 24))[0]
    alice.script.call("on_resize", 40, 12)
    assert shown(alice.frame(40, 12))[0] == top
