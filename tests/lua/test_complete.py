"""Tab."""

from __future__ import annotations

import pytest

from tests.lua.fake_host import FakeHost


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("/he", "/help "),
        ("/j", "/join "),
        ("/join d", "/join dev"),
        ("/who lo", "/who lobby"),
        ("/help k", "/help keys"),
        ("@el", "@eliza "),
        ("@qw", "@qwen3:8b "),
        ("@eliza,ec", "@eliza,echo "),
        ("hello bo", "hello bob "),
        ("Bo", "bob "),
        ("/cancel x", "/cancel x"),
        ("nothing", "nothing"),
        ("", ""),
        ("two words ", "two words "),
    ],
)
def test_tab_completes(alice: FakeHost, typed: str, completed: str) -> None:
    alice.type(typed).press("Tab")
    assert alice.input() == (completed, len(completed))


def test_tab_goes_through_several(alice: FakeHost) -> None:
    alice.type("@e").press("Tab")
    assert alice.input()[0] == "@e"
    assert "echo  eliza" in alice.frame()
    alice.press("Tab")
    assert alice.input()[0] == "@echo"
    alice.press("Tab")
    assert alice.input()[0] == "@eliza"
    alice.press("Tab", "S-Tab", "S-Tab")
    assert alice.input()[0] == "@echo"
    alice.type(" hi\n")
    assert alice.done == [("mention", "echo", "hi", "@echo hi")]


def test_tab_completes_as_far_as_all_agree(alice: FakeHost) -> None:
    alice.models[:] = ["mistral-large", "mistral-small"]
    alice.type("@m").press("Tab")
    assert alice.input()[0] == "@mistral-"
    assert "mistral-large  mistral-small" in alice.frame()


def test_tab_in_the_middle_of_a_line(alice: FakeHost) -> None:
    alice.type("@el hello").press("Home", "Right", "Right", "Right", "Tab")
    assert alice.input() == ("@eliza  hello", 7)
