"""The strict terminal: it shows what terminals show, and refuses what the server must not send."""

import unicodedata
from itertools import pairwise

import pyte
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.screen.frame import Frame
from chatd.screen.paint import enter, paint
from chatd.screen.style import Colours
from chatd.testing.screen import AUTOWRAP, ForeignControl, Screen

ACUTE, FAMILY = "\u0301", "👩\u200d👩\u200d👧"


def screen_of(*chunks: str | bytes, columns: int = 10, rows: int = 4) -> Screen:
    screen = Screen(columns, rows)
    for chunk in chunks:
        screen.feed(chunk.encode() if isinstance(chunk, str) else chunk)
    return screen


controls = ["2;3H", "4;10H", "K", "1K", "2K", "J", "1J", "2J", "m", "1;31m", "48;5;17m", "38;2;1;2;3m", "2;3r", "r"]
modes = ["?7l", "?7h", "?1049h", "?1049l"]
texts = ["hello", "e" + ACUTE, FAMILY, "⚠\ufe0f", "⌚\ufe0e", "🇩🇪", *"\r\n\x07a世éᅡ"]
orders = st.sampled_from([f"\x1b[{order}" for order in controls + modes] + texts)


@settings(deadline=None)
@given(
    st.lists(orders, max_size=20).map(lambda said: "".join(said).encode()), st.lists(st.integers(0, 200), max_size=8)
)
def test_however_bytes_are_cut_the_screen_is_the_same(data: bytes, cuts: list[int]) -> None:
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    cut = screen_of(*[data[start:end] for start, end in pairwise(places)])
    whole = screen_of(data)
    assert vars_of(cut) == vars_of(whole)
    assert all(len(line) <= 10 for line in whole.lines if line.isascii())


def vars_of(screen: Screen) -> list[object]:
    cells = [screen.cell(x, y) for y in range(screen.rows) for x in range(screen.columns)]
    return [cells, screen.cursor, screen.modes, screen.bells]


plain_texts = st.lists(
    st.sampled_from(["a", "hello", " ", "世", "é", "e" + ACUTE, "😀", "–", "┃", "ж"]), max_size=8
).map("".join)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.lists(plain_texts, min_size=5, max_size=5), min_size=1, max_size=3))
def test_another_terminal_shows_the_same(paints: list[list[str]]) -> None:
    """pyte, written by others; but it loses text around joiners, so there are none."""
    ours, theirs = Screen(16, 5), pyte.Screen(16, 5)
    stream = pyte.ByteStream(theirs)
    old = None
    for texts in paints:
        new = Frame(16, 5)
        for y, text in enumerate(texts):
            new.put(y, [(text, "bold red"), (text, "")])
        new.cursor(3, 2)
        data = (enter() if old is None else b"") + paint(old, new, Colours.ANSI256)
        ours.feed(data)
        stream.feed(data)
        old = new
        composed = [unicodedata.normalize("NFC", line) for line in ours.lines]  # as pyte does
        assert [line.rstrip() for line in theirs.display] == composed
        assert (theirs.cursor.x, theirs.cursor.y) == ours.cursor


@pytest.mark.parametrize(
    "foreign",
    [
        *("\x00", "\t", "\x08", "\x7f", "\x1bc", "\x1b7", "\x1b]0;title\x07", "\x1bPq", "\x1b[c", "\x1b[6n", "\x1b[5A"),
        *("\x1b[?1000h", "\x1b[?25s", "\x1b[4h", "\x1b[3J", "\x1b[5m", "\x1b[38;5m", "\x1b[38;2;1;2;256m", "\x1b[3;3r"),
        *("\x1b[>c", "\x1b[H", "\x9b31m", "\u202e", "\u200e", "\u2028", b"\xff", b"\xc3("),
    ],
)
def test_what_the_server_must_not_send_is_refused(foreign: str | bytes) -> None:
    data = foreign if isinstance(foreign, bytes) else foreign.encode()
    with pytest.raises(ForeignControl) as caught:
        screen_of(b"ok" + data + b"x")
    assert caught.value.data[:1] in data


def test_text_stands_where_it_was_put() -> None:
    screen = screen_of("hello\r\nworld\x1b[4;9Hxy")
    assert screen.text == "hello\nworld\n\n        xy"
    assert screen.lines == screen.text.split("\n")
    assert "world" in screen
    assert "wordl" not in screen
    assert screen.cell(1, 0) == ("e", frozenset())


def test_styles_are_on_until_they_are_off() -> None:
    screen = screen_of("\x1b[1;31;44ma\x1b[92;38;5;7mb\x1b[48;2;1;2;255mc\x1b[0;7md\x1b[me")
    assert [screen.cell(x, 0)[1] for x in range(5)] == [
        {"bold", "fg:1", "bg:4"},
        {"bold", "fg:7", "bg:4"},
        {"bold", "fg:7", "bg:#0102ff"},
        {"reverse"},
        set(),
    ]


