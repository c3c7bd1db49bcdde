"""A small terminal to look at, and a strict one.

It knows what `chatd.screen.frame` sends and nothing else: any other control character or sequence raises
`ForeignControl`. That is the promise itself: on a terminal the server sends text, cursor and screen control, SGR and
mode switches. It draws graphemes as the terminals do that know them.
"""

import codecs
import re
from difflib import unified_diff

from chatd.testing.opinion import graphemes, width

AUTOWRAP = 7
CURSOR_SHOWN = 25
ALTERNATE = 1049
BRACKETED_PASTE = 2004
SYNCHRONISED = 2026
MODES = frozenset({AUTOWRAP, CURSOR_SHOWN, ALTERNATE, BRACKETED_PASTE, SYNCHRONISED})

Style = frozenset[str]
"""Attributes and colours that are on: `bold`, `fg:9`, `bg:#102030`."""

_Cell = tuple[str, Style]  # grapheme ("" for the right half of a wide one) and style

_PLAIN: Style = frozenset()
_BLANK: _Cell = (" ", _PLAIN)

_PIECE = re.compile(
    "(?P<text>[^\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]+)"
    "|\x1b\\[(?P<private>\\??)(?P<numbers>[0-9;]*)(?P<final>[A-Za-z])|(?P<control>[\t\r\n\x07\x08])"
)
_UNFINISHED = re.compile("\x1b(\\[\\??[0-9;]*)?")

_ATTRIBUTES = {1: "bold", 2: "dim", 3: "italic", 4: "underline", 7: "reverse", 9: "strike"}


class ForeignControl(Exception):
    """The terminal was sent what the server must not send; `data` is the bytes from there on."""

    def __init__(self, data: bytes) -> None:
        super().__init__(f"no terminal of ours is sent {data[:40]!r}")
        self.data = data


