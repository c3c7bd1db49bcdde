"""The line editor, key by key."""

from __future__ import annotations

import pytest

from tests.lua.conftest import MakeHost
from tests.lua.fake_host import FakeHost


def test_enter_sends_and_empties(alice: FakeHost) -> None:
    alice.type("hello\n")
    assert alice.done == [("say", "hello")]
    assert alice.input() == ("", 0)


def test_pasted_lines_without_brackets_are_several_messages(alice: FakeHost) -> None:
    alice.type("one\ntwo\n\nthree\n")
    assert alice.done == [("say", "one"), ("say", "two"), ("say", "three")]


def test_pasted_lines_that_end_in_cr_lf_leave_nothing_behind(alice: FakeHost) -> None:
    for line in ("one", "two"):
        alice.type(line).press("Enter", "C-j")
    assert alice.done == [("say", "one"), ("say", "two")]
    assert alice.input() == ("", 0)
    assert alice.press("Up").input() == ("two", 3)
    alice.press("Enter").tick(200)
    alice.press("C-j").type("x")
    assert alice.input()[0] == "\nx"


def test_pasted_lines_with_brackets_are_one(alice: FakeHost) -> None:
    alice.paste("one\n  two\n\nthree\n").press("Enter")
    assert alice.done == [("say", "one\n  two\n\nthree")]


def test_blanks_around_are_dropped_and_inner_ones_kept(alice: FakeHost) -> None:
    alice.type("  \t  a  b  \n").type("   \n")
    assert alice.done == [("say", "a  b")]
    assert alice.input() == ("", 0)


def test_new_lines_inside_a_message(alice: FakeHost) -> None:
    alice.type("one").press("M-Enter").type("two").press("C-j").type("three").press("Up", "Up", "C-e").type("!")
    assert alice.input() == ("one!\ntwo\nthree", 4)
    alice.press("Down", "Down", "C-e", "Enter")
    assert alice.done == [("say", "one!\ntwo\nthree")]


def test_a_refused_message_comes_back(alice: FakeHost) -> None:
    alice.refusal = "the disk is full"
    alice.type("hello\n")
    assert alice.input() == ("hello", 5)
    assert "the disk is full" in alice.frame().lines[22]
    assert "fg:red" in alice.frame().styles[22][0][1]
    alice.refusal = None
    alice.press("Enter")
    assert alice.done == [("say", "hello")]


def test_a_message_too_large_stays_and_names_both_sizes(alice: FakeHost) -> None:
    alice.paste("é" * 10240).press("Enter")
    assert alice.done == []
    assert "message is 20 KiB, the limit is 16 KiB" in alice.frame()
    assert alice.input()[0] == "é" * 10240
    alice.press("C-u").paste("x" * 16385).press("Enter")
    assert "message is 16385 bytes, the limit is 16384 bytes" in alice.frame()
    alice.press("Backspace", "Enter")
    assert alice.done == [("say", "x" * 16384)]


def test_a_paste_that_was_cut_is_said(alice: FakeHost) -> None:
    alice.paste("x" * 65536, size=300 * 1024)
    assert "the paste is 300 KiB, the limit is 64 KiB; the rest was left out" in alice.frame()
    assert alice.input() == ("x" * 65536, 65536)
    alice.paste("y" * 65536, size=300 * 1024)
    assert "nothing was added" in alice.frame()
    alice.type("z")
    assert "the line is 65537 bytes, the limit is 65536 bytes; nothing was added" in alice.frame()
    assert alice.input() == ("x" * 65536, 65536)


def test_what_was_typed_before(alice: FakeHost) -> None:
    alice.type("one\ntwo\ntwo\nnew").press("Up")
    assert alice.input()[0] == "two"
    alice.press("Up")
    assert alice.input()[0] == "one"
    alice.press("Up", "Down", "Down", "Down")
    assert alice.input()[0] == "new"


def test_searching_in_it(alice: FakeHost) -> None:
    alice.type("first apple\npear\nsecond apple\ndraft").press("C-r").type("app")
    assert "(search) app: second apple" in alice.frame()
    alice.press("C-r")
    assert "(search) app: first apple" in alice.frame()
    alice.type("x")
    assert "(search) appx (nothing): draft" in alice.frame()
    alice.press("Backspace", "C-r", "C-e").type("!")
    assert alice.input()[0] == "first apple!"
    alice.press("C-r").type("pear").press("Enter")
    assert alice.done[-1] == ("say", "pear")


