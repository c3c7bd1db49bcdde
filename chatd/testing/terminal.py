"""A person's terminal in memory: keys in, a screen to look at."""

from __future__ import annotations

import codecs
from collections.abc import Callable

import trio

from chatd.core.visit import EndOfInput, Input, Interrupt, Resized, TerminalEvent, Visit, sensible_size
from chatd.errors import TerminalGone
from chatd.testing.screen import Screen

MAX_EVENTS = 10_000
"""Acts of a person that the server has not taken yet; a test that needs more has a bug."""

TOLD_TEXT = 200
"""Characters of what was typed that the log of acts keeps: a paste of a megabyte is not read by anybody."""


class MemoryTerminal:
    """The port Terminal. The test acts for the person; every act is synchronous and takes effect when the world runs.

    With a pty, `screen` shows what a terminal would, and raises ForeignControl for bytes the server must not send.
    Without one, `output` and `errors` hold what was written.
    """

    def __init__(self, visit: Visit, hang_up: Callable[[], None]) -> None:
        self._visit = visit
        self._hang_up = hang_up
        self._send, self._receive = trio.open_memory_channel[TerminalEvent](MAX_EVENTS)
        self._may_send = trio.Event()
        self._may_send.set()
        self._held = bytearray()
        self._gone = False
        self.screen = Screen(*sensible_size(*visit.size), dumb=visit.term == "dumb")
        self._decoder = codecs.getincrementaldecoder("utf-8")()  # a write may end within a character
        self.output = ""
        self.errors = ""
        self.writes: list[tuple[float, bytes]] = []
        """(virtual time, bytes) of every write, for tests of what is sent and when."""
        self.acts: list[tuple[float, str]] = []
        """(virtual time, what) of everything the person did: `(1.5, "types '@bot hi\\r'")`."""
        self.observer: Callable[[bytes], None] | None = None
        """Told of every write, before the person sees it."""
        self.exit_status: int | None = None
        self.ended = trio.Event()

    def __repr__(self) -> str:
        visit = self._visit
        kind = f"{self.screen.columns}x{self.screen.rows}" if visit.pty else repr(visit.command or "in line mode")
        return (
            f"<MemoryTerminal {visit.visitor.name}, {kind}>"  # how it ended is not said: pytest asks when all is over
        )

    def shown(self) -> str:
        """What the person sees, with their name above it, for people to look at."""
        visit = self._visit
        ended = "" if self.exit_status is None else f", exit status {self.exit_status}"
        head = f"{visit.visitor.name}{f', command {visit.command!r}' if visit.command else ''}{ended}"
        if not visit.pty:
            return f"{head}\n  stdout {self.output!r}\n  stderr {self.errors!r}"
        return f"{head}, cursor at {self.screen.cursor}\n{self.screen.framed()}"

    # --- the person

    def types(self, text: str) -> MemoryTerminal:
        """Type text; `\\r` is Enter, `\\x03` Ctrl-C."""
        self._did(f"types {text[:TOLD_TEXT]!r}")
        return self._input(text.encode())

    def sends(self, data: bytes) -> MemoryTerminal:
        """Send raw bytes, as one packet."""
        self._did(f"sends {data[:TOLD_TEXT]!r}")
        return self._input(data)

    def resizes(self, columns: int, rows: int) -> MemoryTerminal:
        """Change the window's size."""
        self._did(f"resizes to {columns}x{rows}")
        self.screen.resize(*sensible_size(columns, rows))
        self._event(Resized(columns, rows))
        return self

    def interrupts(self) -> None:
        """An INT signal or a break, as an ssh request."""
        self._did("interrupts")
        self._event(Interrupt())

    def ends_input(self) -> MemoryTerminal:
        """EOF."""
        self._did("ends input")
        self._event(EndOfInput())
        return self

    def hangs_up(self) -> None:
        """The connection is gone, at once."""
        self._did("hangs up")
        self._gone = True
        self._may_send.set()
        self._hang_up()

    def resets(self) -> None:
        """The connection is gone, and the server learns of it only when it uses it."""
        self._gone = True
        self._may_send.set()
        self._send.close()

    def stops_reading(self) -> None:
        """Take nothing more: what is written waits."""
        if self._may_send.is_set():
            self._did("stops reading")
            self._may_send = trio.Event()

    def reads_on(self) -> None:
        """Take what waits, and all that comes."""
        if not self._may_send.is_set():
            self._did("reads on")
        self._may_send.set()
        held, self._held = bytes(self._held), bytearray()
        self._show(held)

    def _did(self, what: str) -> None:
        self.acts.append((trio.current_time(), what))

    def _input(self, data: bytes) -> MemoryTerminal:
        self._event(Input(data))
        return self

    def _event(self, event: TerminalEvent) -> None:
        if not self._gone:
            self._send.send_nowait(event)

    # --- the port

    @property
    def visit(self) -> Visit:
        """Who came, and how."""
        return self._visit

    async def receive(self) -> TerminalEvent:
        """The person's next act."""
        try:
            return await self._receive.receive()
        except trio.EndOfChannel:
            raise TerminalGone("the connection was reset") from None

    def write(self, data: bytes) -> None:
        """Show bytes, or hold them while the person does not read."""
        self._check()
        if self.observer is not None:
            self.observer(data)
        self.writes.append((trio.current_time(), data))
        if self._may_send.is_set():
            self._show(data)
        else:
            self._held += data

    def write_error(self, data: bytes) -> None:
        """The person's stderr."""
        self._check()
        if self._visit.pty:
            self.write(data)
        else:
            self.errors += data.decode()

    def unsent(self) -> int:
        """Bytes held."""
        return len(self._held)

    async def wait_sent(self) -> None:
        """Until the person reads."""
        await self._may_send.wait()
        self._check()
        await trio.lowlevel.checkpoint()

    def _check(self) -> None:
        if self._gone:
            raise TerminalGone("the terminal has hung up")

    def _show(self, data: bytes) -> None:
        if self._visit.pty:
            self.screen.feed(data)
        else:
            self.output += self._decoder.decode(data)
