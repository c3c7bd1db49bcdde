"""Planted bugs: what stands on screens. What is drawn once for all, the views of rooms, and who shows what is new."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from chatd.core.room import Behind
from chatd.screen.view import View
from chatd.tasks.screens import room_ends, room_facts
from chatd.tasks.screens.chat_view import ChatView
from chatd.tasks.screens.display import Display
from chatd.tasks.screens.fan import Fan
from chatd.tasks.screens.looks import Looks
from chatd.tasks.screens.notes import Notes
from chatd.tasks.screens.paints import Paints
from chatd.tasks.screens.room_ends import LAST, RoomEnds
from chatd.tasks.screens.room_items import RoomItems
from chatd.tasks.screens.rows_at_hand import RowsAtHand
from chatd.tasks.screens.screens import Screens
from chatd.tasks.session.own_looks import OwnLooks
from chatd.tasks.session.screen_front import ScreenFront
from chatd.tasks.session.screen_view import ScreenView
from tests.testing.simulation.planted import Planted

# --- frames


def a_frame_over_what_the_fan_has_shown(patch: pytest.MonkeyPatch) -> None:
    """What the fan paints is not noted: the next frame is painted over what was there before."""
    original = Display._show_what_is_new

    def show(self: Any, sheet: Any, shown: Any, *args: Any) -> None:
        before = list(shown.lines)
        original(self, sheet, shown, *args)
        shown.lines[:] = before

    patch.setattr(Display, "_show_what_is_new", show)


def a_frame_of_what_stood_there_before_the_script_drew(patch: pytest.MonkeyPatch) -> None:
    """What the fan has shown while the script was drawing is painted over with what was there when it began."""
    draw, drawn = ScreenFront.draw, Display.draw

    async def begin(self: Any, interface: Any) -> None:
        self.view.display.began = self.view.display.view, self.view.display.view.standing
        await draw(self, interface)

    def end(self: Any, sheet: Any) -> None:
        drawn(self, sheet)
        view, standing = self.began
        if view is self.view:
            view.standing = standing

    patch.setattr(ScreenFront, "draw", begin)
    patch.setattr(Display, "draw", end)


def a_paint_for_screens_of_another_height(patch: pytest.MonkeyPatch) -> None:
    """The key of a paint lacks its region."""
    original, known = Paints.push_up, dict[Any, Any]()

    def push_up(self: Any, update: Any, region: Any, colours: Any) -> Any:
        return known.setdefault((update, colours), original(self, update, region, colours))

    patch.setattr(Paints, "push_up", push_up)


def old_pieces_after_everything_was_to_be_drawn_anew(patch: pytest.MonkeyPatch) -> None:
    """A script has said that its rows are others: what was drawn is forgotten, but not what stands there."""
    patch.setattr(ScreenView, "look_anew", lambda self: self.own.looks.forget())


# --- what is drawn once for all


def _without(patch: pytest.MonkeyPatch, kind: str, place: int) -> None:
    """The key of a kind of things lacks one of its parts."""
    original = RoomItems._drawn

    def drawn(self: Any, key: Any, what: str, *args: Any) -> Any:
        return original(self, (*key[:place], *key[place + 1 :]) if what == kind else key, what, *args)

    patch.setattr(RoomItems, "_drawn", drawn)


def own_rows_as_the_first_to_look_sees_them(patch: pytest.MonkeyPatch) -> None:
    _without(patch, "row", 4)


def names_that_stand_out_for_whoever_is_named_or_nobody(patch: pytest.MonkeyPatch) -> None:
    _without(patch, "row", 5)


def calls_as_they_were_before_their_result(patch: pytest.MonkeyPatch) -> None:
    _without(patch, "row", 6)


def a_spinner_that_is_drawn_once(patch: pytest.MonkeyPatch) -> None:
    _without(patch, "row", 7)


def figures_of_somebody_elses_answer(patch: pytest.MonkeyPatch) -> None:
    """The key of the status line lacks what the script says there."""
    original = RoomItems.status
    patch.setattr(RoomItems, "status", lambda self, key, arguments: original(self, key[1:], arguments))


def settings_of_the_first_to_look(patch: pytest.MonkeyPatch) -> None:
    """Whoever has as many columns is shown things alike."""
    original = Looks.look

    def look(self: Any, settings: Any, width: int) -> Any:
        alike = [one for (_, columns), one in self._looks.items() if columns == width]
        return alike[0] if alike else original(self, settings, width)

    patch.setattr(Looks, "look", look)


def ones_own_rows_for_everybody(patch: pytest.MonkeyPatch) -> None:
    """What the script of one person drew in their own runtime is kept with what all others draw in theirs."""
    original, first = OwnLooks.__init__, list[Any]()

    def init(self: Any) -> None:
        original(self)
        first.append(self.looks)
        self.looks._looks, self.looks._blocks = first[0]._looks, first[0]._blocks

    patch.setattr(OwnLooks, "__init__", init)


def rows_as_the_files_before_drew_them(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Screens, "_changed", lambda self: self.fan.ring_all())


def own_rows_as_the_files_before_drew_them(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(OwnLooks, "drawn_by", lambda self, interface: setattr(self, "_interface", interface))


def a_long_row_of_which_the_beginning_is_laid_out(patch: pytest.MonkeyPatch) -> None:
    """What is unfinished is taken for drawn."""
    original = Looks._canvas
    patch.setattr(
        Looks, "_canvas", lambda self, want: None if (want.look, want.key) in self._blocks else original(self, want)
    )


# --- the view


def a_result_that_leaves_its_call_as_it_was(patch: pytest.MonkeyPatch) -> None:
    """What is pushed up begins with the result, though the call above it looks otherwise now."""
    patch.setattr(room_ends, "Method", SimpleNamespace(TOOL_RESULT=None))


def rows_that_came_while_one_fell_behind(patch: pytest.MonkeyPatch) -> None:
    """A view that has fallen behind goes on with what comes."""
    original = RoomEnds.first_changed

    def first_changed(self: Any, room: Any, number: int) -> Any:
        return LAST if isinstance(room.since(number), Behind) else original(self, room, number)

    patch.setattr(RoomEnds, "first_changed", first_changed)


def an_answer_that_has_not_begun_is_not_shown(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ChatView, "_pending", lambda self, facts: [])


def a_reader_further_up_is_pulled_along(patch: pytest.MonkeyPatch) -> None:
    original = ChatView.update

    def update(self: Any, *args: Any, **named: Any) -> Any:
        if self.room.number != self._number and not self.place.wanted:
            self.follow()
        return original(self, *args, **named)

    patch.setattr(ChatView, "update", update)


def rows_below_that_count_as_seen(patch: pytest.MonkeyPatch) -> None:
    """What has come is seen, whether or not it was on the screen."""
    original = ChatView.update

    def update(self: Any, *args: Any, **named: Any) -> Any:
        self.place.seen = self.room.seq
        return original(self, *args, **named)

    patch.setattr(ChatView, "update", update)


def rows_on_the_screen_that_count_as_new(patch: pytest.MonkeyPatch) -> None:
    """What was seen is noted by the first screen alone."""
    original = View.noted

    def noted(self: Any, top: Any, seen: int) -> None:
        before = self.seen
        original(self, top, seen)
        self.seen = before or self.seen

    patch.setattr(View, "noted", noted)


def rows_that_were_cleared_come_back(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(View, "clear", lambda self, newest: self.follow())


def older_rows_out_of_order(patch: pytest.MonkeyPatch) -> None:
    """Two rows of a page that was loaded have changed places."""
    original = RowsAtHand.add

    def add(self: Any, before: int, page: Any) -> None:
        original(self, before, page)
        middle = len(page) // 2
        seqs = [excerpt.row.seq for excerpt in page][middle : middle + 2]  # beyond what the room still has
        if len(seqs) == 2 and all(seq in self._rows for seq in seqs):
            first, second = seqs
            self._rows[first], self._rows[second] = self._rows[second], self._rows[first]

    patch.setattr(RowsAtHand, "add", add)


def unread_rows_that_begin_one_too_late(patch: pytest.MonkeyPatch) -> None:
    original = RoomItems.__init__

    def init(self: Any, hub: Any, room: Any, name: str, unread: Any) -> None:
        original(self, hub, room, name, unread and (unread[0] + 1, unread[1]))

    patch.setattr(RoomItems, "__init__", init)


def a_view_of_the_room_that_was_left(patch: pytest.MonkeyPatch) -> None:
    original, entered = ScreenView.enter, set[int]()

    def enter(self: Any, room: Any, since: Any) -> None:
        if id(self) not in entered:
            original(self, room, since)
        entered.add(id(self))

    patch.setattr(ScreenView, "enter", enter)


def a_place_of_the_room_that_was_left(patch: pytest.MonkeyPatch) -> None:
    """Where one was reading in the room before, one is in the next one."""
    original = ScreenView.enter

    def enter(self: Any, room: Any, since: Any) -> None:
        place = self.display.view.place
        original(self, room, since)
        self.display.view.place = place

    patch.setattr(ScreenView, "enter", enter)


def a_name_that_one_had_before(patch: pytest.MonkeyPatch) -> None:
    """After `/nick` one's own rows are those of the old name."""
    patch.setattr(RoomItems, "renamed", lambda self, name: None)


