"""The front of a session: how a person is read and shown things, on a screen or line by line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Protocol

from chatd.core.room import Room
from chatd.ports import Plain
from chatd.tasks.chat.notices import Level
from chatd.tasks.chat.views import Since
from chatd.tasks.screens.canvas import BlockCanvas
from chatd.tasks.session.script_view import ShownView
from chatd.tasks.session.state import State


class FrontMode(StrEnum):
    """What kind of terminal a person has, as scripts see it."""

    SCREEN = "screen"
    LINE = "line"


class Interface(Protocol):
    """The script that draws, as fronts see it."""

    problem: str
    """What was wrong with it the last time, for people to read."""

    async def call(self, callback: str, *arguments: Plain) -> bool:
        """Run a callback; returns whether it went well."""
        ...

    async def draw(self, canvases: Sequence[BlockCanvas]) -> None:
        """Have the script draw things, one after the other; each canvas says in the end what went wrong."""
        ...

    def hears(self, callback: str) -> bool:
        """Whether the script has anything for a callback."""
        ...

    @property
    def hears_rows(self) -> bool:
        """Whether it has for those about rows."""
        ...


class Front(Protocol):
    """What a session needs of its front. `read` and `paint` are tasks; what awaits beside them runs the script."""

    mode: FrontMode

    @property
    def view(self) -> ShownView:
        """What scripts move of what is shown."""
        ...

    def attach(self, state: State, pace: Callable[[], float]) -> None:
        """This is the session; no task of it runs yet. `pace` gives the seconds there are at least between two times
        at which what is new is shown.
        """
        ...

    def begin(self, interface: Interface) -> None:
        """The session starts: input may be carried, and this interface draws; or another one does from now on."""
        ...

    @property
    def alerts(self) -> str:
        """Which rows of others the script hears of as such: off, mention, all."""
        ...

    async def read(self) -> None:
        """Carry input into the inbox until cancelled."""
        ...

    async def paint(self) -> None:
        """Show what is new until cancelled. Raises TerminalGone when the channel closes."""
        ...

    def size(self) -> tuple[int, int]:
        """The size of the terminal in columns and rows."""
        ...

    def gather(self) -> None:
        """The session takes up an item: what is to be seen of it is shown at its end, by `show_gathered`."""
        ...

    async def show_gathered(self, interface: Interface) -> None:
        """The item is done: have the script draw at once, if the terminal takes a frame."""
        ...

    def want_frame(self) -> None:
        """Something changed that should be seen."""
        ...

    def repaint(self) -> None:
        """What the terminal shows is not known any more: show everything anew."""
        ...

    async def draw(self, interface: Interface) -> None:
        """Have the script draw the frame that was asked for."""
        ...

    def look_anew(self) -> None:
        """What the person's own script makes of rows depends on something that has changed."""
        ...

    def rang(self) -> None:
        """The room's bell has rung: see to it that what is new is shown, and the script told."""
        ...

    def show(self) -> None:
        """The room has something new."""
        ...

    def enter(self, room: Room, since: Since) -> None:
        """The session is in this room from now on; its script does not know yet."""
        ...

    def renamed(self, room: Room) -> None:
        """The person is called otherwise, and is in this room, mostly in the one they were in."""
        ...

    def entered(self, room: Room) -> None:
        """The session is in this room now."""
        ...

    async def tell(self, interface: Interface, text: str, level: Level) -> None:
        """Show a notice to the person, or have the script show it."""
        ...

    def bell(self) -> None:
        """Ring the terminal's bell, where there is one."""
        ...

    def idle(self) -> bool:
        """Whether everything there is to show has been written."""
        ...

    def farewell(self, text: str) -> None:
        """The last words, shown after the screen has been left."""
        ...

    def leave(self) -> None:
        """The session is in no room any more."""
        ...

    def end(self) -> None:
        """Leave the terminal as it was, as far as the channel still lets us."""
        ...
