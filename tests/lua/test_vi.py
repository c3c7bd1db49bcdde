"""The keys of vi: modes, motions, operators, repeating."""

from __future__ import annotations

import pytest

from tests.lua.conftest import MakeHost
from tests.lua.fake_host import FakeHost
from tests.lua.vi_keys import edit


@pytest.fixture
def vi(make: MakeHost) -> FakeHost:
    """Somebody who has set keys=vi."""
    return make(kept={"settings": {"keys": "vi"}})


# --- modes ------------------------------------------------------------------------------------------------------------


def test_a_new_line_begins_in_insert_mode(vi: FakeHost) -> None:
    vi.type("hello")
    assert vi.frame().lines[-1] == "> hello"
    vi.press("Esc")
    assert vi.frame().lines[-1] == ": hello"
    assert vi.frame().cursor == (2 + 4, 23)
    vi.press("Enter").type("next")
    assert vi.done == [("say", "hello")]
    assert vi.frame().lines[-1] == "> next"
    vi.press("Esc", "C-c").type("clear")
    assert vi.input()[0] == "clear"


def test_set_keys_changes_it_at_once_and_back(alice: FakeHost) -> None:
    alice.type("x").press("Esc").type("y")
    assert alice.input()[0] == "xy"
    alice.press("C-u").type("/set keys vi\n").type("abc").press("Esc", "x")
    assert alice.input()[0] == "ab"
    alice.press("C-c").type("/set keys emacs\n").type("abc").press("Esc", "x")
    assert alice.input()[0] == "abcx"


def test_a_refused_line_comes_back_to_be_typed_on(vi: FakeHost) -> None:
    vi.type("/hlep").press("Esc", "Enter").tick(200)
    vi.type("!")
    assert vi.input()[0] == "/hlep!"


def test_esc_and_a_key_may_arrive_as_a_chord(vi: FakeHost) -> None:
    """Two keys in one packet look like Alt; who has the keys of vi means Esc."""
    vi.type("one two").press("M-b").press("M-D")
    assert vi.input()[0] == "one "
    vi.press("M-A").type("x").press("M-Enter").type("y")
    assert vi.input()[0] == "one x\ny"


def test_what_was_typed_ahead_arrives_in_one_piece(vi: FakeHost) -> None:
    vi.type("one two three").press("Esc").type("0dwcwTWO")
    assert vi.input()[0] == "TWO three"
    vi.press("Esc").type("A!\n")
    assert vi.done == [("say", "TWO three!")]


def test_esc_closes_what_is_open_first(vi: FakeHost) -> None:
    vi.type("@e").press("Tab", "Tab", "Esc").type("x")
    assert vi.input()[0] == "@ex"
    vi.press("C-u").type("/rooms\n").type("ab").press("Esc").type("c")
    assert vi.input()[0] == "abc"
    assert "Rooms" not in vi.frame().lines[0]


def test_readline_keys_work_in_both_modes(vi: FakeHost) -> None:
    vi.type("one two").press("C-w", "C-y", "Esc", "C-a").type("x")
    assert vi.input() == ("ne two", 0)
    vi.press("End")
    assert vi.input() == ("ne two", 5)
    vi.press("Tab", "Left").paste("!")
    assert vi.input()[0] == "ne t!wo"


def test_history_and_searching_in_it(vi: FakeHost) -> None:
    vi.type("apple\npear\n").type("x").press("Esc", "k")
    assert vi.input() == ("pear", 3)
    vi.type("kjj")
    assert vi.input()[0] == "x"
    vi.type("/app").press("Enter")
    assert vi.input()[0] == "apple"
    assert len(vi.done) == 2
    vi.press("Enter")
    assert vi.done[-1] == ("say", "apple")


def test_j_and_k_keep_their_column(vi: FakeHost) -> None:
    vi.paste("long line\nxy\n\nanother one").press("Esc")
    vi.type("kkk")
    assert vi.input()[1] == 8
    vi.type("jjj")
    assert vi.input()[1] == len("long line\nxy\n\nanother on")


