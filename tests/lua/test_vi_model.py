"""The normal mode of vi beside a model of it, and any keys at all."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.screen import widths
from tests.lua.fake_host import FakeHost
from tests.lua.vi_keys import edit


@pytest.fixture(scope="module")
def vi_typist() -> Iterator[FakeHost]:
    """One for all examples."""
    host = FakeHost(kept={"settings": {"keys": "vi"}})
    yield host
    host.script.close()


class Model:
    """Normal mode as one would say it, over a list of characters that stand alone; the cursor stands on one of them."""

    def __init__(self, text: str, at: int) -> None:
        self.cells, self.at = list(text), at
        self.register, self.whole_lines = "", False

    def line(self, at: int) -> tuple[int, int]:
        start = at
        while start > 0 and self.cells[start - 1] != "\n":
            start -= 1
        stop = at
        while stop < len(self.cells) and self.cells[stop] != "\n":
            stop += 1
        return start, stop

    def settle(self) -> None:
        start, stop = self.line(self.at)
        self.at = max(start, min(self.at, stop - 1))

    def runs(self, big: bool) -> list[tuple[int, int]]:
        """Where words begin and end (behind the last character)."""
        runs: list[tuple[int, int]] = []
        kinds = [_kind(cell, big) for cell in self.cells]
        for i, kind in enumerate(kinds):
            if kind == " ":
                continue
            if runs and runs[-1][1] == i and kinds[i - 1] == kind:
                runs[-1] = (runs[-1][0], i + 1)
            else:
                runs.append((i, i + 1))
        return runs

    def goal(self, key: str) -> tuple[int, bool]:
        """Where a motion leads, and whether an operator takes the character there too."""
        at, n = self.at, len(self.cells)
        start, stop = self.line(at)
        runs = self.runs(key.isupper())
        match key.lower():
            case "h":
                return max(start, at - 1), False
            case "l":
                return min(stop, at + 1), False
            case "0":
                return start, False
            case "$":
                return stop, False
            case "w":
                return min((a for a, _ in runs if a > at), default=n), False
            case "b":
                return max((a for a, _ in runs if a < at), default=0), False
            case _:
                return min((b - 1 for _, b in runs if b - 1 > at), default=max(n - 1, at)), True

    def operate(self, operator: str, key: str) -> None:
        at = self.at
        if key == operator:
            start, stop = self.line(at)
            self.register, self.whole_lines = "".join(self.cells[start:stop]) + "\n", True
            if operator == "d":
                del self.cells[start if stop < len(self.cells) else max(0, start - 1) : stop + 1]
                self.at = self.indent(min(start, len(self.cells)))
            return
        to, on = self.goal(key)
        if key in "wW":
            # No word's end reaches into the next line.
            run = "".join(self.cells[at:to])
            blanks = run[len(run.rstrip(" \n")) :]
            to -= len(blanks) - blanks.index("\n") if "\n" in blanks else 0
        first, last = sorted((at, to))
        last += on and last < len(self.cells)
        if first == last or (to == at and not on):
            return
        self.register, self.whole_lines = "".join(self.cells[first:last]), False
        if operator == "d":
            del self.cells[first:last]
        self.at = first

    def indent(self, at: int) -> int:
        at = self.line(at)[0]
        while at < len(self.cells) and self.cells[at] == " ":
            at += 1
        return at

    def put(self, after: bool) -> None:
        start, stop = self.line(self.at)
        if not self.register:
            return
        if self.whole_lines:
            place = stop if after else start
            text = "\n" + self.register[:-1] if after else self.register
            self.cells[place:place] = text
            self.at = self.indent(place + after)
        else:
            place = min(self.at + 1, stop) if after else self.at
            self.cells[place:place] = self.register
            self.at = place + len(self.register) - 1

    def press(self, keys: str) -> None:
        if len(keys) == 2:
            self.operate(*keys)
        elif keys in "pP":
            self.put(keys == "p")
        elif keys == "x":
            self.operate("d", "l")
        elif keys == "~":
            if self.cells and self.cells[self.at : self.at + 1] not in ([], ["\n"]):
                self.cells[self.at] = self.cells[self.at].swapcase()
                self.at += 1
        else:
            self.at, _ = self.goal(keys)
        self.settle()


def _kind(cell: str, big: bool) -> str:
    if cell in " \n":
        return " "
    return "w" if big or not cell.isascii() or cell.isalnum() else "."


MOTIONS = "hl0$wWbBeE"
COMMANDS = [*MOTIONS, *("d" + m for m in MOTIONS), *("y" + m for m in MOTIONS), "dd", "yy", "p", "P", "x", "~"]


@given(
    text=st.text(alphabet="ab.日 \n", max_size=14),
    commands=st.lists(st.sampled_from(COMMANDS), max_size=12),
)
@settings(max_examples=200, deadline=None)
def test_normal_mode_is_the_model(vi_typist: FakeHost, text: str, commands: list[str]) -> None:
    edit(vi_typist, "x", "yl")
    edit(vi_typist, text, "")
    model = Model(*vi_typist.input())
    model.register = "x"
    for command in commands:
        vi_typist.press(*command)
        model.press(command)
        assert vi_typist.input() == ("".join(model.cells), model.at), command


ANY = [
    *"hjkl0^$wbeWBEfFtT;,gGdcyDCYSsxXr~pPuJ.iaIAoO/123 ", "Esc", "C-r", "Tab", "Enter", "C-c", "Up", "Down",
    "Backspace",    "C-w", "C-y", "M-y", "C-_", "M-x", "PgUp", "日", "\u0301", "C-u", "Left", "End",
]  # fmt: skip


PIECES = ["+a b\n", "+e\u0301 👩\u200d👩", "=dwi", "=xp"]


@given(
    steps=st.lists(st.one_of(st.sampled_from(ANY), st.sampled_from(PIECES)), max_size=40),
    size=st.tuples(st.integers(1, 40), st.integers(1, 12)),
)  # fmt: skip
@settings(max_examples=80, deadline=None)
def test_whatever_is_pressed_nothing_breaks(vi_typist: FakeHost, steps: list[str], size: tuple[int, int]) -> None:
    for step in steps:
        if step[0] == "+":
            vi_typist.paste(step[1:])
        elif step[0] == "=":
            vi_typist.type(step[1:])
        else:
            vi_typist.press(step)
        text, cursor = vi_typist.input()
        vi_typist.frame(*size)
        if vi_typist.frame().lines[-1].startswith(": ") and text:
            assert cursor < len(text) or text.endswith("\n")
        assert len(widths.graphemes(text)) <= 65536
