"""Styles: what a script writes, what each kind of terminal is sent, and that no word ever breaks a screen."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.screen.style import Colours, colours_of, sgr

words = st.one_of(
    st.sampled_from(
        ["bold", "dim", "red", "bright-red", "gray", "fg:blue", "bg:17", "fg:#abCDef", "bg:256", "fg:", ":"]
    ),
    st.text(max_size=8),
)


@given(st.lists(words).map(" ".join), st.sampled_from(Colours))
def test_any_style_is_one_sgr_sequence_or_nothing(style: str, colours: Colours) -> None:
    assert re.fullmatch(rb"(\x1b\[[0-9]+(;[0-9]+)*m)?", sgr(style, colours))


@given(st.lists(words).map(" ".join))
def test_a_terminal_is_sent_no_colour_it_does_not_have(style: str) -> None:
    assert re.fullmatch(rb"(\x1b\[[147](;[147])*m)?", sgr(style, Colours.NONE))
    assert not re.search(rb"[34]8;", sgr(style, Colours.ANSI16))
    assert not re.search(rb"[34]8;2;", sgr(style, Colours.ANSI256))


@pytest.mark.parametrize(
    ("style", "sent"),
    [
        ("", ""),
        ("bold dim italic underline reverse strike", "1;2;3;4;7;9"),
        ("red", "31"),
        ("bright-red", "91"),
        ("gray", "90"),
        ("fg:white bg:black", "37;40"),
        ("bg:bright-blue", "104"),
        ("fg:7 bg:8", "37;100"),
        ("fg:208 bg:17", "38;5;208;48;5;17"),
        ("fg:#ff8000 bg:#000001", "38;2;255;128;0;48;2;0;0;1"),
        ("red fg:blue", "34"),
        ("bold bold", "1"),
        ("blod red", "31"),
        ("fg:256 bg:-1 fg:#12 bg:nothing under:line", ""),
        ("Bold RED", ""),
        ("  red\tbold ", "31;1"),
    ],
)
def test_a_true_colour_terminal_is_sent(style: str, sent: str) -> None:
    assert sgr(style, Colours.TRUE).decode() == (f"\x1b[{sent}m" if sent else "")


@pytest.mark.parametrize(
    ("style", "ansi256", "ansi16"),
    [
        ("fg:#ff0000", "38;5;196", "91"),
        ("fg:#ffffff", "38;5;231", "97"),
        ("bg:#080808", "48;5;232", "40"),
        ("fg:#5f87af", "38;5;67", "90"),
        ("fg:208", "38;5;208", "33"),
        ("bg:21", "48;5;21", "44"),
        ("red bold", "31;1", "31;1"),
        ("fg:15 bg:16", "97;48;5;16", "97;40"),
    ],
)
def test_colours_come_as_near_as_the_terminal_can(style: str, ansi256: str, ansi16: str) -> None:
    assert sgr(style, Colours.ANSI256) == f"\x1b[{ansi256}m".encode()
    assert sgr(style, Colours.ANSI16) == f"\x1b[{ansi16}m".encode()


def test_without_colours_the_attributes_of_a_vt100_are_left() -> None:
    assert sgr("bold red italic underline bg:blue dim reverse strike", Colours.NONE) == b"\x1b[1;4;7m"


@pytest.mark.parametrize(
    ("term", "env", "colours"),
    [
        ("xterm", {}, Colours.ANSI16),
        ("screen", {}, Colours.ANSI16),
        ("linux", {}, Colours.ANSI16),
        ("xterm-256color", {}, Colours.ANSI256),
        ("tmux-256color", {"COLORTERM": "truecolor"}, Colours.TRUE),
        ("xterm", {"COLORTERM": "24bit"}, Colours.TRUE),
        ("xterm-256color", {"COLORTERM": "yes"}, Colours.ANSI256),
        ("xterm-256color", {"NO_COLOR": "1", "COLORTERM": "truecolor"}, Colours.NONE),
        ("xterm", {"NO_COLOR": ""}, Colours.ANSI16),
        ("xterm-kitty", {}, Colours.TRUE),
        ("alacritty", {}, Colours.TRUE),
        ("xterm-direct", {}, Colours.TRUE),
        ("dumb", {}, Colours.NONE),
        ("vt100", {}, Colours.NONE),
        ("VT220", {}, Colours.NONE),
        ("xterm-mono", {}, Colours.NONE),
        ("unknown", {}, Colours.NONE),
        ("", {}, Colours.NONE),
    ],
)
def test_a_terminal_says_what_it_can_show(term: str, env: dict[str, str], colours: Colours) -> None:
    assert colours_of(term, env) is colours