class Screen:
    """A terminal of `columns` by `rows`, at least 1 each.

    Attributes:
        modes: the private modes that are set, of `MODES`.
        bells: how often it rang.
        cursor: column and row, from 0.
    """

    def __init__(self, columns: int, rows: int, *, dumb: bool = False) -> None:
        self.columns = columns
        self.rows = rows
        self._dumb = dumb  # then BS, its only way to erase, is no foreign byte, and lines come with the tabs they have
        self.modes = {AUTOWRAP, CURSOR_SHOWN}
        self.bells = 0
        self.cursor = (0, 0)
        self._cells = [[_BLANK] * columns for _ in range(rows)]
        self._main = self._cells  # what the alternate screen hides, and where the cursor was there
        self._main_cursor = self.cursor
        self._region = (0, rows - 1)
        self._style = _PLAIN
        self._written: int | None = None  # column of what was written last, if the cursor still stands behind it
        self._wraps = False  # the last column is written: the next character begins the next line
        self._utf8 = codecs.getincrementaldecoder("utf-8")()
        self._unfinished = ""

    @property
    def lines(self) -> list[str]:
        """What each row shows, without the blanks at its right end."""
        return ["".join([text for text, _ in row]).rstrip() for row in self._cells]

    @property
    def text(self) -> str:
        """All rows, joined by LF."""
        return "\n".join(self.lines)

    def __contains__(self, text: str) -> bool:
        return text in self.text

    def __repr__(self) -> str:
        first = next(filter(None, self.lines), "")
        return f"<Screen {self.columns}x{self.rows}, cursor {self.cursor}: {first[:40]!r}>"

    def framed(self) -> str:
        """All rows between edges, for people to look at: the plugin shows it when `text in screen` is not so."""
        return "\n".join([edge := f"+{'-' * self.columns}+", *(f"|{line}" for line in self.lines), edge])

    def diff(self, earlier: str) -> str:
        """Which rows are others now than in an earlier `text` of this screen, as a diff; "" when none is."""
        lines = unified_diff(earlier.split("\n"), self.lines, n=0, lineterm="")
        return "\n".join([*lines][2:])  # without the names of the two

    def cell(self, x: int, y: int) -> tuple[str, Style]:
        """Return grapheme and style at column `x` of row `y`; the grapheme is "" in the right half of a wide one."""
        return self._cells[y][x]

    def resize(self, columns: int, rows: int) -> None:
        """Change the size as a window does: what is outside is lost, what is new is blank, nothing is wrapped anew."""
        for cells in (self._cells, self._main) if self._main is not self._cells else (self._cells,):
            del cells[rows:]
            for row in cells:
                if row[columns:] and not row[columns][0]:
                    row[columns - 1] = _BLANK
                row[columns:] = [_BLANK] * (columns - len(row))
            cells += [[_BLANK] * columns for _ in range(rows - len(cells))]
        self.columns, self.rows = columns, rows
        self._region = (0, rows - 1)
        self._move(*self.cursor)

    def feed(self, data: bytes) -> None:
        """Show `data`, however it is cut.

        Raises:
            ForeignControl: it holds what the server must not send.
        """
        try:
            text = self._unfinished + self._utf8.decode(data)
        except UnicodeDecodeError as error:
            raise ForeignControl(error.object[error.start :]) from error
        self._unfinished = ""
        at = 0
        while at < len(text):
            piece = _PIECE.match(text, at)
            if piece is None:
                if not _UNFINISHED.fullmatch(text, at):
                    raise ForeignControl(text[at:].encode())
                self._unfinished = text[at:]
                return
            self._take(piece)
            at = piece.end()

    def _take(self, piece: re.Match[str]) -> None:
        if text := piece["text"]:
            self._write(text)
        elif control := piece["control"]:
            if control in "\b\t" and not self._dumb:
                raise ForeignControl(control.encode())
            self._control(control)
        else:
            numbers = [int(number or 0) for number in piece["numbers"].split(";")]
            known = self._mode(numbers, piece["final"]) if piece["private"] else self._order(numbers, piece["final"])
            if not known:
                raise ForeignControl(piece[0].encode())

    def _control(self, control: str) -> None:
        x, y = self.cursor
        if control == "\a":
            self.bells += 1
        elif control == "\r":
            self._move(0, y)
        elif control in "\b\t":  # a tab has stops at every eighth column
            self._move(max(0, x - 1) if control == "\b" else min(self.columns - 1, x + 8 - x % 8), y)
        elif y == self._region[1]:
            top, bottom = self._region
            self._cells[top : bottom + 1] = [*self._cells[top + 1 : bottom + 1], [_BLANK] * self.columns]
            self._move(x, y)
        else:
            self._move(x, y + 1)

    def _mode(self, numbers: list[int], final: str) -> bool:
        if final not in {"h", "l"} or not MODES.issuperset(numbers):
            return False
        for mode in numbers:
            if mode == ALTERNATE and (final == "h") != (ALTERNATE in self.modes):
                self._swap(alternate=final == "h")
            if final == "h":
                self.modes.add(mode)
            else:
                self.modes.discard(mode)
        return True

    def _swap(self, *, alternate: bool) -> None:
        if alternate:
            self._main_cursor = self.cursor
            self._cells = [[_BLANK] * self.columns for _ in range(self.rows)]
        else:
            self._cells = self._main
            self._move(*self._main_cursor)

    def _order(self, numbers: list[int], final: str) -> bool:
        match final, numbers:
            case "H", [row, column]:
                self._move(column - 1, row - 1)
            case "K", [0 | 1 | 2 as part]:
                self._erase_line(part)
            case "J", [0 | 1 | 2 as part]:
                self._erase_screen(part)
            case "r", [0]:
                self._region = (0, self.rows - 1)
                self._move(0, 0)
            case "r", [top, bottom] if 1 <= top < bottom:
                if bottom <= self.rows:  # else it was sent before the window shrank, and is ignored
                    self._region = (top - 1, bottom - 1)
                    self._move(0, 0)
            case "m", _:
                return self._select(numbers)
            case _:
                return False
        return True

    def _select(self, numbers: list[int]) -> bool:
        """Set the style, as SGR says; return False when it says something unknown."""
        while numbers:
            number, *numbers = numbers
            ground = "bg" if number // 10 in {4, 10} else "fg"
            if number == 0:
                self._style = _PLAIN
            elif number in _ATTRIBUTES:
                self._style |= {_ATTRIBUTES[number]}
            elif number in {38, 48} and numbers[:1] == [5] and len(numbers) > 1:
                self._colour(ground, str(numbers[1]))
                del numbers[:2]
            elif number in {38, 48} and numbers[:1] == [2] and len(numbers) > 3 and max(numbers[1:4]) < 256:
                self._colour(ground, "#" + bytes(numbers[1:4]).hex())
                del numbers[:4]
            elif number // 10 in {3, 4} and number % 10 < 8:
                self._colour(ground, str(number % 10))
            elif number // 10 in {9, 10} and number % 10 < 8:
                self._colour(ground, str(number % 10 + 8))
            else:
                return False
        return True

    def _colour(self, ground: str, colour: str) -> None:
        self._style = frozenset({word for word in self._style if not word.startswith(ground)} | {f"{ground}:{colour}"})

    def _move(self, x: int, y: int) -> None:
        self.cursor = (max(0, min(x, self.columns - 1)), max(0, min(y, self.rows - 1)))
        self._written, self._wraps = None, False

    def _erase_line(self, part: int) -> None:
        x, y = self.cursor
        start, stop = ((x, self.columns), (0, x + 1), (0, self.columns))[part]
        self._put(start, y, [_BLANK] * (stop - start))

    def _erase_screen(self, part: int) -> None:
        y = self.cursor[1]
        for row in ((range(y + 1, self.rows)), range(y), range(self.rows))[part]:
            self._cells[row] = [_BLANK] * self.columns
        if part != 2:
            self._erase_line(part)

    def _write(self, text: str) -> None:
        x, y = self.cursor
        room = self.columns - x
        if text.isascii() and len(text) < room and self._written is None:
            self._put(x, y, [(char, self._style) for char in text])
            self.cursor = (x + len(text), y)
            self._written = x + len(text) - 1
            return
        for char in text:
            if not self._join(char):
                self._write_one(char)

    def _write_one(self, char: str) -> None:
        """Write what begins a cell of its own."""
        wide = width(char)
        x, y = self.cursor
        if AUTOWRAP in self.modes and (self._wraps or x + wide > self.columns):
            self._control("\r")
            self._control("\n")
            x, y = self.cursor
        if wide and x + wide <= self.columns:
            self._put(x, y, [(char, self._style), *[("", self._style)] * (wide - 1)])
            self._advance(x, wide)

    def _join(self, char: str) -> bool:
        """Add `char` to what was written last when it belongs to it, or is drawn over it."""
        at, y = self._written, self.cursor[1]
        if at is None or (char.isascii() and self._cells[y][at][0].isascii()):
            return False
        before = self._cells[y][at][0]
        after = before + char
        if width(char) and len(graphemes(after)) > len(graphemes(before)):
            return False
        wide = min(width(after), self.columns - at)
        style = self._cells[y][at][1]
        self._put(at, y, [(after, style), *[("", style)] * (wide - 1)])
        self._advance(at, wide)
        return True

    def _advance(self, at: int, wide: int) -> None:
        self.cursor = (min(at + wide, self.columns - 1), self.cursor[1])
        self._written = at
        self._wraps = at + wide == self.columns

    def _put(self, x: int, y: int, cells: list[_Cell]) -> None:
        """Replace cells; a wide character of which a part goes is gone."""
        row, left, right = self._cells[y], x, x + len(cells)
        while not row[left][0]:
            left -= 1
        while right < self.columns and not row[right][0]:
            right += 1
        row[left:right] = [(" ", style) for _, style in row[left:right]]
        row[x : x + len(cells)] = cells
