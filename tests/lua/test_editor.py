"""The line editor: beside a model of a few lines, and key by key."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.screen import widths
from tests.lua.fake_host import FakeHost


class Model:
    """The editor as one would say it: a text, a cursor that stands between graphemes, one deleted text."""

    def __init__(self) -> None:
        self.text, self.cursor, self.killed, self.killing = "", 0, "", False

    def borders(self) -> list[int]:
        borders = [0]
        for grapheme in widths.graphemes(self.text):
            borders.append(borders[-1] + len(grapheme))
        return borders

    def change(self, start: int, stop: int, new: str = "") -> None:
        self.text = self.text[:start] + new + self.text[stop:]
        wanted = start + len(new)
        self.cursor = next(border for border in self.borders() if border >= wanted)

    def before(self) -> int:
        return max((b for b in self.borders() if b < self.cursor), default=0)

    def after(self) -> int:
        return min((b for b in self.borders() if b > self.cursor), default=len(self.text))

    def line(self) -> tuple[int, int]:
        start = self.text.rfind("\n", 0, self.cursor) + 1
        stop = self.text.find("\n", self.cursor)
        return start, len(self.text) if stop < 0 else stop

    def cells(self) -> list[tuple[int, str]]:
        return list(zip(self.borders(), widths.graphemes(self.text), strict=False))

    def word_left(self) -> int:
        return self._left(_in_word)

    def blank_word_left(self) -> int:
        return self._left(lambda cell: cell not in " \n\t")

    def _left(self, inside: object) -> int:
        assert callable(inside)
        cells = [cell for cell in self.cells() if cell[0] < self.cursor]
        while cells and not inside(cells[-1][1]):
            cells.pop()
        while cells and inside(cells[-1][1]):
            cells.pop()
        return cells[-1][0] + len(cells[-1][1]) if cells else 0

    def word_right(self) -> int:
        cells = [cell for cell in self.cells() if cell[0] >= self.cursor]
        while cells and not _in_word(cells[0][1]):
            cells.pop(0)
        while cells and _in_word(cells[0][1]):
            cells.pop(0)
        return cells[0][0] if cells else len(self.text)

    def kill(self, start: int, stop: int) -> None:
        if start == stop:
            return
        part = self.text[start:stop]
        if not self.killing:
            self.killed = ""
        self.killed = self.killed + part if start == self.cursor else part + self.killed
        self.change(start, stop)
        self.killing = True

    def press(self, key: str) -> None:
        was_killing, self.killing = self.killing, False
        start, stop = self.line()
        match key:
            case "Left" | "C-b":
                self.cursor = self.before()
            case "Right" | "C-f":
                self.cursor = self.after()
            case "Home" | "C-a":
                self.cursor = start
            case "C-e":
                self.cursor = stop
            case "M-b":
                self.cursor = self.word_left()
            case "M-f":
                self.cursor = self.word_right()
            case "Backspace" | "C-h":
                self.killing = was_killing and self.cursor == 0
                self.change(self.before(), self.cursor)
            case "Delete":
                self.killing = was_killing and self.cursor == len(self.text)
                self.change(self.cursor, self.after())
            case _:
                self.killing = was_killing
                self.delete(key, start, stop)

    def delete(self, key: str, start: int, stop: int) -> None:
        match key:
            case "C-k":
                self.kill(self.cursor, stop if stop > self.cursor else self.after())
            case "C-u":
                self.kill(start, self.cursor)
            case "C-w":
                self.kill(self.blank_word_left(), self.cursor)
            case "M-Backspace":
                self.kill(self.word_left(), self.cursor)
            case "M-d":
                self.kill(self.cursor, self.word_right())
            case "C-y" if self.killed:
                self.insert(self.killed)

    def insert(self, text: str) -> None:
        self.killing = False
        self.change(self.cursor, self.cursor, text)


def _in_word(cell: str) -> bool:
    return not cell.isascii() or cell.isalnum() or cell == "_"


@pytest.fixture(scope="module")
def typist() -> Iterator[FakeHost]:
    host = FakeHost()
    yield host
    host.script.close()


KEYS = "Left C-b Right C-f Home C-a C-e M-b M-f Backspace C-h Delete C-k C-u C-w M-Backspace M-d C-y".split()  # noqa: SIM905
PIECES = [
    "a", "b c", "é", "e\u0301", "\u0301", "日本", "한", "\u1112\u1161", "👩‍👩‍👧", "👩", "\u200d", "🇩🇪", "🇫", "🇷🇺🇦",
    "☎\ufe0f", "क्षि", "\u0600", "\n", "x\ny", " ", ".", "\t", "鿿", "䀀",
]  # fmt: skip


@given(steps=st.lists(st.one_of(st.sampled_from(KEYS), st.sampled_from(PIECES).map(lambda p: "+" + p)), max_size=30))
@settings(max_examples=120, deadline=None)
def test_the_editor_is_the_model(typist: FakeHost, steps: list[str]) -> None:
    model = Model()
    typist.press("Esc", "C-c", "Enter").type("x").press("C-u", "Left")
    model.killed = "x"
    for step in steps:
        if step.startswith("+"):
            typist.paste(step[1:])
            model.insert(step[1:])
        else:
            typist.press(step)
            model.press(step)
        assert typist.input() == (model.text, model.cursor), step
    assert typist.frame(20, 6).lines[-3:] != ["", "", ""]


ANY = [
    *KEYS, "Up", "Down", "Tab", "S-Tab", "C-r", "C-_", "C-c", "C-d", "C-l", "Esc", "Enter", "M-Enter", "C-j", "PgUp", "PgDn",
    "End", "C-g", "F5", "M-x", "Insert", "C-Left", "S-Up", "a", "@", "/", "é", "日",
]  # fmt: skip


@given(
    steps=st.lists(st.one_of(st.sampled_from(ANY), st.sampled_from([*PIECES, "/he", "@el", "/join ", "bo"]).map("+".__add__)), max_size=40),
    size=st.tuples(st.integers(1, 30), st.integers(1, 12)),
)  # fmt: skip
@settings(max_examples=80, deadline=None)
def test_whatever_is_pressed_nothing_breaks(typist: FakeHost, steps: list[str], size: tuple[int, int]) -> None:
    for step in steps:
        if step.startswith("+"):
            typist.paste(step[1:])
        else:
            typist.press(step)
        typist.input()
        typist.frame(*size)


@pytest.fixture
def alice() -> Iterator[FakeHost]:
    host = FakeHost()
    yield host
    host.script.close()


def test_enter_sends_and_empties(alice: FakeHost) -> None:
    alice.type("hello\n")
    assert alice.done == [("say", "hello")]
    assert alice.input() == ("", 0)


def test_pasted_lines_without_brackets_are_several_messages(alice: FakeHost) -> None:
    alice.type("one\ntwo\n\nthree\n")
    assert alice.done == [("say", "one"), ("say", "two"), ("say", "three")]


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