def notes_that_go_with_their_scripts(patch: pytest.MonkeyPatch) -> None:
    """Whoever's scripts are loaded anew has no words of their own any more."""
    original = ScreenFront.begin

    def begin(self: Any, interface: Any) -> None:
        original(self, interface)
        self.view.display.view.items.notes = Notes()
        self.view.display.view.changed()

    patch.setattr(ScreenFront, "begin", begin)


# --- the fan


def a_phase_that_stands_still(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(room_facts, "PHASE_MS", 1 << 60)


def nobody_is_visited_when_time_passes(patch: pytest.MonkeyPatch) -> None:
    """What moves is shown with what is said."""

    async def wait(self: Any) -> None:
        await self._bell.wait()

    patch.setattr(Fan, "_wait", wait)


def whoever_cannot_be_shown_by_the_fan_is_shown_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ScreenFront, "hand_over", lambda self: None)


def rows_that_a_script_is_not_told_of(patch: pytest.MonkeyPatch) -> None:
    """Who was rung for, and has other things to do first, counts as told."""
    original = ScreenFront._tell_script

    def tell_script(self: Any) -> None:
        original(self)
        if self._state.inbox._places.value < self._state.inbox._places.max_value:
            self._state.cursor = self._state.room.number

    patch.setattr(ScreenFront, "_tell_script", tell_script)


