"""Planted bugs: keys and screens, scripts that are loaded anew, the server's stop, and what a restart finds on disk."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import trio

from chatd.adapters.sqlite import mentions, recovery, schema
from chatd.core.live_row import LiveRow
from chatd.core.mention import INTERRUPTED
from chatd.core.row import Status
from chatd.tasks.asking.running_answers import Answers
from chatd.tasks.chat import views
from chatd.tasks.chat.registration import Registration
from chatd.tasks.chat.rooms import Rooms
from chatd.tasks.chat.row_texts import RowTexts
from chatd.tasks.screens.display import Display
from chatd.tasks.screens.room_facts import RoomFactsMaker
from chatd.tasks.scripts.runner import Runner
from chatd.tasks.scripts.timers import Timers
from chatd.tasks.session import inbox as items
from chatd.tasks.session.inbox import Inbox
from chatd.tasks.session.session import Session
from chatd.wire.keys import KeyDecoder
from chatd.wire.lines import LineSplitter

# --- what is typed


def a_key_that_waits_for_the_commit(patch: pytest.MonkeyPatch) -> None:
    """The next key is taken when what the one before wrote is on disk."""
    original = Session._take

    async def take(self: Any, item: Any) -> None:
        await original(self, item)
        if isinstance(item, items.KeyPressed):
            for receipt in list(self._effects._unwritten):
                await receipt.wait()

    patch.setattr(Session, "_take", take)


def lines_for_which_the_queue_has_no_place_are_dropped(patch: pytest.MonkeyPatch) -> None:
    original = Inbox.put

    async def put(self: Any, item: Any) -> None:
        if self._places.value:
            await original(self, item)
        else:
            await trio.lowlevel.checkpoint()

    patch.setattr(Inbox, "put", put)


def a_paste_whose_end_is_cut(patch: pytest.MonkeyPatch) -> None:
    """The end of a paste that comes in two packets is taken for text, and the paste goes on."""
    original = KeyDecoder._pasting

    def pasting(self: Any, data: bytes, at: int, keys: Any) -> int:
        at = original(self, data, at, keys)
        if self._paste_tail:
            self._keep(self._paste_tail)
            self._paste_tail = b""
        return int(at)

    patch.setattr(KeyDecoder, "_pasting", pasting)


def a_letter_cut_between_packets(patch: pytest.MonkeyPatch) -> None:
    """The decoder begins anew with each packet: what was half a letter is none."""
    original = KeyDecoder.feed

    def feed(self: Any, data: bytes) -> Any:
        keys = original(self, data)
        self._utf8.reset()
        return keys

    patch.setattr(KeyDecoder, "feed", feed)


def a_line_cut_between_packets(patch: pytest.MonkeyPatch) -> None:
    """In line mode the last packet's rest is posted when the next one begins with an LF, without its beginning."""
    original = LineSplitter.feed

    def feed(self: Any, data: bytes) -> Any:
        if self._pieces and data.startswith(b"\n"):
            del self._pieces[:-1]
        return original(self, data)

    patch.setattr(LineSplitter, "feed", feed)


def typed_ahead_into_the_room_that_is_left(patch: pytest.MonkeyPatch) -> None:
    """Input does not wait while a room is being opened."""
    original = Inbox.take

    async def take(self: Any) -> Any:
        self.held = False
        return await original(self)

    patch.setattr(Inbox, "take", take)


# --- screens


def stale_cells_after_a_resize(patch: pytest.MonkeyPatch) -> None:
    """A window that has its old size again by the time of the frame is not drawn anew."""

    def resize(self: Any, columns: int, rows: int) -> None:
        self.size, self._sheet, self._dirty = (columns, rows), None, True

    patch.setattr(Display, "resize", resize)


def the_number_of_people_in_the_lobby(patch: pytest.MonkeyPatch) -> None:
    """The line above each room tells how many are in the lobby."""
    original = RoomFactsMaker._names
    patch.setattr(RoomFactsMaker, "_names", lambda self, _: original(self, self._hub.lobby.get("lobby", "")))


def a_topic_as_it_was_at_the_first_look(patch: pytest.MonkeyPatch) -> None:
    original, topics = views.room_view, dict[str, Any]()

    def room_view(room: Any, *args: Any) -> Any:
        view = original(room, *args)
        return {**view, "topic": topics.setdefault(room.id, view["topic"])}

    patch.setattr(views, "room_view", room_view)


