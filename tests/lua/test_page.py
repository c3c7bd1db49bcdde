"""Pages: the keys that scroll and close them, also where the line below is not to be seen."""

from __future__ import annotations

import pytest

from tests.lua.conftest import MakeHost
from tests.lua.fake_host import FakeHost
from tests.lua.fake_room import Frame

LINES = [f"row {i}" for i in range(50)]


def copied(host: FakeHost) -> FakeHost:
    """Has a message of 50 lines before one, plainly."""
    host.says("bob", "\n".join(LINES))
    host.type("/copy\n")
    assert first(host) == "row 0"
    return host


def first(host: FakeHost) -> str:
    return host.frame(60, 12).lines[0]


# --- without the line -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["q", "Enter", "Esc", "C-d", "C-j"])
def test_keys_that_close_a_plain_page_do_nothing_else(alice: FakeHost, key: str) -> None:
    copied(alice).tick()
    alice.press(key)
    assert "lobby" in alice.frame()
    assert alice.input() == ("", 0)
    assert alice.done == []


def test_what_is_typed_on_a_plain_page_is_seen_before_it_is_sent(alice: FakeHost) -> None:
    copied(alice).type("secret")
    assert alice.frame().lines[23] == "> secret"
    assert alice.done == []
    copied(alice.press("C-c")).paste("two\nlines")
    assert alice.input()[0] == "two\nlines"
    copied(alice.press("C-c")).press("h").type("quite")
    assert alice.input()[0] == "hquite"


def test_a_line_under_a_plain_page_is_not_sent_by_the_key_that_closes_it(alice: FakeHost) -> None:
    """The page came while the next line was being typed."""
    alice.says("bob", "older")
    alice.slow = True
    alice.type("/copy\n").type("half a li").load()
    assert alice.frame().lines[0] == "older"
    alice.press("Enter")
    assert alice.done == []
    assert alice.type("ne\n").done == [("say", "half a line")]


def test_ctrl_c_on_a_plain_page_stops_the_answer_and_clears_nothing(alice: FakeHost) -> None:
    alice.says("bob", "older")
    alice.slow = True
    alice.type("/copy\n").type("half a line").load()
    assert alice.press("C-c").input()[0] == "half a line"
    assert "lobby" in alice.frame()
    alice.slow = False
    alice.press("C-c").answers("eliza", "well")
    alice.type("/copy 2\n").press("C-c")
    assert [what[0] for what in alice.done] == ["cancel"]
    assert "cancelled eliza" in alice.frame()


@pytest.mark.parametrize("keys", [("q",), ("Esc",), ("Enter",)])
def test_a_plain_page_closes_for_people_with_vi_too(make: MakeHost, keys: tuple[str, ...]) -> None:
    alice = make(kept={"settings": {"keys": "vi"}})
    copied(alice).press(*keys)
    assert "lobby" in alice.frame()
    assert alice.input()[0] == ""


# --- scrolling --------------------------------------------------------------------------------------------------------


def test_a_plain_page_scrolls_by_lines_and_to_its_ends(alice: FakeHost) -> None:
    copied(alice).press("Down", "Down", "Up", "Down")
    assert first(alice) == "row 2"
    alice.press("End")
    assert alice.frame(60, 12).lines[10] == "row 49"
    alice.press("Up")
    assert alice.frame(60, 12).lines[10] == "row 48"
    alice.press("Home")
    assert first(alice) == "row 0"
    alice.press("Up")
    assert first(alice) == "row 0"
    alice.press("PgDn", "PgUp", "PgDn")
    assert first(alice) == "row 10"


def test_no_key_is_lost_at_the_end_of_a_page(alice: FakeHost) -> None:
    copied(alice).press("End", "Down", "PgDn", "Up")
    assert alice.frame(60, 12).lines[10] == "row 48"


def help_page(host: FakeHost) -> Frame:
    host.type("/help keys\n")
    frame = host.frame()
    assert frame.lines[1] == " Writing"
    return frame


def test_q_closes_a_page_and_types_nothing_unless_a_line_is_being_typed(alice: FakeHost) -> None:
    help_page(alice)
    alice.press("q")
    assert "Esc closes" not in str(alice.frame()) and "> q" not in str(alice.frame())
    alice.type("hi\n")
    assert ("say", "hi") in [done[:2] for done in alice.done]
    alice.type("/help")
    alice.press("Enter")
    alice.type("la").type("q")
    assert "laq" in str(alice.frame())


@pytest.mark.parametrize("mode", ["emacs", "vi"])
def test_a_page_of_help_scrolls_by_lines_and_to_its_ends(make: MakeHost, mode: str) -> None:
    alice = make(kept={"settings": {"keys": mode}})
    before = help_page(alice)
    assert alice.press("Down").frame().lines[1:20] == before.lines[2:21]
    assert alice.press("Up").frame().lines == before.lines
    end = alice.press("End").frame()
    assert end.lines[21] == " Esc closes"
    assert alice.press("Home").frame().lines == before.lines
    assert alice.press("C-End").frame().lines == end.lines
    alice.press("Esc")
    assert "lobby" in alice.frame() and "Writing" not in alice.frame()


def test_with_something_typed_the_keys_are_the_lines(alice: FakeHost) -> None:
    alice.type("older\n")
    before = help_page(alice).lines[:22]
    alice.type("word").press("Home").type("a ")
    assert alice.input() == ("a word", 2)
    assert alice.press("End").input()[1] == 6
    assert alice.frame().lines[:22] == before
    assert alice.press("Up").input()[0] == "/help keys"
    assert alice.frame().lines[:22] == before


@pytest.mark.parametrize("typed", ["", "word"])
@pytest.mark.parametrize("key", ["End", "C-End"])
def test_the_chat_behind_a_page_stays_where_it_is(make: MakeHost, typed: str, key: str) -> None:
    alice = make(rows=60)
    alice.frame()
    alice.probe("probe_open_page")
    alice.press("Esc", "PgUp", "PgUp")
    top = alice.frame().lines[0]
    alice.probe("probe_open_page")
    if typed:
        alice.type(typed)
    alice.press(key, "Esc")
    assert alice.frame().lines[0] == top != " bob           line 39"


@pytest.mark.parametrize("size", [(20, 5), (19, 5), (40, 4), (30, 6), (30, 7)])
def test_no_line_of_a_page_takes_two_steps_on_a_tiny_screen(alice: FakeHost, size: tuple[int, int]) -> None:
    alice.says("bob", "\n".join(LINES))
    alice.type("/history\n")
    pages = set()
    alice.press("Home")
    for _ in range(60):
        pages.add(tuple(alice.frame(*size).lines))
        alice.press("PgDn")
    shown = {line.strip().removeprefix("bob: ") for page in pages for line in page}
    assert shown >= set(LINES)
    height = sum("row " in line for line in alice.frame(*size).lines)
    assert len(pages) <= 50 // height + 2
