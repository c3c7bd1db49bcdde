"""A refused line and what comes right behind it: the rest of a paste without brackets, or what was typed ahead.

The clock of the fake host stands still unless a test moves it, so what is typed in one go arrives at once.
"""

from __future__ import annotations

import pytest

from tests.lua.fake_host import FakeHost

FULL = "the disk is full"


def test_what_is_pasted_behind_a_refused_line_is_a_line_of_its_own(alice: FakeHost) -> None:
    alice.type("/hlep\nsecond\n")
    assert alice.done == [("say", "second")]
    assert alice.input() == ("", 0)
    frame = alice.frame(160, 24)
    assert "did you mean /help? (//TEXT says /TEXT); the refused line is in the history (Up)" in frame
    assert alice.press("Up", "Up").input() == ("/hlep", 5)


def test_lines_typed_ahead_onto_a_full_disk_stay_lines(alice: FakeHost) -> None:
    alice.refusal = FULL
    for line in ("one", "two", "three"):
        for character in line:
            alice.type(character)
        alice.press("Enter")
    assert alice.done == []
    assert alice.input() == ("three", 5)
    assert "the disk is full; 2 lines refused before it are in the history (Up)" in alice.frame(120, 24)
    alice.refusal = None
    assert alice.press("Up").input()[0] == "two"
    assert alice.press("Up").input()[0] == "one"
    alice.press("Down", "Down", "Enter")
    assert alice.done == [("say", "three")]


def test_some_lines_of_a_paste_are_refused(alice: FakeHost) -> None:
    alice.type("one\n/two\nthree\n\n/four\nfive")
    assert alice.done == [("say", "one"), ("say", "three")]
    assert alice.input() == ("five", 4)
    assert "; the 2 refused lines are in the history (Up)" in alice.frame(160, 24)
    assert alice.press("Up").input()[0] == "/four"
    assert alice.press("Up", "Up").input()[0] == "/two"
    assert alice.press("Down", "Down", "Down").input()[0] == "five"


def test_a_refused_line_is_mended_by_typing_on(alice: FakeHost) -> None:
    alice.type("/join\n").tick(200)
    alice.type(" dev\n")
    assert alice.done == [("join", "dev")]
    assert "in the history" not in alice.frame(120, 24)


@pytest.mark.parametrize(
    ("key", "left"),
    [("Backspace", "/hleX"), ("Left", "/hleXp"), ("C-a", "X/hlep"), ("C-u", "X"), ("C-c", "X"), ("C-e", "/hlepX")],
)
def test_an_editing_key_mends_it_at_once(alice: FakeHost, key: str, left: str) -> None:
    alice.type("/hlep\n").press(key).type("X")
    assert alice.input()[0] == left


@pytest.mark.parametrize("key", ["C-j", "Tab"])
def test_line_ends_and_tabs_of_a_paste_do_not_touch_it(alice: FakeHost, key: str) -> None:
    """An unbracketed paste has its line ends as CR LF and its indents as TAB."""
    alice.type("/hlep\n").press(key).type("second\n")
    assert alice.done == [("say", "second")]
    assert alice.press("Up", "Up").input()[0] == "/hlep"


def test_a_paste_right_behind_it_is_a_line_of_its_own(alice: FakeHost) -> None:
    alice.type("/hlep\n").paste("one\ntwo")
    assert alice.input()[0] == "one\ntwo"
    alice.press("C-c").type("/hlep\n").paste("cut", size=100_000)
    assert alice.input()[0] == "cut"


def test_the_notice_of_a_refusal_outlives_the_paste_but_not_long(alice: FakeHost) -> None:
    alice.type("/hlep\nsecond\nthird")
    assert "in the history (Up)" in alice.frame(160, 24)
    alice.tick(2500)
    alice.type("x")
    assert "in the history (Up)" not in alice.frame(160, 24)


def test_a_clock_set_back_keeps_nobody_from_mending(alice: FakeHost) -> None:
    alice.type("/join\n").tick(-60_000)
    alice.type(" dev\n")
    assert alice.done == [("join", "dev")]


# --- lines with nothing to mend ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("line", ["/join lobby", "/join Lobby", "/join #lobby"])
def test_joining_the_room_one_is_in(alice: FakeHost, piped: FakeHost, line: str) -> None:
    alice.type(line + "\nsecond\n")
    assert alice.done == [("say", "second")]
    alice.type(line + "\n")
    assert alice.input() == ("", 0)
    assert "you are in lobby already" in alice.frame()
    piped.told.clear()
    piped.line(line)
    assert piped.told == ["you are in lobby already"]


def test_leaving_the_lobby_and_cancelling_nothing(alice: FakeHost) -> None:
    alice.type("/cancel\n")
    assert alice.input() == ("", 0)
    assert "you have no answer running" in alice.frame()
    alice.refusal = "you are in the lobby; /quit leaves the server"
    alice.type("/leave\n")
    assert alice.input() == ("", 0)
    assert alice.refusal in alice.frame()
