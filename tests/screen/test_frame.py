"""Paints: whatever was on the screen, after them it shows the new frame, and not a byte is sent that need not be."""

import os
import re
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.screen.fold import Folder
from chatd.screen.frame import Frame, Line, Span
from chatd.screen.paint import enter, leave, paint
from chatd.screen.style import Colours
from chatd.screen.widths import width
from chatd.testing import opinion
from chatd.testing.screen import AUTOWRAP, BRACKETED_PASTE, CURSOR_SHOWN, MODES, Screen

ACUTE, FAMILY = "\u0301", "👩\u200d👩\u200d👧"

texts = st.lists(
    st.one_of(
        st.sampled_from(["a", "hello", " ", "    ", "世", "e" + ACUTE, ACUTE, "😀", FAMILY, "⚠\ufe0f", "🇩", "🇪", "का"])
        | st.sampled_from(["\x1b[2J", "\n", "\r\n", "\t", "\x9b", "\u202e", "ᄀ", "ᅡ", "\u094d", "क", "⌚\ufe0e", "🏽"]),
        st.text(max_size=3),
    ),
    max_size=6,
).map("".join)
styles = st.sampled_from(["", "", "bold", "fg:#ff8000 bg:17", "reverse  red", "nonsense"])
lines = st.lists(st.tuples(texts, styles), max_size=4)


@st.composite
def frames(draw: st.DrawFn, columns: int, rows: int) -> Frame:
    frame = Frame(columns, rows)
    for y in range(rows):
        frame.put(y, draw(lines))
    frame.cursor(draw(st.integers(-1, columns)), draw(st.integers(-1, rows)))
    return frame


@st.composite
def two_frames(draw: st.DrawFn) -> tuple[Frame, Frame]:
    """Two frames of one size that often have lines in common, often moved."""
    columns, rows = draw(st.integers(1, 12)), draw(st.integers(1, 8))
    old, new = draw(frames(columns, rows)), draw(frames(columns, rows))
    by = draw(st.integers(-3, rows))
    for y in range(rows):
        if 0 <= y + by < rows and draw(st.integers(0, 4)):
            new.lines[y] = old.lines[y + by]
    return old, new


def shown(*paints: bytes, columns: int, rows: int) -> tuple[object, ...]:
    """What a person sees after these paints."""
    screen = Screen(columns, rows)
    screen.feed(enter() + b"".join(paints))
    cells = [screen.cell(x, y) for y in range(rows) for x in range(columns)]
    return screen.text, cells, screen.cursor, screen.modes


def of(*texts: str | list[Span], columns: int = 20, rows: int = 10, cursor: tuple[int, int] = (0, 0)) -> Frame:
    frame = Frame(columns, rows)
    for y, text in enumerate(texts):
        frame.put(y, [(text, "")] if isinstance(text, str) else text)
    frame.cursor(*cursor)
    return frame


def without_blanks(text: str) -> str:
    return text.replace(" ", "")


@settings(deadline=None, max_examples=150)
@given(two_frames(), st.sampled_from([Colours.NONE, Colours.ANSI256]))
def test_a_change_shows_what_painting_afresh_shows(pair: tuple[Frame, Frame], colours: Colours) -> None:
    old, new = pair
    size = {"columns": new.columns, "rows": new.rows}
    afresh = shown(paint(None, new, colours), **size)
    assert shown(paint(None, old, colours), paint(old, new, colours), **size) == afresh
    assert shown(paint(None, old, colours), paint(None, new, colours), **size) == afresh


@settings(deadline=None)
@given(two_frames())
def test_a_frame_shows_its_lines_and_nothing_foreign_is_sent(pair: tuple[Frame, Frame]) -> None:
    old, new = pair
    screen = Screen(new.columns, new.rows)
    screen.feed(enter() + paint(None, old, Colours.TRUE) + paint(old, new, Colours.TRUE))  # ForeignControl otherwise
    for seen, line in zip(screen.lines, new.lines, strict=True):
        text = "".join(text for text, _ in line).rstrip()
        # A syllable has as much room as any terminal may take: blanks follow it on one that takes less.
        assert seen == text or (width(text) > opinion.width(text) and without_blanks(seen) == without_blanks(text))
    assert screen.cursor == new.position


@settings(deadline=None)
@given(two_frames())
def test_the_same_frame_again_costs_nothing(pair: tuple[Frame, Frame]) -> None:
    assert paint(pair[0], pair[0], Colours.TRUE) == b""