@pytest.mark.parametrize("key", ["Esc", "C-g", "C-c"])
def test_a_search_is_given_up(alice: FakeHost, key: str) -> None:
    alice.type("apple\ndraft").press("C-r").type("app").press(key)
    assert alice.input()[0] == "draft"
    assert "(search)" not in alice.frame()


def test_deleting_and_bringing_back(alice: FakeHost) -> None:
    alice.type("one two-three four").press("C-w", "C-w").press("Home", "C-y")
    assert alice.input()[0] == "two-three fourone "
    alice.press("C-e", "M-Backspace").press("C-a", "M-d")
    assert alice.input()[0] == "-three "
    alice.press("C-f", "C-b", "C-k", "C-y", "C-y")
    assert alice.input()[0] == "-three -three "


def test_what_is_deleted_in_one_go_comes_back_in_one(alice: FakeHost) -> None:
    alice.type("one two three four").press("M-b", "M-b", "M-d", "M-d", "C-a", "C-y")
    assert alice.input()[0] == "three fourone two "
    alice.press("C-e", "C-w", "C-w", "C-y")
    assert alice.input()[0] == "three fourone two "
    alice.press("C-w", "C-w", "C-_")
    assert alice.input()[0] == "three fourone two "


def test_what_was_deleted_before_that(alice: FakeHost) -> None:
    alice.type("one two three").press("C-w", "Left", "Right", "C-w", "C-y")
    assert alice.input()[0] == "one two "
    alice.press("M-y")
    assert alice.input()[0] == "one three"
    alice.press("M-y", "C-_")
    assert alice.input()[0] == "one three"
    alice.press("C-_", "C-_", "M-y")
    assert alice.input()[0] == "one "
    for i in range(40):
        alice.press("C-a", "C-k").type(f"text {i}").press("Left", "Right")
    alice.press("C-u", "C-y", *["M-y"] * 15)
    assert alice.input()[0] == "text 24"
    assert alice.press("M-y").input()[0] == "text 39"


def test_words_in_other_letters(alice: FakeHost) -> None:
    alice.type("ÉTÉ ωμέγα жук ǅ ß x2y").press("M-<", "M-l", "M-u", "M-c", "M-u", "M-u", "M-u", "M-u")
    assert alice.input() == ("été ΩΜΈΓΑ Жук ǅ ß X2Y", 21)
    alice.press("C-u").paste("e\u0301a -the- END").press("M-<", "M-u", "M-c", "M-c")
    assert alice.input()[0] == "E\u0301A -The- End"


@pytest.mark.parametrize(
    ("text", "keys", "turned"),
    [
        ("one two", [], "two one"), ("one two", ["M-b"], "two one"), ("one, two three", ["M-b"], "two, one three"),
        ("one two  ", [], "two one  "), ("one", [], "one"), ("", [], ""), ("- -", [], "- -"), ("one", ["Home"], "one"),
    ],
)  # fmt: skip
def test_two_words_change_places(alice: FakeHost, text: str, keys: list[str], turned: str) -> None:
    alice.paste(text).press(*keys, *(["M-b"] if "three" in text else []), "M-t")
    assert sorted(alice.input()[0]) == sorted(text)
    assert alice.input()[0] == turned or "three" in text


def test_to_the_ends_of_several_lines(alice: FakeHost) -> None:
    alice.paste("one\ntwo\nthree").press("M-<")
    assert alice.input()[1] == 0
    assert alice.press("M->").input()[1] == 13
    assert alice.press("C-Home").input()[1] == 0


def test_up_and_down_go_by_lines_of_the_screen_and_keep_their_column(alice: FakeHost) -> None:
    alice.type("before\n").paste("x" * 50 + "\nab\n" + "日本語" * 10 + "日本語日本")
    columns = []
    for _ in range(8):
        columns.append(alice.frame(22, 40).cursor)
        alice.press("Up")
    assert columns == [(12, 39), (12, 38), (12, 37), (12, 36), (4, 35), (12, 34), (12, 33), (12, 32)]
    assert alice.input()[0] == "before"
    alice.press("Down", "M-<", *["Right"] * 5, "Down", "Down", "Down", "Down")
    assert alice.frame(22, 40).cursor == (2 + 4, 36)


def test_redo(alice: FakeHost) -> None:
    alice.type("one").type(" ").type("two").press("C-_", "C-_", "M-r")
    assert alice.input()[0] == "one "
    assert alice.press("M-r").input() == ("one two", 7)
    assert alice.press("M-r").input() == ("one two", 7)
    alice.press("C-_").type("x").press("M-r")
    assert alice.input()[0] == "one x"


