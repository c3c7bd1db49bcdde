"""The full-screen front: keys in, frames out."""

from __future__ import annotations

import trio

from chatd.core.room import Room
from chatd.core.visit import EndOfInput, Input, Interrupt, Resized, TerminalEvent, sensible_size
from chatd.errors import TerminalGone
from chatd.ports import Terminal
from chatd.screen.frame import Frame, enter, leave
from chatd.screen.style import colours_of
from chatd.tasks.chat.hub import Hub
from chatd.tasks.chat.notices import Level
from chatd.tasks.session.front import FrontMode, Interface
from chatd.tasks.session.inbox import FrameWanted, Interrupted, KeyPressed, SizeChanged
from chatd.tasks.session.painter import Painter
from chatd.tasks.session.state import State
from chatd.wire.keys import Key, KeyDecoder, with_wheel

CTRL_C = "C-c"
SLICE = 4096
"""Bytes decoded in one go, before others have their turn: 2 us a byte where each is a key."""


class ScreenFront:
    """A terminal with a screen."""

    mode = FrontMode.SCREEN

    def __init__(self, hub: Hub, terminal: Terminal) -> None:
        visit = terminal.visit
        self._hub = hub
        self._terminal = terminal
        self._size = sensible_size(*visit.size)
        # A paste may be larger than a message: the editor says the limit and keeps the text to be mended.
        self._keys = KeyDecoder(max_paste=hub.limits.max_message * 4)
        colours = colours_of(visit.term, visit.env or {})
        self._painter = Painter(terminal, colours, ask=self._ask)
        self._state: State
        self._farewell = ""

    def begin(self, state: State) -> None:
        """Remember the session, and take the alternate screen."""
        self._state = state
        self._terminal.write(enter())

    def size(self) -> tuple[int, int]:
        """Columns and rows, already sensible."""
        return self._size

    async def read(self) -> None:
        """Keys into the inbox; an ESC alone is told from a sequence by time."""
        while True:
            match await self._receive():
                case None:
                    await self._press(self._keys.expire())
                case Input(data=data):
                    for at in range(0, len(data), SLICE):
                        await self._press(with_wheel(self._keys.feed(data[at : at + SLICE])))
                        await trio.lowlevel.checkpoint()
                case Interrupt():
                    await self._press([Key(CTRL_C)])
                case Resized(columns=columns, rows=rows):
                    self._size = sensible_size(columns, rows)
                    self._painter.repaint()
                    self._state.inbox.put_now(SizeChanged())
                case EndOfInput():
                    self._state.end()

    async def _receive(self) -> TerminalEvent | None:
        """What the terminal sends next; None when what has come waited too long for its rest."""
        if not (self._keys.escape_pending or self._keys.paste_pending):
            return await self._terminal.receive()
        limits = self._hub.limits
        with trio.move_on_after(limits.escape if self._keys.escape_pending else limits.paste):
            return await self._terminal.receive()
        return None

    async def _press(self, keys: list[Key]) -> None:
        for key in keys:
            if key.name == CTRL_C:
                self._state.inbox.put_now(Interrupted())
            else:
                await self._state.inbox.put(KeyPressed(key))

    async def paint(self) -> None:
        """See Painter.run."""
        await self._painter.run()

    def want_frame(self) -> None:
        """Ask the painter for a frame."""
        self._painter.want()

    def repaint(self) -> None:
        """Have the painter send every cell again."""
        self._painter.repaint()

    def _ask(self) -> None:
        self._state.inbox.put_now(FrameWanted())

    async def draw(self, interface: Interface) -> None:
        """Let the script draw. What one that fails has drawn until then is shown, and above it why it failed."""
        frame = self._state.frame = Frame(*self._size)
        drawn = await interface.call("on_frame", *self._size)
        self._state.frame = None
        if (frame.columns, frame.rows) != self._size:  # it is another size by now, and another frame is wanted
            self._painter.offer(None)
            return
        if not drawn:
            frame.put(0, [(interface.problem, "reverse")])  # the line that is typed stays in sight
        self._painter.offer(frame)

    def show(self) -> None:
        """The script draws what is new; nothing of it is kept here."""
        self._painter.want()

    def entered(self, room: Room) -> None:
        """As `show`."""
        self._painter.want()

    async def tell(self, interface: Interface, text: str, level: Level) -> None:
        """The script shows notices."""
        await interface.call("on_notice", text, level)
        self._painter.want()

    def bell(self) -> None:
        """BEL, for those whose script asks for it."""
        self._terminal.write(b"\a")

    def idle(self) -> bool:
        """A screen is never waited for."""
        return True

    def farewell(self, text: str) -> None:
        """Kept until the screen is left."""
        self._farewell = text

    def end(self) -> None:
        """Leave the alternate screen; the last words stand on the person's own."""
        try:
            self._terminal.write(leave())
            if self._farewell:
                self._terminal.write(self._farewell.encode() + b"\r\n")
        except TerminalGone:
            pass  # there is nobody left to tell