@settings(deadline=None)
@given(lines, st.integers(1, 12))
def test_a_line_is_kept_in_one_form(spans: list[Span], columns: int) -> None:
    frame = Frame(columns, 1)
    frame.put(0, spans)
    line: Line = frame.lines[0]
    assert sum(width(text) for text, _ in line) <= columns
    assert all(text for text, _ in line)
    assert all(left[1] != right[1] for left, right in pairwise(line))
    assert not line or line[-1][1] or not line[-1][0].endswith(" ")
    frame.put(0, line)
    assert frame.lines[0] == line


def test_lines_outside_are_ignored_and_the_cursor_stays_inside() -> None:
    frame = of("only", rows=1)
    frame.put(-1, [("above", "")])
    frame.put(1, [("below", "")])
    assert frame.lines == [(("only", ""),)]
    frame.cursor(99, -4)
    assert frame.position == (19, 0)
    with pytest.raises(ValueError, match="0x5"):
        Frame(0, 5)


def test_a_text_of_any_length_costs_what_is_seen_of_it() -> None:
    frame = of([("世\x1b" * 1_000_000, "bold")], columns=5)
    assert frame.lines[0] == (("世␛世", "bold"),)


@pytest.mark.parametrize(
    ("spans", "line"),
    [
        ([("a", ""), ("b", ""), ("c", "bold")], (("ab", ""), ("c", "bold"))),
        ([("text   ", ""), ("  ", "")], (("text", ""),)),
        ([("bar  ", "reverse")], (("bar  ", "reverse"),)),
        ([("", "bold"), ("x", " bold   red ")], (("x", "bold red"),)),
        ([("世界世", "")], (("世界", ""),)),
        ([("abcd", "bold"), ("efgh", "")], (("abcd", "bold"), ("e", ""))),
        ([("e", "bold"), (ACUTE + "x", "")], (("e", "bold"), ("x", ""))),  # a mark needs a base in its own text
        ([("🇩", "bold"), ("🇪x", "")], (("🇩🇪", "bold"), ("x", ""))),  # what joins has one style
        ([("\x1b[31m", "")], (("␛[31m", ""),)),
        ([("a\nb\tc", "")], (("a␤b c", ""),)),
    ],
)
def test_a_line_is_normalised(spans: list[Span], line: Line) -> None:
    assert of(spans, columns=5).lines[0] == line


@pytest.mark.parametrize(
    ("old", "new", "sent"),
    [
        ("> hell", "> hello", b"\x1b[1;7Ho"),
        ("> hello", "> hell", b"\x1b[1;7H\x1b[K"),
        ("> hello", "", b"\x1b[1;1H\x1b[K"),
        ("now 10:15 lobby", "now 10:16 lobby", b"\x1b[1;9H6"),
        ("left", "lift it", b"\x1b[1;2Hift it"),
        ("left it", "lost", b"\x1b[1;2Host\x1b[K"),
        ("世界", "世間", "\x1b[1;3H間".encode()),
        ("世界", "世x", b"\x1b[1;3Hx\x1b[K"),
        ("e" + ACUTE, "e", b"\x1b[1;1He"),
        ([("ab", "bold")], [("ab", "red")], b"\x1b[1;1H\x1b[31mab\x1b[m"),
        ([("ab", "bold"), ("c", "")], [("ax", "bold"), ("d", "")], b"\x1b[1;2H\x1b[1mx\x1b[md"),
    ],
)
def test_only_what_changed_is_sent(old: str | list[Span], new: str | list[Span], sent: bytes) -> None:
    assert paint(of(old), of(new), Colours.TRUE) == sent + b"\x1b[1;1H"


def test_a_cursor_that_moved_is_all_there_is_to_say() -> None:
    assert paint(of("same"), of("same", cursor=(4, 0)), Colours.TRUE) == b"\x1b[1;5H"


def test_several_lines_change_at_once() -> None:
    assert paint(of("a", "b"), of("c", "d"), Colours.TRUE) == (
        b"\x1b[?2026h\x1b[?25l" + b"\x1b[1;1Hc" + b"\x1b[2;1Hd" + b"\x1b[1;1H" + b"\x1b[?25h\x1b[?2026l"
    )


def test_another_size_is_painted_afresh() -> None:
    new = of("x", columns=30)
    assert paint(of("x"), new, Colours.TRUE) == paint(None, new, Colours.TRUE)
    assert b"\x1b[2J" in paint(None, new, Colours.TRUE)


