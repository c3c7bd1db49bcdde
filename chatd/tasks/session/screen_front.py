"""The full-screen front: keys in, frames out."""

from __future__ import annotations

from collections.abc import Callable

import trio

from chatd.core.room import Room
from chatd.core.visit import sensible_size
from chatd.errors import TerminalGone
from chatd.ports import Terminal
from chatd.screen.paint import enter, leave
from chatd.screen.style import colours_of
from chatd.tasks.chat.hub import Hub
from chatd.tasks.chat.notices import Level
from chatd.tasks.chat.views import Since
from chatd.tasks.screens.canvas import Sheet
from chatd.tasks.screens.display import NOTHING, Missing
from chatd.tasks.screens.fan import ROUNDS
from chatd.tasks.screens.room_news import News
from chatd.tasks.screens.screens import Screens
from chatd.tasks.session.front import FrontMode, Interface
from chatd.tasks.session.inbox import FrameWanted, SizeChanged
from chatd.tasks.session.key_reader import KeyReader
from chatd.tasks.session.painter import Painter
from chatd.tasks.session.screen_view import ScreenView
from chatd.tasks.session.script_view import Alert
from chatd.tasks.session.state import State

MAX_BEFORE_BELL = 4096
"""Bytes unsent before which the terminal still rings: who takes nothing hears nothing, and bells must not pile up."""