def test_line_ends_and_tabs_of_a_paste(alice: FakeHost) -> None:
    alice.paste("a\tb\r\nc\rd\x1b[31m")
    assert alice.input()[0] == "a\tb\nc\nd[31m"
    assert alice.frame().lines[-3:] == ["> a b", "  c", "  d[31m"]


def test_undo(alice: FakeHost) -> None:
    alice.type("one").type(" ").type("two").press("C-w", "C-_")
    assert alice.input()[0] == "one two"
    alice.press("C-_", "C-_", "C-_", "C-_", "C-_")
    assert alice.input()[0] == ""


def test_the_input_grows_and_scrolls(alice: FakeHost) -> None:
    alice.paste("x" * 70)
    frame = alice.frame(40, 12)
    assert [line[:4] for line in frame.lines[-2:]] == ["> xx", "  xx"]
    assert frame.cursor == (2 + 70 - 38, 11)
    alice.paste("\n1\n2\n3\n4\n5")
    frame = alice.frame(40, 12)
    assert frame.lines[-4:] == ["  2", "  3", "  4", "  5"]
    assert frame.cursor == (3, 11)
    alice.press("Up", "Up", "Up", "Up", "Up", "Home")
    frame = alice.frame(40, 12)
    assert frame.lines[-4].startswith("> xxx")
    assert frame.cursor == (2, 8)


def test_the_cursor_stands_behind_wide_characters(alice: FakeHost) -> None:
    alice.type("日本👩‍👩‍👧e\u0301")
    assert alice.frame().cursor == (2 + 7, 23)
    alice.press("Left", "Left")
    assert alice.frame().cursor == (2 + 4, 23)
    alice.press("Backspace", "Backspace", "Backspace")
    assert alice.input() == ("👩‍👩‍👧e\u0301", 0)


def test_a_line_that_fills_the_screen_has_a_place_for_the_cursor(alice: FakeHost) -> None:
    alice.paste("x" * 38)
    frame = alice.frame(40, 12)
    assert frame.cursor == (2, 11)
    assert frame.lines[-2:] == ["> " + "x" * 38, ""]


@pytest.mark.parametrize("key", ["M-/", "M-x", "M-é"])
def test_esc_and_a_key_right_after_it_are_two_keys(alice: FakeHost, key: str) -> None:
    """They arrive as one chord: what follows must not lose its first letter, and become something that is said."""
    alice.type("/help\n").press(key)
    assert "Esc closes" not in alice.frame()
    assert alice.input()[0] == key[2:]
    alice.type("y").press("M-b")
    assert alice.input() == (key[2:] + "y", 0 if key != "M-/" else 1)


def test_a_chord_gives_up_a_menu_and_a_search(alice: FakeHost) -> None:
    alice.type("@").press("Tab", "M-z")
    assert alice.menu()[0] is False
    assert alice.input()[0] == "@z"
    alice.press("C-u").type("hello\n").press("C-r").type("hel").press("M-/")
    assert alice.input()[0] == "/"


# --- keys that terminals send in several ways -------------------------------------------------------------------------


@pytest.mark.parametrize("keys", ["emacs", "vi"])
def test_enter_with_a_modifier_begins_a_line(make: MakeHost, keys: str) -> None:
    alice = make(kept={"settings": {"keys": keys}})
    for name in ("S-Enter", "C-Enter", "M-Enter", "C-S-Enter", "C-j"):
        alice.type("x").press(name)
    assert alice.input()[0] == "x\n" * 5 and alice.done == []


def test_alt_backspace_kills_a_word_however_it_is_sent(alice: FakeHost) -> None:
    assert alice.type("one two three").press("M-Backspace", "C-M-h").input()[0] == "one "


def test_an_unbound_chord_types_nothing(alice: FakeHost) -> None:
    assert alice.type("one").press("M-x", "M-1", "M-é", "C-M-x", "S-F5").input()[0] == "one"


def test_the_wheel_scrolls_and_leaves_the_line_alone(make: MakeHost) -> None:
    alice = make(rows=100)
    alice.type("before\n").type("half")
    alice.frame()
    newest = alice.frame().chat()
    alice.turn("WheelUp", 3)
    assert alice.frame().chat()[3:] == newest[:-3]
    assert alice.input()[0] == "half"
    alice.turn("WheelDown", 6)
    assert alice.frame().chat() == newest
    alice.press("C-u").type("/help keys\n")
    first = alice.frame().chat()
    alice.turn("WheelDown", 3)
    assert alice.frame().chat()[1:5] == first[4:8]
