"""Tab: what is completed, and how far."""

from __future__ import annotations

import pytest

from tests.lua.fake_host import FakeHost


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("/he", "/help "),
        ("/j", "/join "),
        ("/join d", "/join dev"),
        ("/join #d", "/join #dev"),
        ("/who lo", "/who lobby"),
        ("/help k", "/help keys"),
        ("/set th", "/set th"),
        ("/set theme d", "/set theme dark"),
        ("/msg @bo", "/msg @bob"),
        ("/me hugs bo", "/me hugs bob "),
        ("@el", "@eliza "),
        ("@EL", "@eliza "),
        ("@qw", "@qwen3:8b "),
        ("/room to", "/room topic"),
        ("/room default q", "/room default qwen3:8b"),
        ("/room retrieval of", "/room retrieval off"),
        ("/room topic of", "/room topic of"),
        ("/later el", "/later @eliza"),
        ("/later @el", "/later @eliza "),
        ("/later @eliza,ec", "/later @eliza,echo "),
        ("/later li", "/later list"),
        ("/later drop e", "/later drop e"),
        ("/nocache el", "/nocache @eliza"),
        ("/nocache @eliza hello bo", "/nocache @eliza hello bob "),
        ("@eliza,ec", "@eliza,echo "),
        ("look, @bo", "look, @bob "),
        ("hello bo", "hello bob "),
        ("hello (bo", "hello (bob "),
        ("Bo", "bob "),
        ("/cancel x", "/cancel x"),
        ("nothing", "nothing"),
        ("", ""),
        ("two words ", "two words "),
        ("well :rocke", "well 🚀"),
        (":rocke", "🚀"),
        ("日本:rocke", "日本🚀"),
        ("12:30", "12:30"),
        ("a:rocke", "a:rocke"),
        (":r", ":r"),
        ("x" * 300 + "bo", "x" * 300 + "bo"),
    ],
)
def test_tab_completes(alice: FakeHost, typed: str, completed: str) -> None:
    alice.paste(typed).press("Tab")
    assert alice.input() == (completed, len(completed))


@pytest.mark.parametrize(
    ("typed", "completed"), [("@liz", "@eliza "), ("/join ev", "/join dev"), ("hi liz", "hi eliza ")]
)
def test_what_begins_with_nothing_typed_may_have_it_inside(alice: FakeHost, typed: str, completed: str) -> None:
    assert alice.type(typed).press("Tab").input()[0] == completed


def test_one_letter_of_a_plain_word_stands_nowhere_inside(alice: FakeHost) -> None:
    assert alice.type("a z").press("Tab").input()[0] == "a z"


def test_who_is_named_already_is_not_offered_again(alice: FakeHost) -> None:
    alice.models[:] = ["echo", "eliza"]
    assert alice.type("@eliza,e").press("Tab").input()[0] == "@eliza,echo "


def test_tab_completes_as_far_as_all_agree(alice: FakeHost) -> None:
    alice.models[:] = ["mistral-large", "mistral-small"]
    alice.type("@m").press("Tab")
    assert alice.input()[0] == "@mistral-"
    assert alice.press("C-_").input()[0] == "@m"


def test_as_far_as_they_agree_cuts_no_character(alice: FakeHost) -> None:
    """本 and 朝 begin with the same two bytes."""
    alice.models[:] = ["日本", "日朝"]
    assert alice.type("@日").press("Tab").input() == ("@日", 2)
    assert alice.press("Tab", "Tab").input()[0] == "@日本"


def test_tab_in_the_middle_of_a_line(alice: FakeHost) -> None:
    alice.type("@el hello").press("Home", "Right", "Right", "Right", "Tab")
    assert alice.input() == ("@eliza  hello", 7)


def test_a_script_may_say_what_its_names_mean(alice: FakeHost) -> None:
    alice.probe("probe_add_command")
    frame = alice.type("/paint ").press("Tab").frame()
    assert "> blue  like the sky" in frame
    assert alice.press("Tab", "Tab").input()[0] == "/paint red"


def test_hundreds_of_rooms_are_no_trouble(alice: FakeHost) -> None:
    for i in range(3000):
        alice.rooms[f"room-{i}"] = ""
    alice.type("/join ro").press("Tab").type("2").press("Backspace", "Up")
    assert alice.input()[0].startswith("/join room-")


def test_commands_in_capitals_say_as_much(alice: FakeHost) -> None:
    alice.type("/SET ").press("Tab")
    assert any("  theme     colours" in line for line in alice.press("S-Tab", "S-Tab", "S-Tab").frame().lines)


def test_only_the_person_is_completed_in_a_word_to_one(alice: FakeHost) -> None:
    alice.type("/msg bo").press("Tab")
    assert alice.input()[0] == "/msg bob"
    alice.type(" al").press("Tab")
    assert alice.input()[0] == "/msg bob alice "
    alice.press("C-u").type("/msg bob @eli").press("Tab")
    assert alice.input()[0] == "/msg bob @eliza "


def test_the_rooms_default_model_stands_first_behind_an_at(alice: FakeHost) -> None:
    alice.settings["default"] = "qwen3:8b"
    frame = alice.type("@").press("Tab").frame()
    listed = [line for line in frame.lines if "model" in line]
    assert "qwen3:8b" in listed[0] and "the room's default" in listed[0] and "echo" in listed[1]