def people_who_came_while_nothing_was_said(patch: pytest.MonkeyPatch) -> None:
    """Screens learn of comings and goings with the next row only."""
    original, known = RoomFactsMaker._names, dict[int, Any]()

    def people(self: Any, room: Any) -> Any:
        rows, names = known.get(id(room), (-1, ()))
        known[id(room)] = room.seq, names if rows == room.seq else original(self, room)
        return known[id(room)][1]

    patch.setattr(RoomFactsMaker, "_names", people)


def a_text_that_stays_as_it_was_cached(patch: pytest.MonkeyPatch) -> None:
    """What a row looks like is kept until it has grown by much: the last words of an answer are not seen."""
    original, known = RowTexts.of, dict[str, tuple[int, Any]]()

    def of(self: Any, live: Any) -> Any:
        length, text = known.get(live.head.id, (-1, None))
        if text is None or live.length - length > 64:
            text = original(self, LiveRow(replace(live.row, content=live.text)))
            known[live.head.id] = live.length, text
        return text

    patch.setattr(RowTexts, "of", of)


# --- scripts


def timers_of_the_old_scripts_that_ring_in_the_new_ones(patch: pytest.MonkeyPatch) -> None:
    original = Runner.ring

    async def ringing(self: Any, rang: Any) -> Any:
        return await original(self, replace(rang, runner=self))

    patch.setattr(Timers, "close", lambda self: None)
    patch.setattr(Runner, "ring", ringing)


def a_broken_script_that_stops_the_one_that_runs(patch: pytest.MonkeyPatch) -> None:
    """The old scripts are closed before it is known whether the new ones can be run."""

    async def reload(self: Any) -> None:
        await self._loop.stop()
        self._effects.apply()
        new = await self._opened_anew()
        if new is None:
            self._loop.close()
            return
        await self._swap(new)

    patch.setattr(Session, "_reload", reload)


# --- the end, and the next beginning


def a_stop_that_reads_as_if_people_had_cancelled(patch: pytest.MonkeyPatch) -> None:
    def interrupt_all(self: Any, deadline: float) -> None:
        for answer in [*self.running, *self._settling]:
            answer.hurry(deadline)
            answer.stop(Status.CANCELLED, INTERRUPTED)

    patch.setattr(Answers, "interrupt_all", interrupt_all)


def a_session_that_does_not_end_while_an_answer_settles(patch: pytest.MonkeyPatch) -> None:
    """The server's stop is told to sessions with nothing running; the others wait for their person."""
    original = Session._watch_stop

    async def watch_stop(self: Any) -> None:
        await self._hub.stopping.wait()
        if any(answer.owner is self._state for answer in self._hub.answers.running):
            await trio.sleep_forever()
        await original(self)

    patch.setattr(Session, "_watch_stop", watch_stop)


def a_kill_that_leaves_calls_without_results(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(recovery, "_answer_calls", lambda *_: None)


def a_kill_that_leaves_a_question_without_a_word(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(mentions, "recover", lambda *_: None)


def a_topic_that_is_gone_at_the_next_start(patch: pytest.MonkeyPatch) -> None:
    original = Rooms._add
    patch.setattr(Rooms, "_add", lambda self, record: original(self, replace(record, settings={})))


def a_name_that_is_kept_one_login_late(patch: pytest.MonkeyPatch) -> None:
    """A new name wakes nobody: only when the next one comes is it put on disk, and its owner is told at once."""

    def file(self: Any, visitor: Any) -> None:
        if visitor.newly_registered and visitor.fingerprint is not None:
            for _ in self._waiting:
                self._wake.ring()
            self._waiting[visitor.name] = visitor.fingerprint

    def word(self: Any, visitor: Any) -> str:
        return f"the name {visitor.name} is now registered for your key" if visitor.newly_registered else ""

    patch.setattr(Registration, "file", file)
    patch.setattr(Registration, "word", word)


def an_upgrade_that_forgets_who_was_being_answered(patch: pytest.MonkeyPatch) -> None:
    steps = list(schema.MIGRATIONS)
    at = next(at for at, step in enumerate(steps) if "CREATE TABLE mentions" in step)
    steps[at] = steps[at].partition(";\n")[0]
    patch.setattr(schema, "MIGRATIONS", tuple(steps))