def test_a_message_that_scrolls_the_room_sends_the_message_alone() -> None:
    talk = [f"<ann> message {n}" for n in range(9)]
    old = of("lobby", *talk[:8], "> typed")
    new = of("lobby", *talk[1:9], "> ")
    sent = paint(old, new, Colours.TRUE)
    assert b"\x1b[2;9r\x1b[9;1H\n\x1b[r" in sent
    assert re.findall(rb"message \d", sent) == [b"message 8"]
    size = {"columns": 20, "rows": 10}
    afresh = shown(paint(None, new, Colours.TRUE), **size)
    assert shown(paint(None, old, Colours.TRUE), sent, **size) == afresh


def test_lines_that_stay_are_not_scrolled_away_for_a_few_that_move() -> None:
    old = of(*"aqbrcs")
    new = of(*"qqrrss")
    assert b"\n" not in paint(old, new, Colours.TRUE)


@pytest.mark.parametrize("disputed", [FAMILY, "⚠\ufe0f", "⌚\ufe0e", "🇩🇪", "👍🏽", "का"])
def test_behind_a_character_of_disputed_width_the_place_is_said_anew(disputed: str) -> None:
    sent = paint(of(""), of(f"{disputed} after"), Colours.TRUE).decode()
    assert sent == f"\x1b[1;1H\x1b[K{disputed}\x1b[1;3H\x1b[K after\x1b[1;1H"
    sent = paint(of(f"{disputed} after"), of("x"), Colours.TRUE).decode()
    assert sent == "\x1b[1;1H\x1b[Kx\x1b[1;1H"
    assert paint(of(disputed, columns=2), of(f"{disputed}x", columns=2), Colours.TRUE) == b""
    assert "\x1b[1;3H" not in paint(of("", columns=2), of(disputed, columns=2), Colours.TRUE).decode()


def test_erasing_paints_no_background() -> None:
    """EL fills with the background that is on: each run must be off before."""
    screen = Screen(20, 1)
    old = of([("a long red line", "bg:red")], rows=1)
    new = of([("short", "bg:red")], rows=1)
    screen.feed(paint(None, old, Colours.TRUE) + paint(old, new, Colours.TRUE))
    assert [screen.cell(x, 0)[1] for x in (4, 5, 19)] == [{"bg:1"}, set(), set()]


def test_what_enter_does_leave_undoes() -> None:
    screen = Screen(20, 3)
    screen.feed(b"$ ssh chat\r\n")
    screen.feed(enter() + paint(None, of([("hello", "bold")], rows=3, cursor=(3, 2)), Colours.TRUE))
    assert screen.modes >= {BRACKETED_PASTE, CURSOR_SHOWN}
    assert AUTOWRAP not in screen.modes
    assert "hello" in screen
    screen.feed(leave() + b"bye")
    assert screen.modes & MODES == {AUTOWRAP, CURSOR_SHOWN}
    assert screen.text == "$ ssh chat\nbye\n"
    assert screen.cell(0, 1) == ("b", frozenset())


# --- lines that flow into the next ------------------------------------------------------------------------------------


def flowing(*lines: str, columns: int = 10, rows: int = 6) -> Frame:
    """Each line over as many rows as it takes."""
    frame = Frame(columns, rows)
    y = 0
    for line in lines:
        parts = Folder(columns)
        parts.feed(line)
        for text, flows in parts.lines:
            frame.put(y, [(text, "")], flows=flows)
            y += 1
    return frame


class Selecting(Screen):
    """A terminal that remembers which rows were wrapped, until they are erased."""

    def __init__(self, columns: int = 10, rows: int = 6) -> None:
        super().__init__(columns, rows)
        self._wrapped: dict[int, int] = {}

    @property
    def selected(self) -> str:
        """What one gets who selects all."""
        text = ""
        for y, line in enumerate(self.lines):
            text += (
                "".join([self.cell(x, y)[0] for x in range(self._wrapped[y])]) if y in self._wrapped else line + "\n"
            )
        return text.rstrip()

    def _write_one(self, char: str) -> None:
        (x, y), full = self.cursor, self._wraps
        super()._write_one(char)
        if self.cursor[1] > y:
            self._wrapped[y] = self.columns if full else x

    def _erase_line(self, part: int) -> None:
        super()._erase_line(part)
        self._wrapped.pop(self.cursor[1], None)


