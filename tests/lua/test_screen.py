"""The status line, notices, and screens of any size."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.lua.conftest import MakeHost
from tests.lua.fake_host import FakeHost


def test_people_come_and_go(alice: FakeHost) -> None:
    assert alice.frame().lines[22] == " lobby · 2 here: alice, bob"
    alice.people["carol"] = "guest"
    alice.script.call("on_people")
    assert alice.frame().lines[22] == " lobby · 3 here: alice, bob, carol"
    for i in range(40):
        alice.people[f"visitor-{i:02}"] = "guest"
    alice.script.call("on_people")
    line = alice.frame(80, 24).lines[22]
    assert line.startswith(" lobby · 43 here: alice, bob, carol, visitor-00")
    assert line.endswith("…")
    assert alice.frame(22, 8).lines[6].startswith(" lobby · 43 here")


def test_what_scripts_have_found_out_stands_behind_the_rest_as_whole_figures(alice: FakeHost) -> None:
    alice.found.update({"pathos": 0.3, "ethos": 0.2, "logos": 0.5})
    assert alice.frame().lines[22] == " lobby · 2 here: alice, bob   ethos 20 % logos 50 % pathos 30 %"
    assert alice.frame(52, 24).lines[22] == " lobby · 2 here   ethos 20 % logos 50 % pathos 30 %"
    assert alice.frame(34, 24).lines[22] == " lobby ethos 20 % logos 50 %"
    assert alice.frame(20, 24).lines[22] == " lobby ethos 20 %"
    alice.found.clear()
    assert alice.frame(80, 24).lines[22] == " lobby · 2 here: alice, bob"


def test_any_number_and_any_short_text_is_shown_and_what_is_none_is_not(alice: FakeHost) -> None:
    alice.found.update({"a": 1, "b": 12.345, "c": -3, "d": "warm", "e": True, "f": {"k": 1}, "g": "x" * 90, "h": 1e300})
    assert "bob   a 100 % b 12.35 c -3 d warm e yes" in alice.frame(132, 24).lines[22]
    assert f"g {'x' * 22}" in alice.frame(132, 24).lines[22] and "f " not in alice.frame(132, 24).lines[22][30:]
    alice.found.clear()
    alice.found["a"] = 10
    assert "a 10" in alice.frame(80, 24).lines[22]


def test_a_notice_stays_for_seconds_or_until_a_key(alice: FakeHost) -> None:
    alice.type("/nothing\n")
    assert "there is no command" in alice.frame().lines[22]
    alice.tick(1000)
    alice.press("a")
    assert "there is no command" not in alice.frame()
    alice.tells("the server is stopping", "warn")
    alice.press("a")
    assert "the server is stopping" in alice.frame().lines[22]
    alice.now += 3000
    alice.press("a")
    assert "the server is stopping" not in alice.frame()
    alice.tells("something")
    alice.tick(5000)
    assert "something" in alice.frame()
    alice.tick(2000)
    assert "something" not in alice.frame()


def test_a_long_notice_takes_several_lines(alice: FakeHost) -> None:
    alice.says("bob", "line 1")
    alice.tells("word " * 40, "error")
    frame = alice.frame(40, 12)
    assert [line.strip()[:4] for line in frame.lines[7:11]] == ["word"] * 4
    assert frame.lines[10].endswith("…")
    assert "fg:red" in frame.styles[9][0][1]


# --- any size ---------------------------------------------------------------------------------------------------------


def test_small_screens_have_the_input_and_the_newest_rows(make: MakeHost) -> None:
    alice = make(rows=30)
    alice.type("typed")
    assert alice.frame(19, 8).lines[-3:] == [" bob", "  line 30", "> typed"]
    assert alice.frame(40, 4).lines == [
        " bob       line 28", " bob       line 29", " bob       line 30", "> typed",
    ]  # fmt: skip
    assert alice.frame(40, 1).lines == ["> typed"]
    assert alice.frame(1, 1).lines == [""]
    assert alice.frame(3, 1).lines == ["ed"]
    alice.paste("-日本語" * 5).press("Left", "Left")
    assert alice.frame(12, 1).lines == ["> 日本語-日"]
    assert alice.frame(12, 1).cursor == (11, 0)
    alice.press("Home")
    assert alice.frame(12, 1).lines == ["> typed-日本"]
    alice.press("C-k").type("typed")
    assert alice.frame(7, 2).lines[1] == "typed"


def test_a_notice_on_a_small_screen(make: MakeHost) -> None:
    alice = make(rows=30)
    alice.type("/x\n")
    assert "no command" in alice.frame(40, 4)


@given(width=st.integers(0, 90), height=st.integers(0, 40), scrolled=st.booleans(), typed=st.integers(0, 200))
@settings(max_examples=60, deadline=None)
def test_every_size(width: int, height: int, scrolled: bool, typed: int) -> None:
    host = _CROWD[0] if _CROWD else _crowd()
    host.press("C-c", "End", *["PgUp"] * scrolled).paste("日x" * (typed // 2))
    host.frame(width, height)


_CROWD: list[FakeHost] = []


def _crowd() -> FakeHost:
    host = FakeHost(rows=40, motd="Welcome")
    host.says("bob", "日本語 " * 30)
    host.says("carol", "👩‍👩‍👧 é " * 20 + "\n\n\tcode")
    host.says("eliza", "x" * 3000, "message.model", status="truncated")
    _CROWD.append(host)
    return host


# --- pages


def test_a_page_keeps_its_columns_on_narrow_screens(alice: FakeHost) -> None:
    alice.type("/help\n")
    lines = alice.frame(60, 60).lines
    at = next(i for i, line in enumerate(lines) if line.startswith(" /cancel"))
    assert lines[at : at + 2] == [
        " /cancel [MODEL]       stop your answer: the newest one, or",
        "                       that of MODEL",
    ]
    lines = alice.frame(24, 120).lines
    at = next(i for i, line in enumerate(lines) if line.startswith(" /create"))
    assert lines[at : at + 3] == [" /create ROOM", "   make a room and go", "   there"]


def test_a_page_of_what_was_said_is_left_as_it_is(alice: FakeHost) -> None:
    alice.says("bob", "a  " + "word " * 12)
    alice.type("/history\n")
    assert any(line.startswith("   word") for line in alice.frame(40, 24).lines)
