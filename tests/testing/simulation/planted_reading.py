"""Planted bugs: reading what was said, by commands, in line mode, page by page, and what a search finds."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from chatd.adapters.sqlite import search as sqlite_search
from chatd.adapters.sqlite.database import Database
from chatd.adapters.sqlite.log import SqliteLog
from chatd.core.live_row import LiveRow
from chatd.core.room import Room
from chatd.core.row import Finished, Status
from chatd.tasks.chat import reading
from chatd.tasks.chat.follow import Follower
from chatd.tasks.chat.pages import PAGE, Pages
from chatd.tasks.chat.room_events import GrowthEvent
from chatd.tasks.commands import people as people_commands
from chatd.tasks.commands import rows as row_commands
from chatd.tasks.log.recorder import Recorder
from chatd.tasks.scripts.row_calls import row_calls as row_calls_of
from chatd.tasks.session import script_loop
from chatd.tasks.session.line_front import SLICE, LineFront
from chatd.tasks.slices import sanitized
from chatd.wire import export as wire_export
from chatd.wire.export import line_of


def history_with_one_row_too_many(patch: pytest.MonkeyPatch) -> None:
    original = Pages
    patch.setattr(reading, "Pages", lambda archive, room, first, last: original(archive, room, first - 1, last))


def history_before_a_row_and_with_it(patch: pytest.MonkeyPatch) -> None:
    original = reading.history

    async def history(*args: Any, before: Any = None) -> Any:
        pages = await original(*args, before=before)
        if before is not None:
            pages._next, pages._last = pages._next + 1, pages._last + 1
        return pages

    patch.setattr(row_commands, "history", history)


def pages_that_end_before_a_single_last_row(patch: pytest.MonkeyPatch) -> None:
    original = Pages.next

    async def following(self: Any) -> Any:
        return [] if self._next >= self._last else await original(self)

    patch.setattr(Pages, "next", following)


def pages_that_count_on_their_size(patch: pytest.MonkeyPatch) -> None:
    """Long rows make a page shorter: what was left out of it is left out for good."""
    original = Pages.next

    async def following(self: Any) -> Any:
        before = self._next
        rows = await original(self)
        self._next = min(before + PAGE, self._last + 1)
        return rows

    patch.setattr(Pages, "next", following)


def the_row_at_the_edge_of_a_page_twice(patch: pytest.MonkeyPatch) -> None:
    """Whoever scrolls back in the chat sees the first row of what was there again."""
    original = SqliteLog.excerpts

    async def excerpts(self: Any, room_id: str, limit: int, before: int | None = None) -> Any:
        return await original(self, room_id, limit, before if before is None else before + 1)

    patch.setattr(SqliteLog, "excerpts", excerpts)


def tail_with_one_row_more(patch: pytest.MonkeyPatch) -> None:
    original = Follower.__init__

    def init(self: Any, hub: Any, room: Any, bell: Any, last: int, since: Any) -> None:
        original(self, hub, room, bell, last and last + 1, since)

    patch.setattr(Follower, "__init__", init)


def tail_since_an_event_and_with_it(patch: pytest.MonkeyPatch) -> None:
    original = Follower.__init__

    def init(self: Any, hub: Any, room: Any, bell: Any, last: int, since: Any) -> None:
        original(self, hub, room, bell, last, since and since - 1)

    patch.setattr(Follower, "__init__", init)


def growth_that_a_follower_was_told_already(patch: pytest.MonkeyPatch) -> None:
    """A row is told whole to who was late, and then what it grew by as well."""
    original = Follower._add_growth

    async def add_growth(self: Any, grew: Any) -> None:
        if grew.offset < self._lengths.get(grew.row_id, 0):
            self._events.append(GrowthEvent(grew.number, grew.row_id, grew.offset, grew.text))
        else:
            await original(self, grew)

    patch.setattr(Follower, "_add_growth", add_growth)


def comings_and_goings_that_a_follower_misses(patch: pytest.MonkeyPatch) -> None:
    """When rows came as well, the place in the list of moves is taken from the end of it."""
    original = Follower._add_move

    def add_move(self: Any, move: Any) -> None:
        original(self, move)
        self._moves = self._hub.lobby.presence(self._room).index
        if len(self._events) > 1:
            self._events.pop()

    patch.setattr(Follower, "_add_move", add_move)


def an_export_in_markdown_that_hides_how_answers_ended(patch: pytest.MonkeyPatch) -> None:
    original = wire_export._markdown
    patch.setattr(wire_export, "_markdown", lambda row, safe: original(replace(row, status=Status.COMPLETE), safe))


# --- searching


def a_search_through_everybodys_private_rooms(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(row_commands, "readable", lambda hub, visitor: hub.lobby.rooms)


def a_list_of_rooms_with_those_of_guests(patch: pytest.MonkeyPatch) -> None:
    """A private room is known by its owner's registered name: those of guests look public."""
    original = reading.readable

    def readable(hub: Any, visitor: Any) -> Any:
        guests = [room for room in hub.lobby.rooms if room.name.startswith("~guest-")]
        return [*original(hub, visitor), *(room for room in guests if room.name != f"~{visitor.name}")]

    patch.setattr(people_commands, "readable", readable)