@settings(deadline=None, max_examples=150)
@given(two_frames(), st.data())
def test_what_flows_looks_as_what_does_not(pair: tuple[Frame, Frame], data: st.DataObject) -> None:
    """However lines are put, a terminal shows them where they belong, also in the frame after it."""
    old, new = pair
    for frame in pair:
        for y in data.draw(st.sets(st.integers(0, new.rows - 1))):
            text = data.draw(st.sampled_from(["abcdefghijklmnop", "a世界世界世界世界世界", "ab  ", "   " * 6]))
            frame.put(y, [(text, "")], flows=True)
    size = {"columns": new.columns, "rows": new.rows}
    afresh = shown(paint(None, new, Colours.NONE), **size)
    assert shown(paint(None, old, Colours.NONE), paint(old, new, Colours.NONE), **size) == afresh
    assert paint(new, new, Colours.NONE) == b""


def test_a_line_that_flows_is_sent_as_one_and_selected_as_one() -> None:
    line = "x" * 12 + "      y" + " " * 5
    data = paint(None, flowing("one", line + "z", "two"), Colours.NONE)
    assert (line + "z").encode() in data
    screen = Selecting()
    screen.feed(enter() + data)
    assert screen.selected == f"one\n{line}z\ntwo"
    assert AUTOWRAP not in screen.modes


def test_a_wide_character_that_does_not_fit_flows_into_the_next_line() -> None:
    line = "abcdefghi世界世界世界"
    screen = Selecting()
    screen.feed(enter() + paint(None, flowing(line), Colours.NONE))
    assert screen.selected == line and screen.lines[:2] == ["abcdefghi", "世界世界世"]


def test_lines_that_flow_are_written_anew_together_and_those_that_no_longer_do_apart() -> None:
    frames = {
        "a" * 25 + "\nb": flowing("a" * 25, "b"),
        "a" * 24 + "c\nb": flowing("a" * 24 + "c", "b"),
        f"{'a' * 10}\n{'a' * 10}\nb": flowing("a" * 10, "a" * 10, "b"),
        "d" * 15: flowing("d" * 15),
    }
    screen, old = Selecting(), None
    for selected, frame in frames.items():
        screen.feed((b"" if old else enter()) + paint(old, frame, Colours.NONE))
        assert screen.selected == selected
        old = frame


def test_a_line_with_a_character_of_disputed_width_does_not_flow() -> None:
    """A terminal of another opinion would wrap it elsewhere, and all that comes after it."""
    data = paint(None, flowing("abc" + FAMILY + "d" * 10), Colours.NONE)
    assert b"?7h" not in data


@pytest.mark.skipif(not shutil.which("tmux"), reason="needs tmux")
def test_tmux_takes_a_line_that_flows_as_one(tmp_path: Path) -> None:
    line = "if x == 12345 and y == 'a  b  c d':"
    first, then = (
        flowing(line, "ab世界世界世界世界", "end", columns=12, rows=9),
        flowing(*["x" * 12] * 5, columns=12, rows=9),
    )
    for name, data in (("first", paint(None, first, Colours.NONE)), ("then", paint(first, then, Colours.NONE))):
        (tmp_path / name).write_bytes((enter() if name == "first" else b"") + data)
    show = "stty raw; cat first; tmux -L $S wait -S one; tmux -L $S wait two; cat then; tmux -L $S wait -S three; cat"
    tmux = ["tmux", "-L", f"chatd-{tmp_path.name}-{os.getpid()}"]
    (tmp_path / "show").write_text(show.replace("$S", tmux[2]))

    def run(*words: str) -> str:
        done = subprocess.run([*tmux, *words], cwd=tmp_path, capture_output=True, check=True, timeout=20,
                              env={**os.environ, "LC_ALL": "C.UTF-8", "TERM": "xterm-256color"})  # fmt: skip
        return done.stdout.decode()

    run("-f", "/dev/null", "-u", "new-session", "-d", "-x", "12", "-y", "10", "sh show")
    try:
        run("wait", "one")
        assert run("capture-pane", "-p", "-J").rstrip().splitlines()[:3] == [line, "ab世界世界世界世界", "end"]
        run("wait", "-S", "two")
        run("wait", "three")
        assert run("capture-pane", "-p", "-J").split() == ["x" * 12] * 5
    finally:
        run("kill-server")