def test_a_wide_character_takes_two_cells_and_dies_as_a_whole() -> None:
    screen = screen_of("世界x")
    assert [screen.cell(x, 0)[0] for x in range(5)] == ["世", "", "界", "", "x"]
    screen.feed(b"\x1b[1;2Ha\x1b[1;3Hb")
    assert screen.lines[0] == " ab x"


@pytest.mark.parametrize(
    ("text", "width"),
    [("e" + ACUTE, 1), (FAMILY, 2), ("⚠\ufe0f", 2), ("⌚\ufe0e", 2), ("🇩🇪", 2), ("क्षि", 2), ("각", 2), ("aᅡ", 1)],
)
def test_what_belongs_together_is_drawn_together(text: str, width: int) -> None:
    screen = screen_of(*[(text + "x").encode()[at : at + 1] for at in range(len((text + "x").encode()))])
    assert screen.cell(0, 0)[0] == text
    assert screen.cursor == (width + 1, 0)
    assert screen.lines[0] == text + "x"


def test_behind_a_jump_nothing_joins() -> None:
    screen = screen_of("e\x1b[1;2H" + ACUTE + "x")
    assert screen.lines[0] == "ex"


def test_without_autowrap_the_last_column_is_written_over() -> None:
    screen = screen_of("\x1b[?7l", "0123456789ab世")
    assert screen.lines == ["012345678b", "", "", ""]
    assert screen.cursor == (9, 0)


def test_with_autowrap_the_line_goes_on_below() -> None:
    screen = screen_of("012345678", "9")
    assert screen.cursor == (9, 0)
    screen.feed("a\r\n01234567 世".encode())
    assert screen.lines == ["0123456789", "a", "01234567", "世"]
    assert AUTOWRAP in screen.modes


def test_the_screen_scrolls_at_its_end_and_a_region_at_its_own() -> None:
    screen = screen_of("one\r\ntwo\r\nthree\r\nfour\r\nfive")
    assert screen.lines == ["two", "three", "four", "five"]
    screen.feed(b"\x1b[2;3r\x1b[3;1H\n\x1b[r")
    assert screen.lines == ["two", "four", "", "five"]
    screen.feed(b"\x1b[4;1H\n")
    assert screen.lines == ["four", "", "five", ""]


def test_erasing() -> None:
    full = "\x1b[?7l" + "\r\n".join(["0123456789"] * 4)
    assert screen_of(full, "\x1b[2;4H\x1b[K").lines[1] == "012"
    assert screen_of(full, "\x1b[2;4H\x1b[1K").lines[1] == "    456789"
    assert screen_of(full, "\x1b[2;4H\x1b[2K").lines[1] == ""
    assert screen_of(full, "\x1b[2;4H\x1b[J").lines == ["0123456789", "012", "", ""]
    assert screen_of(full, "\x1b[2;4H\x1b[1J").lines == ["", "    456789", "0123456789", "0123456789"]
    assert screen_of(full, "\x1b[2J").text == "\n\n\n"


def test_the_alternate_screen_hides_the_main_one() -> None:
    screen = screen_of("shell", "\x1b[?1049h\x1b[?1049h", "\x1b[1;1Hchat")
    assert screen.lines[0] == "chat"
    screen.resize(20, 2)
    screen.feed(b"\x1b[?1049l$")
    assert screen.lines == ["shell$", ""]


def test_a_window_changes_its_size() -> None:
    screen = screen_of("a世b\r\n\x1b[4;10Hz")
    screen.resize(2, 5)
    assert screen.lines == ["a", "", "", "", ""]
    assert screen.cursor == (1, 3)
    screen.resize(12, 1)
    screen.feed(b"\x1b[1;12Hx")
    assert screen.text == "a          x"


def test_bells_are_counted() -> None:
    assert screen_of("\x07a\x07").bells == 2


def test_a_screen_can_be_looked_at() -> None:
    """In one line, and whole in a frame."""
    screen = screen_of("\r\nhello\r\nworld", rows=3)
    assert repr(screen) == "<Screen 10x3, cursor (5, 2): 'hello'>"
    assert screen.framed() == "+----------+\n|\n|hello\n|world\n+----------+"


def test_a_dumb_terminal_has_stops_for_tabs_and_no_other_has() -> None:
    screen = Screen(20, 2, dumb=True)
    screen.feed(b"a\tb\tc\r\n\t\t\td")
    assert screen.lines[0] == "a       b       c" and screen.cursor == (19, 1)
    with pytest.raises(ForeignControl):
        Screen(20, 2).feed(b"a\tb")
