"""A person's terminal in memory: keys in, a screen to look at."""

from __future__ import annotations

import codecs
from collections.abc import Callable

import trio

from chatd.core.visit import EndOfInput, Input, Interrupt, Resized, TerminalEvent, Visit, sensible_size
from chatd.errors import TerminalGone
from chatd.testing.connection import Carrier, Quality
from chatd.testing.screen import Screen

MAX_EVENTS = 10_000
"""Acts of a person that the server has not taken yet; a test that needs more has a bug."""

TOLD_TEXT = 200
"""Characters of what was typed that the log of acts keeps: a paste of a megabyte is not read by anybody."""

MAX_UNSENT = 384 * 1024
"""Bytes that a session may have unsent for one terminal, five slices of 64 KiB and a frame: more than that is a bug."""


class MemoryTerminal:
    """The port Terminal. The test acts for the person; every act is synchronous and takes effect when the world runs.

    With a pty, `screen` shows what a terminal would, and raises ForeignControl for bytes the server must not send.
    Without one, `output` and `errors` hold what was written.
    """

    def __init__(self, visit: Visit, hang_up: Callable[[], None], nursery: trio.Nursery | None = None) -> None:
        """`hang_up` ends the session at once; in `nursery` runs what carries bytes over a bad connection, if it gets
        one.
        """
        self._visit = visit
        self._hang_up = hang_up
        self._nursery = nursery
        self._send, self._receive = trio.open_memory_channel[TerminalEvent](MAX_EVENTS)
        self._carrier = Carrier(self._arrives, self._ends)
        self._carried = False
        self._gone = False
        self._leaving = False
        self.screen = Screen(*sensible_size(*visit.size), dumb=visit.term == "dumb")
        self._decoder = codecs.getincrementaldecoder("utf-8")()  # a write may end within a character
        self._output = [""]
        self._errors = [""]
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

    @property
    def output(self) -> str:
        """What was written to stdout, without a pty; putting it together costs as much as was written since."""
        self._output = ["".join(self._output)]
        return self._output[0]

    @property
    def errors(self) -> str:
        """What was written to stderr, without a pty."""
        self._errors = ["".join(self._errors)]
        return self._errors[0]

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
        """The connection is gone: at once, or when the server learns of it."""
        self._did("hangs up")
        if self._gone:
            self._hang_up()
        if self._gone or self._leaving:
            return
        self._leaving = True
        self._carrier.act(self._ends, late=self._carrier.quality.linger)

    def resets(self) -> None:
        """The connection is gone, and the server learns of it only when it uses it."""
        self._goes()
        self._send.close()

    @property
    def quality(self) -> Quality:
        """What the connection is like."""
        return self._carrier.quality

    def links(self, quality: Quality) -> MemoryTerminal:
        """The connection is so from now on. A dead one is dropped by the server after `connection.KEEPALIVE_S`."""
        if self._gone or self.ended.is_set() or quality is self.quality:
            return self
        self._did(f"has a connection that is {quality.name}")
        if not self._carried:
            if self._nursery is None:
                raise ValueError(f"{self!r} has nobody to carry its bytes")
            self._carried = True
            self._nursery.start_soon(self._carrier.run, self._is_over, name=f"connection of {self._visit.visitor.name}")
        self._carrier.becomes(quality)
        return self

    def stops_reading(self) -> None:
        """Take nothing more: what is written waits."""
        if self._carrier.may_take:
            self._did("stops reading")
            self._carrier.may_take = False

    def reads_on(self) -> None:
        """Take what waits, and all that comes."""
        if not self._carrier.may_take:
            self._did("reads on")
            self._carrier.may_take = True
        if not self._carried:
            held = bytes(self._carrier.unsent)
            self._carrier.unsent.clear()
            self._show(held)
        self._carrier.ring()

    def over(self) -> None:
        """The server has done with this terminal."""
        self.ended.set()
        self._carrier.ring()

    def _ends(self) -> None:
        """The server learns that the person is gone."""
        self._goes()
        self._hang_up()

    def _goes(self) -> None:
        self._gone = True
        self._carrier.drop()

    def _is_over(self) -> bool:
        return self._gone or (self.ended.is_set() and self._carrier.idle)

    def _did(self, what: str) -> None:
        self.acts.append((trio.current_time(), what))

    def _input(self, data: bytes) -> MemoryTerminal:
        self._event(Input(data))
        return self

    def _event(self, event: TerminalEvent) -> None:
        if not (self._gone or self._leaving):
            self._carrier.act(lambda: self._reaches(event))

    def _reaches(self, event: TerminalEvent) -> None:
        """An act arrives at the server."""
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
        if self._carrier.direct:
            self._show(data)
            return
        self._carrier.unsent += data
        assert len(self._carrier.unsent) <= MAX_UNSENT, f"{len(self._carrier.unsent)} bytes wait for {self!r}"
        self._carrier.ring()

    def write_error(self, data: bytes) -> None:
        """The person's stderr."""
        self._check()
        if self._visit.pty:
            self.write(data)
        else:
            self._errors.append(data.decode())

    def unsent(self) -> int:
        """Bytes held."""
        return len(self._carrier.unsent)

    def takes_more(self) -> bool:
        """Whether the person reads, and the connection has taken everything."""
        return not self._gone and self._carrier.may_take and not self._carrier.unsent

    async def wait_sent(self) -> None:
        """Until the person reads, and the connection has taken everything."""
        await self._carrier.sent()
        self._check()
        await trio.lowlevel.checkpoint()

    async def drained(self) -> None:
        """Until everything has arrived that a connection which takes its time has on it; the gateway closes then."""
        if self._carried:
            await self._carrier.drained()

    def _check(self) -> None:
        if self._gone:
            raise TerminalGone("the terminal has hung up")

    def _arrives(self, data: bytes) -> None:
        """Bytes arrive that were on their way."""
        if not (self._gone or self._leaving):
            self._show(data)

    def _show(self, data: bytes) -> None:
        if self._visit.pty:
            self.screen.feed(data)
        else:
            self._output.append(self._decoder.decode(data))