def a_search_for_a_name_that_finds_part_of_one(patch: pytest.MonkeyPatch) -> None:
    """`from:eve` finds guest-eve: the index knows the words of a name, and nobody compares the whole."""
    original = sqlite_search.statement

    def statement(columns: str, rooms: Any, query: Any, limit: int, before: Any) -> Any:
        sql, values = original(columns, rooms, query, limit, before)
        at, count = 1 + len(rooms), len(query.authors)
        return re.sub(r" AND lower\(rows.author\) IN \([^)]*\)", "", sql), (*values[:at], *values[at + count :])

    patch.setattr(sqlite_search, "statement", statement)


def a_search_that_begins_each_page_with_the_last_row(patch: pytest.MonkeyPatch) -> None:
    original = sqlite_search.statement

    def statement(*args: Any) -> Any:
        sql, values = original(*args)
        return sql.replace("search.rowid < (", "search.rowid <= ("), values

    patch.setattr(sqlite_search, "statement", statement)


def answers_that_grew_are_not_found(patch: pytest.MonkeyPatch) -> None:
    """The index is told of new rows, and not of those that end."""
    original = Database.__init__

    def init(self: Any, *args: Any, **named: Any) -> None:
        original(self, *args, **named)
        self.writer.execute("DROP TRIGGER IF EXISTS search_changed")

    patch.setattr(Database, "__init__", init)


# --- line mode and screens


def the_last_lines_of_a_room_that_is_left(patch: pytest.MonkeyPatch) -> None:
    """What was said in the room until one left it is not printed."""
    original = LineFront.entered

    def entered(self: Any, room: Any) -> None:
        if self._room is not None:
            self._cursor = self._room.number
        original(self, room)

    patch.setattr(LineFront, "entered", entered)


def the_last_row_printed_once_more_at_the_end(patch: pytest.MonkeyPatch) -> None:
    async def next_slice(self: Any) -> str:
        self._pull()
        while len(self._rest) < SLICE and (line := self._next_line()) is not None:
            if isinstance(line, LiveRow):
                self._in_work = line  # and nobody takes it back
                line = line_of(line.head, await sanitized(line.text))
            self._rest += line + "\n"
        return str(self._take_slice())

    patch.setattr(LineFront, "_next_slice", next_slice)


def lines_that_grew_are_printed_when_they_begin(patch: pytest.MonkeyPatch) -> None:
    """On entering, rows that are open are printed as they stand, and once more when they have ended."""
    original = LineFront.entered

    def entered(self: Any, room: Any) -> None:
        original(self, room)
        for live in room.open_rows:
            self._add(live)

    patch.setattr(LineFront, "entered", entered)


def a_row_that_is_not_redrawn_after_its_end(patch: pytest.MonkeyPatch) -> None:
    """When a row's last growth and its end are read together, the end is not told to the screen."""
    original = row_calls_of

    def row_calls(hub: Any, room: Any, entries: Any, seen: Any) -> Any:
        grew = {entry.row_id for entry in entries if hasattr(entry, "offset")}
        kept = [entry for entry in entries if not (isinstance(entry, Finished) and entry.row_id in grew)]
        return original(hub, room, kept, seen)

    patch.setattr(script_loop, "row_calls", row_calls)


def a_room_read_in_the_order_of_its_ends(patch: pytest.MonkeyPatch) -> None:
    """After a restart the rows of a room stand in the order in which they ended."""
    original = Room.restore

    def restore(self: Any, rows: Any) -> None:
        original(self, sorted(rows, key=lambda row: row.finished_at or row.updated_at))

    patch.setattr(Room, "restore", restore)


def what_one_said_is_not_waited_for(patch: pytest.MonkeyPatch) -> None:
    """`say` is over before its row is there: who reads at once does not see it, and a full disk is not told."""

    async def confirm(self: Any, receipt: Any) -> None:
        pass

    patch.setattr(Recorder, "confirm", confirm)
