"""One person's screen: what their script has drawn on it, and what the host shows there without the script.

It is painted in one step: what is shown is composed, turned into bytes and written without a wait in between. So
whoever brings something new, the session or the fan, finds the screen as the other has left it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from chatd.core.room import Room
from chatd.core.visit import Visitor
from chatd.ports import Plain, Terminal
from chatd.screen.composition import height_of
from chatd.screen.frame import Frame, Line
from chatd.screen.paint import Region, at_once, paint, place_cursor, repaint_line
from chatd.screen.style import Colours
from chatd.tasks.screens.canvas import Sheet
from chatd.tasks.screens.chat_view import ChatView
from chatd.tasks.screens.looks import Looks
from chatd.tasks.screens.paints import Paints
from chatd.tasks.screens.room_facts import RoomFacts, RoomFactsMaker
from chatd.tasks.screens.standing import ANEW, SAME, Standings, Update
from chatd.tasks.screens.things import Look, Want

BLANK: Line = ()


class Viewer(Protocol):
    """Whose screen it is, and where they are."""

    terminal: Terminal
    room: Room

    @property
    def visitor(self) -> Visitor:
        """Who they are at the moment."""
        ...


@dataclass(frozen=True, slots=True)
class Missing:
    """What a screen could not show: things to be drawn, the seq of a row that is to be loaded, with those before it, or
    the id of one that is to be read whole.
    """

    wants: tuple[Want, ...] = ()
    row: int | None = None
    whole: str | None = None


NOTHING = Missing()


@dataclass(frozen=True, slots=True)
class Shared:
    """What all screens of a server have in common."""

    looks: Looks
    facts: RoomFactsMaker
    standings: Standings
    paints: Paints


class Display:
    """One screen, of whoever `viewer` is. The host's part of it looks as `looks` draw it."""

    def __init__(self, viewer: Viewer, view: ChatView, shared: Shared, colours: Colours) -> None:
        self.view = view
        self.looks = shared.looks
        self.size = (80, 24)
        self._viewer = viewer
        self._shared = shared
        self._colours = colours
        self._settings: Mapping[str, Plain] = {}
        self._look: Look | None = None
        """The look that they make, None until it is asked for."""
        self._sheet: Sheet | None = None
        """What the script drew last; None until it has, for this size."""
        self._shown: Frame | None = None
        """What the terminal shows; None while that is not known."""
        self._status: Line = BLANK
        self._facts: RoomFacts | None = None
        """The facts of the room that are shown."""
        self._dirty = True
        """Whether anything may be otherwise than it is shown."""
        self._uncovered = False
        """Whether what the host shows stands on the terminal as it is, with nothing of the script's over it."""
        self.moves = False
        """Whether something on it moves with the time."""

    # --- what is to be shown

    def resize(self, columns: int, rows: int) -> None:
        """The terminal has another size: the script draws anew before anything is shown."""
        self.size = (columns, rows)
        self._sheet = self._look = None
        self.repaint()

    def repaint(self) -> None:
        """What the terminal shows is not known any more: all of it is composed and sent."""
        self._shown = None
        self._dirty = True
        self.view.changed()

    def relook(self, settings: Mapping[str, Plain]) -> None:
        """The person's interface names how things look from now on."""
        self._settings, self._look = dict(settings), None
        self.view.changed()

    def use(self, looks: Looks) -> None:
        """Things look as these draw them from now on."""
        if looks is not self.looks:
            self.looks, self._look = looks, None
            self.view.changed()

    def draw(self, sheet: Sheet) -> None:
        """The script has drawn: it is shown at the next `refresh`."""
        if (sheet.frame.columns, sheet.frame.rows) == self.size:
            self._sheet = sheet
            self._dirty = True

    @property
    def settings(self) -> Mapping[str, Plain]:
        """How the person's interface wants things to look."""
        return self._settings

    @property
    def view_rows(self) -> int:
        """How many lines the view of the room has; 0 where the script shows none."""
        return 0 if self._sheet is None or self._sheet.view is None else self._sheet.view[1]

    @property
    def follows_by_itself(self) -> bool:
        """Whether the host shows what is new in the room; else the script does, which draws all of it."""
        return self._sheet is not None and (self._sheet.view is not None or self._sheet.status is not None)

    @property
    def unfinished(self) -> bool:
        """Whether something is still being laid out."""
        return self._sheet is not None and self._sheet.view is not None and self.view.unfinished

    # --- showing it

    @property
    def is_current(self) -> bool:
        """Whether it shows what there is: of what has changed nothing is seen here."""
        facts = self._shared.facts.of(self._viewer.room)
        return facts is self._facts and not self._dirty and self._look is not None and self.view.is_current(facts)

    def refresh(self, *, again: bool = False) -> Missing:
        """Show what is new; `again` within one visit. Nothing is written while things are missing that can be drawn.

        Raises TerminalGone.
        """
        sheet = self._sheet
        if sheet is None:
            return NOTHING
        facts, view, items = self._shared.facts.of(self._viewer.room), self.view, self.view.items
        look = self._look = self._look or self.looks.look(self._settings, self.size[0])
        items.begin(self.looks, look, facts, again=again)
        followed = view.place.follows
        status = self._status_line(sheet, facts) if followed else BLANK
        if items.wants:
            return Missing(tuple(items.wants))
        update = SAME
        if sheet.view is not None:
            update = view.update(look, facts, sheet.view[1])
        if not (followed and view.place.follows) and not items.wants:
            status = self._status_line(sheet, facts)
            self._dirty = self._dirty or (bool(items.wants) and update is not SAME)
        if items.wants:
            return Missing(tuple(items.wants))
        self.moves = bool(facts.streams) and self.follows_by_itself
        self._show(sheet, update, status)
        self._facts = facts
        rows = items.rows
        return NOTHING if rows.wanted is None and rows.whole is None else Missing((), rows.wanted, rows.whole)

    def _status_line(self, sheet: Sheet, facts: RoomFacts) -> Line:
        if sheet.status is None:
            return BLANK
        words, mine, streams = sheet.status[1], facts.of(self._viewer), facts.streams
        below = self.view.new_below()
        follows, covered = self.view.place.follows, sheet.view is None
        key = (self._look, words, mine, below, follows, covered)
        shared = self.looks is self._shared.looks  # what one's own script draws is nobody else's
        if shared and (line := facts.lines.get(key)) is not None:
            return line

        def told() -> tuple[Plain, ...]:
            told = [{**stream, "mine": own} for stream, own in zip(streams, mine, strict=True)] if mine else streams
            status: dict[str, Plain] = {
                "room": facts.name, "words": words, "new_below": below, "follows": follows, "covered": covered,
                "phase": facts.phase, "found": facts.found,
            }  # fmt: skip
            return status, list(facts.people), list(told)

        block = self.view.items.status((words, mine, below, follows, covered), told)
        if block is None or not block.height:
            return BLANK
        line = block.lines(1, 1)[0]
        if shared:
            facts.keep(key, line)
        return line

    def _show(self, sheet: Sheet, update: Update, status: Line) -> None:
        if self._dirty or update is ANEW or self._shown is None or not self._uncovered:
            if self._dirty or update is not SAME or status != self._status:
                self._show_all(sheet, status)
        else:
            self._show_what_is_new(sheet, self._shown, update, status)

    def _show_what_is_new(self, sheet: Sheet, shown: Frame, update: Update, status: Line) -> None:
        """Paint what is otherwise in the view and in the status line, as everybody does for whom it is the same."""
        body = b""
        if update is not SAME and sheet.view is not None:
            top, rows = sheet.view
            region = Region(top, rows, shown.columns)
            body, lines = self._shared.paints.push_up(update, region, self._colours)
            before = height_of(update.old)
            stay = shown.lines[top + len(lines) - before : top + rows - before]
            shown.lines[top : top + rows] = [*stay, *lines]
        if status != self._status and sheet.status is not None:
            y = sheet.status[0]
            body += repaint_line(self._status, status, y, shown.columns, self._colours)
            shown.lines[y] = self._status = status
        if body:
            self._viewer.terminal.write(at_once(body + place_cursor(*shown.position)))

    def _show_all(self, sheet: Sheet, status: Line) -> None:
        """Paint what is otherwise anywhere."""
        lines = self.view.lines(sheet.view[1]) if sheet.view is not None else []
        frame, self._uncovered = self._frame(sheet, lines, status)
        data = paint(self._shown, frame, self._colours)
        self._shown, self._status, self._dirty = frame, status, False
        if data:
            self._viewer.terminal.write(data)

    @staticmethod
    def _frame(sheet: Sheet, lines: Sequence[Line], status: Line) -> tuple[Frame, bool]:
        """The whole frame, and whether nothing of the script's stands over what the host shows."""
        drawn = sheet.frame
        frame = Frame(drawn.columns, drawn.rows)
        frame.lines, frame.position, frame.flowing = list(drawn.lines), drawn.position, drawn.flowing
        hosts = dict(enumerate(lines, sheet.view[0])) if sheet.view is not None else {}
        if sheet.status is not None:
            hosts[sheet.status[0]] = status
        for y, line in hosts.items():
            if y not in sheet.drawn:
                frame.lines[y] = line
        in_sight = len(hosts) == len(lines) + (sheet.status is not None)  # the status line is not in the view
        return frame, in_sight and not frame.flowing and sheet.drawn.isdisjoint(hosts)