def frames_for_a_terminal_that_takes_none(patch: pytest.MonkeyPatch) -> None:
    """The fan does not look whether what was written before has left."""
    original = ScreenFront.visit

    def visit(self: Any, *, again: bool) -> Any:
        terminal, self._terminal = self._terminal, SimpleNamespace(unsent=lambda: 0)
        try:
            return original(self, again=again)
        finally:
            self._terminal = terminal

    patch.setattr(ScreenFront, "visit", visit)


def a_follower_that_has_left(patch: pytest.MonkeyPatch) -> None:
    """The fan keeps those whose session is over."""
    patch.setattr(ScreenFront, "leave", lambda self: None)


def a_follower_that_leaves_while_it_is_visited(patch: pytest.MonkeyPatch) -> None:
    """Whoever leaves in the middle of a round is shown the rest of it."""
    leave, wait = Fan.leave, Fan._wait
    leaving: list[Any] = []

    async def _wait(self: Any) -> None:
        while leaving:
            leave(self, leaving.pop())
        await wait(self)

    patch.setattr(Fan, "leave", lambda self, watcher: leaving.append(watcher))
    patch.setattr(Fan, "_wait", _wait)


SCREENS: tuple[Planted, ...] = (
    Planted(a_frame_over_what_the_fan_has_shown),
    Planted(a_frame_of_what_stood_there_before_the_script_drew, soon=161),
    Planted(a_paint_for_screens_of_another_height, soon=28),
    Planted(old_pieces_after_everything_was_to_be_drawn_anew, soon=27),
    Planted(own_rows_as_the_first_to_look_sees_them, soon=5),
    Planted(names_that_stand_out_for_whoever_is_named_or_nobody, soon=10),
    Planted(calls_as_they_were_before_their_result, soon=5019),
    Planted(a_spinner_that_is_drawn_once, soon=12),
    Planted(figures_of_somebody_elses_answer, soon=61),
    Planted(settings_of_the_first_to_look, soon=1),
    Planted(ones_own_rows_for_everybody, soon=27),
    Planted(rows_as_the_files_before_drew_them, soon=27),
    Planted(own_rows_as_the_files_before_drew_them, soon=27),
    Planted(a_long_row_of_which_the_beginning_is_laid_out, soon=3),
    Planted(a_result_that_leaves_its_call_as_it_was, soon=5019),
    Planted(rows_that_came_while_one_fell_behind),
    Planted(an_answer_that_has_not_begun_is_not_shown, soon=12),
    Planted(a_reader_further_up_is_pulled_along, soon=28),
    Planted(rows_below_that_count_as_seen, soon=28),
    Planted(rows_on_the_screen_that_count_as_new, soon=28),
    Planted(rows_that_were_cleared_come_back, soon=26),
    Planted(older_rows_out_of_order, soon=18),
    Planted(unread_rows_that_begin_one_too_late, soon=2),
    Planted(a_view_of_the_room_that_was_left),
    Planted(a_place_of_the_room_that_was_left, soon=26),
    Planted(a_name_that_one_had_before, soon=10),
    Planted(notes_that_go_with_their_scripts, soon=26),
    Planted(a_phase_that_stands_still, soon=12),
    Planted(nobody_is_visited_when_time_passes, soon=12),
    Planted(whoever_cannot_be_shown_by_the_fan_is_shown_nothing, soon=23),
    Planted(rows_that_a_script_is_not_told_of, soon=5),
    Planted(frames_for_a_terminal_that_takes_none, soon=82),
    Planted(a_follower_that_has_left),
    Planted(a_follower_that_leaves_while_it_is_visited),
)
