"""The line editor beside a model of a few lines: whatever is typed, both have the same text and the same cursor."""

from __future__ import annotations

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
    *KEYS, "Up", "Down", "Tab", "S-Tab", "C-r", "C-_", "C-c", "C-d", "C-l", "Esc", "Enter", "M-Enter", "C-j", "PgUp",
    "PgDn", "End", "C-g", "F5", "M-x", "Insert", "C-Left", "S-Up", "a", "@", "/", "é", "日",
]  # fmt: skip


PASTES = [*PIECES, "/he", "@el", "/join ", "bo"]


@given(
    steps=st.lists(st.one_of(st.sampled_from(ANY), st.sampled_from(PASTES).map("+".__add__)), max_size=40),
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
