"""Line mode for a terminal that knows no screen (TERM=dumb): what a tty does for programs is done here.

Typed characters are echoed, Backspace and Ctrl-U erase, Enter ends the line; rows are printed as lines, and what is
being typed is shown again below them.
"""

from __future__ import annotations

import trio

from chatd.core.sanitize import sanitize_line
from chatd.core.text import human_size
from chatd.core.visit import EndOfInput, Input, Interrupt, Resized, TerminalEvent
from chatd.ports import Terminal
from chatd.screen.widths import graphemes, width
from chatd.tasks.chat.hub import Hub
from chatd.tasks.session.inbox import InputEnded, Interrupted, LineTyped
from chatd.tasks.session.line_front import LineFront
from chatd.wire.keys import Key, KeyDecoder

DUMB = frozenset({"dumb", "unknown"})
"""Values of TERM that promise nothing."""

ERASE = "\b \b"


class DumbFront(LineFront):
    """A person at a terminal without a screen."""

    def __init__(self, hub: Hub, terminal: Terminal) -> None:
        super().__init__(hub, terminal)
        self._keys = KeyDecoder(max_paste=hub.limits.max_message * 4)
        self._typed_text = ""

    async def read(self) -> None:
        """Keys into lines, echoed; Ctrl-D on an empty line, or the end of input, ends it."""
        while True:
            match await self._receive():
                case None:
                    await self._press(self._keys.expire())
                case Input(data=data):
                    await self._press(self._keys.feed(data))
                case Interrupt():
                    await self._press([Key("C-c")])
                case EndOfInput():
                    self._state.inbox.put_now(InputEnded())
                    return
                case Resized():
                    pass

    async def _receive(self) -> TerminalEvent | None:
        """What the terminal sends next; None when an ESC waited too long for the rest of its sequence."""
        if not self._keys.escape_pending:
            return await self._terminal.receive()
        with trio.move_on_after(self._hub.limits.escape):
            return await self._terminal.receive()
        return None

    async def _press(self, keys: list[Key]) -> None:
        for key in keys:
            match key.name:
                case "Enter" | "C-j":
                    await self._enter()
                case "Backspace" | "C-h":
                    self._erase(1)
                case "C-u":
                    self._erase(len(self._typed_text))
                case "C-c":
                    self._interrupt()
                case "C-d" if not self._typed_text:
                    self._state.inbox.put_now(InputEnded())
                case "text" | "Paste":
                    self._type(key.text)
                case "PasteTooLong":
                    self._too_long(key.size)
                case name if len(name) == 1 or not name.isascii():
                    self._type(name)
                case _:
                    pass  # a key that means nothing here

    def _interrupt(self) -> None:
        """Stops an answer, clears what was typed; the script is asked where there is nothing to clear."""
        self._echo("^C\n")
        typed, self._typed_text = self._typed_text, ""
        if not typed or self._hub.answers.newest(self._state) is not None:
            self._state.inbox.put_now(Interrupted())

    def _type(self, text: str) -> None:
        text = sanitize_line(text.replace("\r", " ").replace("\n", " "))
        if len(self._typed_text) + len(text) > self._hub.limits.max_message * 4:
            self._too_long(len(self._typed_text) + len(text))
            return
        self._typed_text += text
        self._echo(text)

    def _too_long(self, size: int) -> None:
        limit = human_size(self._hub.limits.max_message)
        self._print(f"message is {human_size(size)}, the limit is {limit}")

    def _erase(self, count: int) -> None:
        cells = graphemes(self._typed_text)
        kept = cells[: max(0, len(cells) - count)]
        columns = sum(width(cell) for cell in cells[len(kept) :])
        self._typed_text = "".join(kept)
        self._echo(ERASE * columns)

    async def _enter(self) -> None:
        text, self._typed_text = self._typed_text, ""
        self._echo("\n")
        await self._state.inbox.put(LineTyped(text))

    def _echo(self, text: str) -> None:
        if text:
            self._terminal.write(text.replace("\n", "\r\n").encode())

    def _take_slice(self) -> str:
        text = super()._take_slice().replace("\n", "\r\n")
        if not text or not self._typed_text:
            return text
        return f"\r\n{text}{self._typed_text}"

    def farewell(self, text: str) -> None:
        """Printed at the end, on a line of its own."""
        self._typed_text = ""
        super().farewell(text)


def is_dumb(terminal: Terminal) -> bool:
    """Whether a terminal promises no screen."""
    return terminal.visit.pty and terminal.visit.term.lower() in DUMB