# --- commands ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "keys", "left", "cursor"),
    [
        ("one two three", "w", "one two three", 4),
        ("one two three", "2w", "one two three", 8),
        ("one two three", "9w", "one two three", 12),
        ("one, two", "w", "one, two", 3),
        ("one, two", "W", "one, two", 5),
        ("one two", "e", "one two", 2),
        ("one two", "ee", "one two", 6),
        ("one, two", "E", "one, two", 3),
        ("one two", "$b", "one two", 4),
        ("one, two", "$BB", "one, two", 0),
        ("  one", "$^", "  one", 2),
        ("  one", "$0", "  one", 0),
        ("abcabc", "fc", "abcabc", 2),
        ("abcabc", "2fc", "abcabc", 5),
        ("abcabc", "3fc", "abcabc", 0),
        ("abcabc", "fc;", "abcabc", 5),
        ("abcabc", "fc;,", "abcabc", 2),
        ("abcabc", "tc;", "abcabc", 4),
        ("abcabc", "$Fa", "abcabc", 3),
        ("abcabc", "$Ta,", "abcabc", 4),
        ("one\n  two\nthree", "G", "one\n  two\nthree", 10),
        ("one\n  two\nthree", "2G", "one\n  two\nthree", 6),
        ("one\n  two\nthree", "Ggg", "one\n  two\nthree", 0),
        ("one two", "dw", "two", 0),
        ("one two three", "d2w", "three", 0),
        ("one two three", "2dw", "three", 0),
        ("a b c d e f g", "2d2w", "e f g", 0),
        ("one two", "wdw", "one ", 3),
        ("one\ntwo", "dw", "\ntwo", 0),
        ("one two", "cwX^[", "X two", 0),
        ("one two three", "c2wX^[", "X three", 0),
        ("one  two", "3lcwX^[", "oneXtwo", 3),
        ("a bc", "cwX^[", "X bc", 0),
        ("one two", "de", " two", 0),
        ("one two", "$db", "one o", 4),
        ("one two", "$dd", "", 0),
        ("one\ntwo\nthree", "jdd", "one\nthree", 4),
        ("one\ntwo\nthree", "2dd", "three", 0),
        ("one\ntwo\nthree", "Gdd", "one\ntwo", 4),
        ("one\ntwo\nthree", "jdgg", "three", 0),
        ("one\ntwo\nthree", "jdG", "one", 0),
        ("one\ntwo\nthree", "dj", "three", 0),
        ("one\ntwo\nthree", "jdk", "three", 0),
        ("one\ntwo", "jccX^[", "one\nX", 4),
        ("one\ntwo", "SX^[", "X\ntwo", 0),
        ("abcdef", "dfc", "def", 0),
        ("abcdef", "dtc", "cdef", 0),
        ("abcdef", "$dFb", "af", 1),
        ("abcdef", "dfx", "abcdef", 0),
        ("one two", "wD", "one ", 3),
        ("one two", "wCX^[", "one X", 4),
        ("one", "x", "ne", 0),
        ("one", "9x", "", 0),
        ("one\ntwo", "$x", "on\ntwo", 1),
        ("one", "$X", "oe", 1),
        ("one", "sX^[", "Xne", 0),
        ("one", "rX", "Xne", 0),
        ("one", "2rX", "XXe", 1),
        ("one", "4rX", "one", 0),
        ("é日x", "~~~", "É日X", 2),
        ("one two", "yww", "one two", 4),
        ("one two", "ywP", "one one two", 3),
        ("one two", "yw$p", "one twoone ", 10),
        ("one two", "dw2P", "one one two", 7),
        ("one\ntwo", "yyp", "one\none\ntwo", 4),
        ("one\ntwo", "jYP", "one\ntwo\ntwo", 4),
        ("one\ntwo", "ddp", "two\none", 4),
        ("one two", "wiX^[", "one Xtwo", 4),
        ("one two", "waX^[", "one tXwo", 5),
        ("one two", "AX^[", "one twoX", 7),
        ("  one", "$IX^[", "  Xone", 2),
        ("one\ntwo", "oX^[", "one\nX\ntwo", 4),
        ("one\ntwo", "jOX^[", "one\nX\ntwo", 4),
        ("one\n  two", "J", "one two", 3),
        ("one two three", "wdiw", "one  three", 4),
        ("one two three", "wdaw", "one three", 4),
        ("one two, three", "wciWX^[", "one X three", 4),
        ("one two three", "dwu", "one two three", 0),
        ("one two three", "dwdwuu", "one two three", 0),
        ("one two three", "dwdw2u", "one two three", 0),
        ("one two three", "dw.", "three", 0),
        ("one two three four", "dw2.", "four", 0),
        ("one two three", "cwX^[w.", "X X three", 2),
        ("a", "oX y^[.", "a\nX y\nX y", 8),
        ("abc", "xp.", "baa" + "c", 2),
        ("one two", "d^[w", "one two", 4),
        ("one two", "dZw", "one two", 4),
        ("one two", "12345678901234567890w", "one two", 6),
        ("", "xXDdw~rxJdd", "", 0),
    ],
)
def test_commands(vi: FakeHost, text: str, keys: str, left: str, cursor: int) -> None:
    assert edit(vi, text, keys) == (left, cursor)


def test_one_insertion_is_one_step_back(vi: FakeHost) -> None:
    edit(vi, "one two", "cw")
    vi.type("some").press("Backspace").type("thing else").press("C-w", "Esc")
    assert vi.input()[0] == "somthing  two"
    assert vi.press("u").input()[0] == "one two"
    assert vi.press("C-r").input()[0] == "somthing  two"


def test_c_y_brings_back_what_vi_deleted(vi: FakeHost) -> None:
    edit(vi, "one two", "dw")
    assert vi.press("A", "C-y").input()[0] == "twoone "


def test_a_long_run_of_text_ends_before_the_limits_of_a_callback(vi: FakeHost) -> None:
    vi.paste("日本語é" * 5000).press("Esc").type("p" * 50_000).type("u" * 5000).type("xp" * 4000)
    vi.paste("x" * 60_000).type("u" * 5000).type("dbP" * 4000).press("M-u").frame()
