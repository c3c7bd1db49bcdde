"""The menu that Tab opens over the chat: choosing, narrowing, leaving it, and any screen."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.lua.conftest import MakeHost
from tests.lua.fake_host import FakeHost
from tests.lua.fake_room import Frame


def menu_of(frame: Frame) -> list[str]:
    """The lines between the chat and the status line."""
    return [line for line in frame.lines[: frame.height - 2] if line.startswith(("  ", "> "))]


def names_in(frame: Frame) -> list[str]:
    """The first word of each candidate."""
    return [line[2:].split()[0] for line in menu_of(frame)]


# --- choosing ---------------------------------------------------------------------------------------------------------


def test_tab_opens_it_and_says_what_each_is(alice: FakeHost) -> None:
    frame = alice.type("hi @").press("Tab").frame()
    assert alice.input()[0] == "hi @"
    assert menu_of(frame) == [
        "> alice     person", "  bob       person", "  echo      model, test", "  eliza     model, test",
        "  qwen3:8b  model, test",
    ]  # fmt: skip
    assert frame.lines[21].startswith("  qwen3:8b")
    assert frame.lines[22].startswith(" lobby")


def test_the_chosen_one_is_in_the_line_and_told_apart_without_colour(alice: FakeHost) -> None:
    frame = alice.type("@e").press("Tab", "Tab", "Down").frame()
    assert alice.input() == ("@eliza", 6)
    assert menu_of(frame)[1] == "> eliza     model, test"
    assert "underline" in frame.styles[19][0][1]
    assert "underline" not in frame.styles[18][0][1]
    assert menu_of(alice.press("S-Tab").frame())[0].startswith("> echo")
    assert menu_of(alice.press("C-p").frame())[-1].startswith("> qwen3:8b")
    assert menu_of(alice.press("C-n").frame())[0].startswith("> echo")


def test_those_that_begin_with_it_come_first(alice: FakeHost) -> None:
    alice.models[:] = ["deli", "el", "elm"]
    assert names_in(alice.type("@el").press("Tab").frame()) == ["el", "elm", "deli"]


@pytest.mark.parametrize("key", ["Enter", "Right"])
def test_enter_takes_the_chosen_one_and_sends_nothing(alice: FakeHost, key: str) -> None:
    alice.type("@e").press("Tab", "Tab", key)
    assert alice.input() == ("@echo ", 6)
    assert alice.done == []
    assert menu_of(alice.frame()) == []
    alice.type("hi\n")
    assert alice.done == [("mention", "echo", "hi", "@echo hi")]


@pytest.mark.parametrize(
    ("typed", "taken"), [("so :smi", "so 😄"), ("/", "/away "), ("@e", "@echo "), ("I said e", "I said echo ")]
)
def test_enter_takes_the_first_while_none_else_is_chosen(alice: FakeHost, typed: str, taken: str) -> None:
    alice.type(typed).press("Tab", "Enter")
    assert alice.input()[0] == taken
    assert alice.done == [] and menu_of(alice.frame()) == []


def test_typing_on_keeps_the_chosen_one(alice: FakeHost) -> None:
    alice.type("@e").press("Tab", "Tab").type(" hi\n")
    assert alice.done == [("mention", "echo", "hi", "@echo hi")]


@pytest.mark.parametrize("key", ["Esc", "C-g", "C-c"])
def test_esc_leaves_what_was_typed(alice: FakeHost, key: str) -> None:
    alice.type("to @e").press("Tab", "Tab", "Tab", key)
    assert alice.input() == ("to @e", 5)
    assert menu_of(alice.frame()) == []
    assert alice.press("C-_").input()[0] == ""


def test_ctrl_c_stops_an_answer_first(alice: FakeHost) -> None:
    alice.answers("eliza")
    alice.type("@e").press("Tab", "C-c")
    assert alice.done == [("cancel", "m0")]


def test_what_is_typed_narrows_it_and_backspace_widens_it(alice: FakeHost) -> None:
    alice.type("/").press("Tab").type("st")
    assert names_in(alice.frame()) == ["stats", "history"]
    alice.press("Backspace")
    assert len(menu_of(alice.frame())) > 2
    alice.press("Tab", "Tab", "Backspace")
    assert alice.input()[0] == "/s"
    assert len(menu_of(alice.frame())) > 2
    alice.press("Backspace", "Backspace")
    assert menu_of(alice.frame()) == []
    assert alice.input()[0] == ""


def test_it_closes_with_the_word(alice: FakeHost) -> None:
    for text in (" ", "zzz", ","):
        alice.press("C-u").type("@e").press("Tab").type(text)
        assert menu_of(alice.frame()) == []
        assert alice.input()[0] == "@e" + text
    alice.press("C-u").type("@e").press("Tab", "Left")
    assert menu_of(alice.frame()) == []
    alice.press("End", "Tab", "C-l")
    assert menu_of(alice.frame()) == []
    alice.press("Tab").paste("li")
    assert menu_of(alice.frame()) == []
    assert alice.input()[0] == "@eli"


def test_it_scrolls_with_what_is_chosen(alice: FakeHost) -> None:
    for i in range(30):
        alice.rooms[f"room-{i:02}"] = ""
    alice.type("/join room").press("Tab")
    assert names_in(alice.frame()) == [f"room-{i:02}" for i in range(8)]
    assert menu_of(alice.frame())[-1].endswith(" 1/30")
    alice.press("PgDn", "PgDn", "Down")
    assert menu_of(alice.frame())[-1].startswith("> room-16")
    alice.press("S-Tab", "PgUp", "PgUp", "Up")
    assert menu_of(alice.frame())[-1].startswith("> room-29")
    assert alice.input()[0] == "/join room-29"


def test_a_completion_is_undone_in_one(alice: FakeHost) -> None:
    alice.type("a @e").press("Tab", "Tab", "Tab", "Enter", "C-_")
    assert alice.input()[0] == "a @e"


def test_emoji(alice: FakeHost) -> None:
    alice.type("well :smil").press("Tab")
    assert alice.input()[0] == "well :smile"
    assert menu_of(alice.frame()) == ["> :smile:   😄", "  :smiley:  😃"]
    alice.press("Down", "Down")
    assert alice.input()[0] == "well 😃"
    assert alice.press("Esc").input()[0] == "well :smile"
    assert alice.press("Tab", "Tab", "Enter").input() == ("well 😄", 6)


# --- any screen -------------------------------------------------------------------------------------------------------


def test_wide_names_and_narrow_screens(make: MakeHost) -> None:
    alice = make()
    alice.models[:] = ["日本語モデル" * 3, "日曜", "é" * 30]
    frame = alice.type("@日").press("Tab", "Tab").frame(20, 8)
    assert menu_of(frame) == ["> 日曜", "  日本語モデル日本…"]
    frame = alice.frame(40, 12)
    assert menu_of(frame)[0].startswith("> 日曜  ")
    assert "model, " in menu_of(frame)[0]


def test_below_20_by_5_one_goes_through_them_in_place(alice: FakeHost) -> None:
    alice.type("@e").press("Tab")
    assert alice.frame(19, 8).lines[-2:] == ["echo  eliza  alice…", "> @e"]
    alice.press("Tab", "Tab")
    assert alice.frame(40, 4).lines[-2:] == ["eliza  alice  qwen3:8b", "> @eliza"]
    assert alice.frame(40, 1).lines == ["> @eliza"]
    assert alice.press("Tab", "Tab", "Tab").frame(12, 3).lines[-1] == "> @echo"


def test_notices_stay_in_sight(alice: FakeHost) -> None:
    alice.type("@e").press("Tab")
    alice.tells("the server is stopping " * 5, "warn")
    frame = alice.frame(40, 15)
    assert any(line.startswith(" the server is stopping") for line in frame.lines)
    assert any(line.startswith("  qwen3:8b") for line in frame.lines)


KEYS = [
    "Tab", "S-Tab", "Up", "Down", "C-n", "C-p", "PgUp", "PgDn", "Enter", "Right", "Esc", "C-g", "Backspace", "C-h", "e",
    "l", "a", ":", "m", "日", "\u0301", " ",
]  # fmt: skip
WORDS = [
    "@e",
    "@",
    "/",
    "@eliza,e",
    ":sm",
    "hello e",
    "/join ",
    "/set t",
    "/help s",
    "@日",
    "👩\u200d:sm",
    "(e",
    "e\u0301l",
]


@given(
    word=st.sampled_from(WORDS),
    around=st.tuples(st.sampled_from(["", "x\n", "日 "]), st.sampled_from(["", " end", "\nmore"])),
    keys=st.lists(st.sampled_from(KEYS), max_size=20),
    sizes=st.lists(st.tuples(st.integers(0, 50), st.integers(0, 20)), min_size=1, max_size=4),
)
@settings(max_examples=100, deadline=None)
def test_what_stands_around_the_word_is_left_alone(
    typist: FakeHost, word: str, around: tuple[str, str], keys: list[str], sizes: list[tuple[int, int]]
) -> None:
    """While the menu is open, whatever size the screen has meanwhile, only the word changes; Esc takes that back."""
    before, after = around
    typist.models[:] = ["eliza", "echo", "日本", "日曜"]
    typist.press("Esc", "C-g", "C-c", "C-c").type("/clear").press("Enter").paste(before + word + after)
    typist.press(*["Left"] * len(after), "Tab")
    is_open, begins = typist.menu()
    text, cursor = typist.input()
    head, typed = text.encode()[:begins].decode(), text[:cursor].encode()[begins:].decode()
    for i, key in enumerate(keys):
        if not is_open:
            return
        was = typist.input()
        assert was[0].startswith(head)
        assert was[0].endswith(after)
        assert was[1] == len(was[0]) - len(after)
        frame = typist.frame(*sizes[i % len(sizes)])
        assert "Tab" not in str(frame)
        chosen = was[0] != head + typed + after
        typist.press(key)
        is_open, _ = typist.menu()
        now = typist.input()[0]
        match key:
            case "Esc" | "C-g":
                assert now == head + typed + after
            case "Enter" | "Right" if chosen:
                assert now in {was[0][: was[1]] + gap + after for gap in ("", " ")}
            case "Backspace" | "C-h":
                typed = typed if chosen else now[len(head) : len(now) - len(after)]
            case "Enter" | "Right" | "Tab" | "S-Tab" | "Up" | "Down" | "C-n" | "C-p" | "PgUp" | "PgDn":
                pass
            case _:
                assert now == was[0][: was[1]] + key + after
                typed = now[len(head) : len(now) - len(after)]
