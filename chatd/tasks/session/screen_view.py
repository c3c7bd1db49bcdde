"""The view of the room on one person's screen: what their script wishes of it, and the rows that have to be fetched."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from chatd.core.live_row import LiveRow
from chatd.core.room import Room
from chatd.core.row import Method
from chatd.errors import StorageError
from chatd.ports import Plain
from chatd.screen.composition import ROW
from chatd.screen.style import Colours
from chatd.tasks.chat.notices import Level
from chatd.tasks.chat.views import NOTHING_NEW, Since
from chatd.tasks.screens.chat_view import ChatView
from chatd.tasks.screens.display import Display, Missing
from chatd.tasks.screens.rows_at_hand import PAGE
from chatd.tasks.screens.screens import Screens
from chatd.tasks.session.own_looks import OwnLooks
from chatd.tasks.session.script_view import Alert
from chatd.tasks.session.state import State

OVERLAP = 20
"""Rows of a load that are at hand still: the room may forget them before it arrives."""

TRIES = 4
"""Loads until a row that is looked for is at hand: while more and more come, what was loaded may be let go."""


class ScreenView:
    """Implements script_view.ShownView. `want` is called when something is to be seen."""

    def __init__(self, state: State, screens: Screens, colours: Colours, want: Callable[[], None]) -> None:
        self._state = state
        self._hub = state.hub
        self._want = want
        self._shared = screens.shared
        self.own = OwnLooks()
        self.alerts = Alert.OFF
        self.display = Display(state, self._view_of(state.room, NOTHING_NEW), screens.shared, colours)
        self._fetching = False
        self._in_vain: Missing | None = None
        """What could not be fetched: it is not tried again until one goes on."""

    @property
    def is_own(self) -> bool:
        """Whether the person's own script draws rows."""
        return self.display.looks is self.own.looks

    def enter(self, room: Room, since: Since) -> None:
        """The session is in this room from now on."""
        self.display.view = self._view_of(room, since)
        self._go_on()

    def renamed(self, room: Room) -> None:
        """The person is called otherwise; where they are in the room they were in, they go on reading there."""
        if room is not self.display.view.room:
            self.enter(room, NOTHING_NEW)
            return
        self.display.view.items.renamed(self._state.visitor.name)
        self.display.view.changed()
        self._go_on()

    def _view_of(self, room: Room, since: Since) -> ChatView:
        unread = (since.seen + 1, since.unread) if since.unread and since.seen is not None else None
        return ChatView(self._hub, self._shared.standings, room, self._state.visitor.name, unread)

    # --- what the script wishes

    def relook(self, settings: Mapping[str, Plain], *, own: bool) -> None:
        """See script_view.ShownView."""
        self.display.use(self.own.looks if own else self._shared.looks)
        self.display.relook(settings)
        self._want()

    def note(self, text: str, level: str) -> None:
        """See script_view.ShownView."""
        self.display.view.note(text, level)
        self._want()

    def scroll(self, lines: int) -> None:
        """See script_view.ShownView."""
        self.display.view.scroll(lines)
        self._go_on()

    def follow(self) -> None:
        """See script_view.ShownView."""
        if not self.follows or self.display.view.place.wanted:
            self.display.view.follow()
            self._go_on()

    def clear(self) -> None:
        """See script_view.ShownView."""
        self.display.view.clear()
        self._go_on()

    @property
    def follows(self) -> bool:
        """See script_view.ShownView."""
        return self.display.view.place.follows

    def alert(self, which: Alert) -> None:
        """See script_view.ShownView."""
        self.alerts = which

    def look_anew(self) -> None:
        """What the person's own script draws depends on something that has changed."""
        self.own.looks.forget()
        self.display.view.changed()

    async def show_row(self, seq: int, place: int) -> Plain:
        """See script_view.ShownView. The lines are those of the looks that all have in common."""
        view = self.display.view
        looks = self._shared.looks
        look = looks.look(self.display.settings, self.display.size[0])
        view.items.begin(looks, look, self._shared.facts.of(view.room), again=True)
        live = await self._row(view, seq)
        if live is None or view is not self.display.view:
            return None
        rows = max(1, self.display.view_rows)
        lines = await looks.places(view.items.search(live, look, max(1, rows // 2))) or [1]
        number = place if place > 0 else len(lines) + 1 + place
        number = max(1, min(number, len(lines)))
        if view is self.display.view:
            view.show((live.head.seq, ROW), lines[number - 1], rows // 3)
            self._go_on()
        return {"place": number, "places": len(lines)}

    async def _row(self, view: ChatView, seq: int) -> LiveRow | None:
        """The row to go to; for a tool's result its call, in whose line it stands."""
        for _ in range(TRIES):
            live = view.items.row(seq) if 0 < seq <= view.room.seq else None
            missing = Missing((), view.items.rows.wanted, view.items.rows.whole)
            if live is None and missing != Missing():
                await self._load(view, missing)
                continue
            if live is not None and live.head.method == Method.TOOL_RESULT and live.head.parent_id is not None:
                call = view.room.get(live.head.parent_id)
                return live if call is None else call
            return live
        return None

    # --- rows that are not at hand

    def fetch(self, missing: Missing) -> None:
        """Begin to fetch what is missing; it is shown when it is there."""
        if (missing.row is None and missing.whole is None) or self._fetching or missing == self._in_vain:
            return
        self._fetching = True
        self._state.start(self._fetch, self.display.view, missing, name="rows")

    async def _fetch(self, view: ChatView, missing: Missing) -> None:
        try:
            await self._load(view, missing)
        except StorageError as error:
            if view is self.display.view:
                self._in_vain = missing
            self._state.notice(f"rows cannot be loaded: {error}", Level.ERROR)
        finally:
            self._fetching = False
            view.changed()
            self._want()

    async def _load(self, view: ChatView, missing: Missing) -> None:
        """Raises StorageError."""
        archive, rows = self._hub.archive, view.items.rows
        if missing.row is not None:
            last = min(missing.row + OVERLAP, view.room.seq)
            rows.add(last, await archive.excerpts(view.room.id, PAGE, last + 1))
        elif missing.whole is not None:
            row = await archive.row(missing.whole)
            if row is None:
                rows.lose(missing.whole)
            else:
                self._hub.row_cache.put(LiveRow(row))

    def _go_on(self) -> None:
        self._in_vain = None
        self._want()
