"""The line editor beside a model of a few lines: whatever is typed, both have the same text and the same cursor."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.screen import widths
from tests.lua.fake_host import FakeHost


class Text:
    """A text and a cursor that stands between graphemes; where words and lines begin and end."""

    def __init__(self) -> None:
        self.text, self.cursor = "", 0

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

    def _left(self, inside: Callable[[str], bool]) -> int:
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


State = tuple[str, int]


class Model(Text):
    """The editor as one would say it: every change can be undone and redone; what is killed in one go is one text."""

    def __init__(self) -> None:
        super().__init__()
        self.ring = ["x"] * 16
        self.place = 15
        self.brought: str | None = None
        self.undone: list[State] = []
        self.done: list[State] = []
        self.last = ""

    def remember(self, kind: str) -> None:
        """A change of this kind is to come; typing and killing go on."""
        self.brought = None
        if not (kind == self.last and kind in {"type", "kill"}):
            self.done.append((self.text, self.cursor))
            self.undone = []
        self.last = kind

    def swap(self, source: list[State], target: list[State]) -> None:
        while source and source[-1][0] == self.text:
            source.pop()
        if source:
            target.append((self.text, self.cursor))
            self.text, self.cursor = source.pop()
            self.last, self.brought = "", None

    def replace(self, start: int, stop: int, new: str, kind: str) -> None:
        if start != stop or new:
            self.remember(kind)
            self.change(start, stop, new)

    def go(self, cursor: int) -> None:
        self.cursor, self.last, self.brought = cursor, "", None

    def kill(self, start: int, stop: int) -> None:
        if start == stop:
            return
        part = self.text[start:stop]
        if self.last == "kill":
            before = self.ring.pop()
            part = before + part if start == self.cursor else part + before
        self.ring = [*self.ring, part][-16:]
        self.place = len(self.ring) - 1
        self.replace(start, stop, "", "kill")

    def yank(self, text: str, start: int) -> None:
        self.replace(start, self.cursor, text, "yank")
        self.brought = text

    def press(self, key: str) -> None:
        start, stop = self.line()
        places = {
            "Left": self.before(), "C-b": self.before(), "Right": self.after(), "C-f": self.after(), "M-<": 0,
            "Home": start, "C-a": start, "C-e": stop, "M-b": self.word_left(), "M-f": self.word_right(),
            "M->": len(self.text),
        }  # fmt: skip
        if key in places:
            self.go(places[key])
            return
        match key:
            case "Backspace" | "C-h":
                self.replace(self.before(), self.cursor, "", "delete")
            case "Delete":
                self.replace(self.cursor, self.after(), "", "delete")
            case "C-_":
                self.swap(self.done, self.undone)
            case "M-r":
                self.swap(self.undone, self.done)
            case "C-y":
                self.yank(self.ring[self.place], self.cursor)
            case "M-y" if self.brought and self.text[: self.cursor].endswith(self.brought):
                self.place = (self.place - 1) % len(self.ring)
                self.yank(self.ring[self.place], self.cursor - len(self.brought))
            case "M-u" | "M-l" | "M-c":
                self.case(key)
            case _:
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

    def case(self, key: str) -> None:
        stop, changed, first = self.word_right(), "", True
        for cell in widths.graphemes(self.text[self.cursor : stop]):
            letter = cell[0].upper() if key == "M-u" or (key == "M-c" and first) else cell[0].lower()
            changed += letter + cell[1:]  # what combines with a letter stays
            first = first and not _in_word(cell)
        self.replace(self.cursor, stop, changed, "case")

    def insert(self, text: str) -> None:
        typed = len(text.encode()) <= 4 and text not in {" ", "\n"}
        self.replace(self.cursor, self.cursor, text, "type" if typed else "insert")


def _in_word(cell: str) -> bool:
    return not cell.isascii() or cell.isalnum() or cell == "_"


KEYS = [
    "Left", "C-b", "Right", "C-f", "Home", "C-a", "C-e", "M-b", "M-f", "M-<", "M->", "Backspace", "C-h", "Delete",
    "C-k", "C-u", "C-w", "M-Backspace", "M-d", "C-y", "M-y", "M-u", "M-l", "M-c", "C-_", "M-r",
]  # fmt: skip
PIECES = [
    "a", "b c", "é", "e\u0301", "\u0301", "日本", "한", "\u1112\u1161", "👩‍👩‍👧", "👩", "\u200d", "🇩🇪", "🇫", "🇷🇺🇦",
    "☎\ufe0f", "क्षि", "\u0600", "\n", "x\ny", " ", ".", "\t", "鿿", "䀀", "жΩ", "two three",
]  # fmt: skip


OFTEN = ["C-y", "M-y", "M-d", "C-_", "M-r"]


@given(
    steps=st.lists(
        st.one_of(st.sampled_from(KEYS), st.sampled_from(OFTEN), st.sampled_from(PIECES).map("+".__add__)), max_size=30
    )
)
@settings(max_examples=120, deadline=None)
def test_the_editor_is_the_model(typist: FakeHost, steps: list[str]) -> None:
    model = Model()
    typist.press("Esc", "C-c").type("/clear").press("Enter")
    for _ in range(16):
        typist.type("x").press("C-u", "Left")
    typist.type("/clear").press("Enter").paste("one two, three\nfour").press("M-<")
    model.insert("one two, three\nfour")
    model.press("M-<")
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
    *KEYS, "Up", "Down", "Tab", "S-Tab", "C-r", "C-s", "M-t", "C-n", "C-p",
    "C-c", "C-d", "C-l", "Esc", "Enter", "M-Enter", "C-j", "PgUp",
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