class ScreenFront:
    """A terminal with a screen."""

    mode = FrontMode.SCREEN

    def __init__(self, hub: Hub, screens: Screens, terminal: Terminal) -> None:
        visit = terminal.visit
        self._hub = hub
        self._terminal = terminal
        self._size = sensible_size(*visit.size)
        self._colours = colours_of(visit.term, visit.env or {})
        self._painter = Painter(terminal, ask=self._ask)
        self._screens = screens
        self._state: State
        self._interface: Interface
        self._entered = False
        self.view: ScreenView
        self._pace: Callable[[], float]
        self._visited = 0.0
        """When it was last brought what is new, in trio's time."""
        self._script_draws = True
        """Whether the script is to draw at the next frame."""
        self._comings = 0
        """The last coming or going that the script was told of."""
        self._farewell = ""

    def attach(self, state: State, pace: Callable[[], float]) -> None:
        """See Front; its script may say at once how things look."""
        self._state, self._pace = state, pace
        self.view = ScreenView(state, self._screens, self._colours, self._painter.want)
        self.view.display.resize(*self._size)

    def begin(self, interface: Interface) -> None:
        """Take the alternate screen, the first time. This interface draws from now on."""
        if not self._entered:
            self._terminal.write(enter())
        self._entered, self._interface = True, interface

    def size(self) -> tuple[int, int]:
        """Columns and rows, already sensible."""
        return self._size

    async def read(self) -> None:
        """See KeyReader.run."""
        await KeyReader(self._terminal, self._state.inbox, self._hub.limits).run(self._resized, self._state.end)

    def _resized(self, columns: int, rows: int) -> None:
        self._size = sensible_size(columns, rows)
        self.view.display.resize(*self._size)
        self.want_frame()
        self._state.inbox.put_now(SizeChanged())

    # --- frames

    async def paint(self) -> None:
        """See Painter.run."""
        await self._painter.run()

    def gather(self) -> None:
        """See Front."""
        self._painter.gather()

    async def show_gathered(self, interface: Interface) -> None:
        """See Front. While more waits in the channel the painter asks for the frame, behind that."""
        if self._painter.take_turn(at_once=not self._state.inbox.waiting):
            await self.draw(interface)

    def want_frame(self) -> None:
        """The script is to draw."""
        self._script_draws = True
        self._painter.want()

    def repaint(self) -> None:
        """Everything is drawn and sent again."""
        self.view.look_anew()
        self.view.display.repaint()
        self.want_frame()

    def look_anew(self) -> None:
        """See Front."""
        self.view.look_anew()
        self.want_frame()

    def _ask(self) -> None:
        self._state.inbox.put_now(FrameWanted())

    async def draw(self, interface: Interface) -> None:
        """Let the script draw its part, if it wants to, and show what is new. What a script that fails has drawn until
        then is shown, and above it why it failed.
        """
        if self._script_draws:
            self._script_draws = False
            sheet = Sheet(*self._size)
            with self._state.drawing.on(sheet):
                drawn = await interface.call("on_frame", *self._size)
            if not drawn:
                sheet.put(0, [(interface.problem, "reverse")], flows=False)  # the line that is typed stays in sight
            self.view.display.draw(sheet)  # nothing, when it is another size by now, and another frame is wanted
        await self._settle(interface)

    async def _settle(self, interface: Interface) -> None:
        """Show what is new, having drawn first what it takes."""
        view, display = self.view, self.view.display
        view.own.drawn_by(interface)
        missing = NOTHING
        for tries in range(ROUNDS):
            missing = display.refresh(again=tries > 0)
            if not missing.wants:
                break
            await display.looks.draw(missing.wants)
        view.fetch(missing)
        if missing.wants or display.unfinished:
            self._painter.want()  # the next frame goes on with it
        if display.moves:
            self._screens.fan.move(self)

    # --- what is new, by the fan

    def rang(self) -> None:
        """There is something new in the room."""
        self._screens.fan.ring(self)

    def changed(self) -> None:
        """See fan.Watcher."""
        self.view.display.view.changed()

    @property
    def moves(self) -> bool:
        """See fan.Watcher."""
        return self.view.display.moves

    @property
    def is_due(self) -> bool:
        """See fan.Watcher: who has chosen a slow pace has it for what moves, too."""
        return trio.current_time() >= self._visited + self._pace()

    def visit(self, *, again: bool) -> Missing | None:
        """See fan.Watcher."""
        display = self.view.display
        if not self._entered:
            return NOTHING
        if not again:
            self._visited = trio.current_time()
            self._tell_script()
            if display.is_current:
                return NOTHING
        if not display.follows_by_itself:
            self.want_frame()
            return NOTHING
        if self.view.is_own or self._terminal.unsent() > 0:
            return None
        missing = display.refresh(again=again)
        if not missing.wants and display.unfinished:
            self._painter.want()
        return missing

    @property
    def alerts(self) -> str:
        """See Front."""
        return self.view.alerts

    def hand_over(self) -> None:
        """See fan.Watcher."""
        self._painter.want()

    def fail(self, bug: Exception) -> None:
        """See fan.Watcher."""
        self._painter.fail(bug)

    def _tell_script(self) -> None:
        """Wake the script, where it wants to hear of what has come; else it has heard of nothing, which is all."""
        state, interface = self._state, self._interface
        news = self._screens.news.of(state.room, state.cursor)
        moved = interface.hears("on_people") and self._comings != state.hub.lobby.presence(state.room).index
        if moved or (news.any and (interface.hears_rows or self._alerts(news))):
            self._comings = state.hub.lobby.presence(state.room).index
            state.inbox.ring()
        elif news.any:
            state.cursor = state.room.number

    def _alerts(self, news: News) -> bool:
        """Whether it is to be told of any of this."""
        name = self._state.visitor.name
        if name in news.askers:
            return True
        if self.view.alerts is Alert.OFF:
            return False
        needle = name.encode().lower()
        others = [remark for remark in news.remarks if remark.author != name]
        named = any(remark.text is None or needle in remark.text for remark in others)
        return bool(others) and (named or self.view.alerts is Alert.ALL)

    # --- where one is

    def enter(self, room: Room, since: Since) -> None:
        """The room is shown from now on."""
        self._screens.fan.join(self)
        self.view.enter(room, since)

    def renamed(self, room: Room) -> None:
        """See Front."""
        self.view.renamed(room)

    def entered(self, room: Room) -> None:
        """The script knows it."""
        self.want_frame()

    def show(self) -> None:
        """The fan shows what is new."""

    async def tell(self, interface: Interface, text: str, level: Level) -> None:
        """The script shows notices."""
        await interface.call("on_notice", text, level)
        self.want_frame()

    def bell(self) -> None:
        """BEL, for those whose script asks for it."""
        if self._terminal.unsent() < MAX_BEFORE_BELL:
            self._terminal.write(b"\a")

    def idle(self) -> bool:
        """A screen is never waited for."""
        return True

    def farewell(self, text: str) -> None:
        """Kept until the screen is left."""
        self._farewell = text

    def leave(self) -> None:
        """Nothing is shown any more."""
        self._screens.fan.leave(self)

    def end(self) -> None:
        """Leave the alternate screen; the last words stand on the person's own."""
        try:
            self._terminal.write(leave())
            if self._farewell:
                self._terminal.write(self._farewell.encode() + b"\r\n")
        except TerminalGone:
            pass  # there is nobody left to tell
