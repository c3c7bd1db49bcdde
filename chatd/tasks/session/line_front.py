"""The line front (`ssh -T`): one input line in, one text line out for each finished row, no escape sequences.

For scripts, screen readers and dumb terminals. It prints from the room's log with a cursor of its own, and only when
what it printed before has left: a reader who is slow is told what was skipped, and delays nobody.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from chatd.core.live_row import LiveRow
from chatd.core.room import Behind, Room
from chatd.core.row import Added, Finished
from chatd.core.sanitize import sanitize
from chatd.core.text import human_size
from chatd.core.visit import EndOfInput, Input, Interrupt, Resized
from chatd.errors import TerminalGone
from chatd.ports import Terminal
from chatd.tasks.chat.hub import Hub
from chatd.tasks.chat.notices import Level
from chatd.tasks.chat.views import Since
from chatd.tasks.log.bell import Bell
from chatd.tasks.session.front import FrontMode, Interface
from chatd.tasks.session.inbox import InputEnded, Interrupted, LineTyped
from chatd.tasks.session.script_view import NoView
from chatd.tasks.session.state import State
from chatd.tasks.slices import sanitized
from chatd.wire.export import hanging, line_of
from chatd.wire.lines import InputLine, Line, LineSplitter, LongLine, NoText

FELL_BEHIND = "* you fell behind; `history` has what was skipped"

SLICE = 64 * 1024
"""Characters that are printed in one go."""

BACKLOG = 10
"""Rows shown on entry."""

MAX_QUEUED = 5000
"""Lines that wait for a slow reader: more than a room keeps entries."""

LAST_CHARS = 8192
"""Code points of the rows that are still printed when the session is cut: 16 ms of the dearest."""

MAX_QUEUED_CHARS = 4 << 20
"""Code points of the rows among them."""


class LineFront:
    """A person, or a program, that reads lines."""

    mode = FrontMode.LINE
    view = NoView()
    alerts = "off"

    def __init__(self, hub: Hub, terminal: Terminal) -> None:
        self._hub = hub
        self._terminal = terminal
        # Somewhat more than a message is kept, so that its sender can be told by how much it is too long.
        self._lines = LineSplitter(hub.limits.max_message * 4)
        self._new = Bell()
        self._queue: deque[str | LiveRow] = deque()
        self._queued_chars = 0
        self._in_work: LiveRow | None = None
        """The row that is being made fit to be printed."""
        self._last_chars = 0
        self._rest = ""
        self._state: State
        self._room: Room | None = None
        """None until the script has entered one."""
        self._cursor = 0

    def attach(self, state: State, pace: Callable[[], float]) -> None:
        """This is the session."""
        self._state = state

    def begin(self, interface: Interface) -> None:
        """Lines need no preparation, and nobody draws them."""

    def size(self) -> tuple[int, int]:
        """Lines have no width; what is laid out all the same is laid out for the usual one."""
        return self._terminal.visit.size

    async def read(self) -> None:
        """Lines into the inbox, then the end of input."""
        while True:
            match await self._terminal.receive():
                case Input(data=data):
                    await self._typed(self._lines.feed(data))
                case EndOfInput():
                    await self._typed(self._lines.finish())
                    self._state.inbox.put_now(InputEnded())
                    return
                case Interrupt():
                    self._state.inbox.put_now(Interrupted())
                case Resized():
                    pass

    async def _typed(self, lines: list[Line]) -> None:
        for line in lines:
            match line:
                case InputLine(text=text):
                    await self._state.inbox.put(LineTyped(text))
                case LongLine(size=size):
                    limit = human_size(self._hub.limits.max_message)
                    self._print(f"message is {human_size(size)}, the limit is {limit}")
                case NoText():
                    self._print("that line is no text in UTF-8; it is not posted")

    async def paint(self) -> None:
        """Print what is new, a slice at a time, whenever the reader has taken what was printed before."""
        while True:
            await self._new.wait()
            printed = False
            while True:
                await self._terminal.wait_sent()
                text = await self._next_slice()
                if not text:
                    break
                self._terminal.write(text.encode())
                printed = True
            if printed:
                self._state.inbox.ring()

    async def _next_slice(self) -> str:
        """The next text to print, at most SLICE characters; "" when there is nothing."""
        self._pull()
        while len(self._rest) < SLICE and (line := self._next_line()) is not None:
            if isinstance(line, LiveRow):
                self._in_work = line
                line = line_of(line.head, await sanitized(line.text))
                self._in_work = None
            self._rest += line + "\n"
        return self._take_slice()

    def _next_line(self) -> str | LiveRow | None:
        """The first that waits, which waits no more."""
        if not self._queue:
            return None
        line = self._queue.popleft()
        self._queued_chars -= line.length if isinstance(line, LiveRow) else 0
        return line

    def _take_slice(self) -> str:
        text, self._rest = self._rest[:SLICE], self._rest[SLICE:]
        return text

    def _last_slice(self) -> str:
        """As `_next_slice`, at the end, when nobody waits any more: what would take long is left out, and said."""
        if self._in_work is not None:
            self._queue.appendleft(self._in_work)
            self._in_work = None
        self._pull()
        while len(self._rest) < SLICE and (line := self._next_line()) is not None:
            if isinstance(line, LiveRow):
                self._last_chars += line.length
                line = line_of(line.head, sanitize(line.text)) if self._last_chars < LAST_CHARS else FELL_BEHIND
            self._rest += line + "\n"
        return self._take_slice()

    def _pull(self) -> None:
        """Queue the rows that have finished since the last time; as references, so that they cost little."""
        if self._room is None:
            return
        entries = self._room.since(self._cursor)
        self._cursor = self._room.number
        if isinstance(entries, Behind):
            self._queue.append(FELL_BEHIND)
            return
        for entry in entries:
            match entry:
                case Added(row=row) if not row.is_open:
                    self._add(LiveRow(row))
                case Finished(row_id=row_id):
                    live = self._room.get(row_id)
                    self._add(live if live is not None else FELL_BEHIND)
                case _:
                    pass

    def _add(self, line: str | LiveRow) -> None:
        """Queue a line; a reader for whom too much waits is told that they fell behind instead."""
        self._queue.append(line)
        self._queued_chars += line.length if isinstance(line, LiveRow) else 0
        if len(self._queue) > MAX_QUEUED or self._queued_chars > MAX_QUEUED_CHARS:
            self._queue.clear()
            self._queued_chars = 0
            self._queue.append(FELL_BEHIND)

    def entered(self, room: Room) -> None:
        """Finish the old room's lines, then the new one's last rows."""
        if self._room is not None:
            self._pull()
            self._add(f"* you are in {room.name}")
        self._room = room
        self._cursor = room.number
        for live in room.tail(BACKLOG):
            if not live.head.is_open:
                self._add(live)
        self._new.ring()

    def rang(self) -> None:
        """The session looks at the room."""
        self._state.inbox.ring()

    def enter(self, room: Room, since: Since) -> None:
        """Its lines are printed when the script has entered it."""

    def renamed(self, room: Room) -> None:
        """Lines are the same for everybody."""

    def leave(self) -> None:
        """What is there still is printed at the end."""

    def look_anew(self) -> None:
        """Lines look the same always."""

    def show(self) -> None:
        """Print when there is time."""
        self._new.ring()

    async def tell(self, interface: Interface, text: str, level: Level) -> None:
        """A notice is a line of its own."""
        self._print(text)

    def _print(self, text: str) -> None:
        self._add(f"* {hanging(sanitize(text))}")
        self._new.ring()

    def idle(self) -> bool:
        """Whether everything has been written."""
        printed = not self._queue and self._in_work is None and not self._rest
        return printed and self._room is not None and self._cursor == self._room.number

    def farewell(self, text: str) -> None:
        """Printed at the end."""
        self._queue.append(f"* {text}")

    def end(self) -> None:
        """Print what still waits, as far as it fits beside what has not left yet."""
        try:
            while self._room is not None and self._terminal.unsent() < SLICE * 4 and (text := self._last_slice()):
                self._terminal.write(text.encode())
        except TerminalGone:
            pass  # there is nobody left to tell

    def gather(self) -> None:
        """There are no frames."""

    async def show_gathered(self, interface: Interface) -> None:
        """There are no frames."""

    def want_frame(self) -> None:
        """There are no frames."""

    def repaint(self) -> None:
        """There are no frames."""

    async def draw(self, interface: Interface) -> None:
        """There are no frames."""

    def bell(self) -> None:
        """No control bytes here."""
