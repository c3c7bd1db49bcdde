"""The oracle of screens takes what is right, and names what is wrong: it is shown both."""

from __future__ import annotations

from typing import Any

import pytest

from chatd.core.visit import Kind, Visit, Visitor
from chatd.screen.paint import enter, leave
from chatd.testing.checks import Broken
from chatd.testing.screen import Screen
from chatd.testing.simulation.oracles.screens import MOST_HELD, Painted, is_screen, stale, standing

PAINT = b"\x1b[1;1Hx"


class Alice:
    visit = Visit(Visitor("alice", Kind.MEMBER, "key"), pty=True, term="xterm", size=(20, 3))


def screen_of(data: str) -> Screen:
    screen = Screen(20, 3)
    screen.feed(data.encode())
    return screen


def test_a_screen_is_stale_where_texts_or_styles_are_others() -> None:
    shown = screen_of("hello\r\n\x1b[1mbob\x1b[m says\r\n")
    assert standing(shown) == [(("hello", ""),), (("bob", "bold"), (" says", "")), ()]
    assert stale(standing(shown), standing(shown)) == ""
    assert stale(standing(shown), standing(screen_of("hallo\r\n\x1b[1mbob\x1b[m says\r\n"))) == "'hello' is 'hallo'"
    plain = stale(standing(shown), standing(screen_of("hello\r\nbob says\r\n")))
    assert plain == "(('bob', 'bold'), (' says', '')) is (('bob says', ''),)"
    assert stale(standing(shown, 1), standing(screen_of("hello\r\n"))) == ""


def test_blanks_that_cannot_be_seen_are_nothing_and_those_that_can_are_something() -> None:
    assert standing(screen_of("hello   "), 1) == standing(screen_of("hello"), 1)
    assert standing(screen_of("hello\x1b[7m   \x1b[m"), 1) == [(("hello", ""), ("   ", "reverse"))]


def test_frames_that_pile_up_are_too_many() -> None:
    alice: Any = Alice()
    painted = Painted()
    for unsent in (0, 10, 20, 0, 10):
        painted.sent(PAINT, alice, unsent)
    for _ in range(20):  # it rings, which is no paint
        painted.sent(b"\a", alice, 10)
    for _ in range(MOST_HELD - 2):
        painted.sent(PAINT, alice, 10)
    with pytest.raises(Broken, match="takes nothing is painted nothing"):
        painted.sent(PAINT, alice, 10)


def test_a_screen_that_was_left_is_painted_nothing() -> None:
    alice: Any = Alice()
    painted = Painted()
    for data in (enter(), PAINT, leave(), b"goodbye\r\n"):
        painted.sent(data, alice, 0)
    with pytest.raises(Broken, match="who has left the screen is painted nothing"):
        painted.sent(PAINT, alice, 0)


def test_who_has_no_screen_has_none() -> None:
    visitor = Alice.visit.visitor
    assert is_screen(Alice.visit)
    assert not is_screen(Visit(visitor)) and not is_screen(Visit(visitor, pty=True, term="dumb"))
    assert not is_screen(Visit(visitor, "who", pty=True, term="xterm"))
