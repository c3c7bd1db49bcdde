"""Bugs that people write, each a patch of the server: the simulation proves itself by finding them.

`EXPECTED_LATER` are bugs that nothing looks for yet, each with what is lacking.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
import trio

from chatd.adapters.sqlite.log import SqliteLog
from chatd.core.mention import Mention
from chatd.core.room import Room
from chatd.core.row import Add, Finish, Status
from chatd.ports import Committed
from chatd.tasks.asking.answer import RunningAnswer
from chatd.tasks.asking.fair_limiter import FairLimiter, Ticket
from chatd.tasks.asking.running_answers import Answers
from chatd.tasks.asking.tool_loop import ToolLoop
from chatd.tasks.chat.follow import Follower
from chatd.tasks.log.bell import Bell
from chatd.tasks.log.recorder import Recorder
from chatd.tasks.session.painter import Painter
from chatd.tasks.session.screen_front import ScreenFront
from chatd.testing.checks import Broken
from chatd.testing.schedule import Mode
from chatd.testing.simulation import simulate
from chatd.testing.simulation.report import schedule_of
from chatd.wire.keys import KeyDecoder

Plant = Callable[[pytest.MonkeyPatch], object]

WITHIN = 300
"""Worlds in which each is looked for: some times what nearly all of them take."""


MISFITS = frozenset({"TypeError", "AttributeError"})
"""What comes of a patch of what is otherwise by now: no bug that somebody writes."""


@dataclass(frozen=True, slots=True)
class Planted:
    """A bug, and the worlds within which it is found; or, when it is not yet, what the simulation lacks."""

    plant: Plant
    within: int = WITHIN
    soon: int = 0
    """A seed from which on it was found soon: it saves time, and nothing depends on it."""
    lacks: str = ""

    @property
    def name(self) -> str:
        """What the bug is."""
        return str(getattr(self.plant, "__name__", self.plant)).replace("_", " ")


@dataclass(frozen=True, slots=True)
class Found:
    """The seed whose world broke, after how many worlds and seconds of this process, and what broke."""

    seed: int
    worlds: int
    seconds: float
    broken: Broken


@cache
def _holds(seed: int, mode: Mode) -> bool:
    """Whether a world holds with no bug in it: several bugs are found in the same one."""
    return simulate(seed, mode).broken is None


def find(plant: Plant, within: int, first: int = 0) -> Found | None:
    """The first world from `first` on that breaks with the bug and holds without it; the schedules take turns. Raises
    TypeError for a patch that does not fit.
    """
    began = time.process_time()
    for worlds, seed in enumerate(range(first, first + within), 1):
        mode = schedule_of(seed, None)
        with pytest.MonkeyPatch.context() as patch:
            plant(patch)
            broken = simulate(seed, mode).broken
        if broken is not None and broken.name in MISFITS:
            raise TypeError(f"{plant} does not fit what it patches: {broken}")
        if broken is not None and _holds(seed, mode):
            return Found(seed, worlds, time.process_time() - began, broken)
    return None


# --- committing


def shown_before_it_is_committed(patch: pytest.MonkeyPatch) -> None:
    original = SqliteLog.append

    async def append(self: SqliteLog, batch: Any) -> Any:
        await original(self, batch[:-1])
        return [Committed()] * len(batch)

    patch.setattr(SqliteLog, "append", append)


def a_commit_given_up_when_the_disk_fails(patch: pytest.MonkeyPatch) -> None:
    original = SqliteLog.append

    async def append(self: SqliteLog, batch: Any) -> Any:
        await original(self, batch)
        return [Committed()] * len(batch)

    patch.setattr(SqliteLog, "append", append)


def a_lost_wake_up(patch: pytest.MonkeyPatch) -> None:
    async def run(self: Any) -> None:
        while True:
            await self._wake.wait()
            await self._pause()
            await self._commit(self._pending.take(self._limits.batch, self._ids.new))
            self._wake = trio.Event()  # and with it whoever rang during the commit

    patch.setattr(Recorder, "run", run)


def a_ring_that_is_not_kept(patch: pytest.MonkeyPatch) -> None:
    async def wait(self: Any) -> None:
        self._rung = trio.Event()  # what was rung since the last wait is forgotten
        await self._rung.wait()

    patch.setattr(Bell, "wait", wait)


def a_commit_that_drops_what_came_meanwhile(patch: pytest.MonkeyPatch) -> None:
    original = Recorder._commit

    async def commit(self: Any, batches: Any) -> None:
        await original(self, batches)
        self._pending._waiting.clear()

    patch.setattr(Recorder, "_commit", commit)


# --- a mention's rows


def an_await_before_the_finish(patch: pytest.MonkeyPatch) -> None:
    async def run(self: Any) -> None:
        try:
            with self.scope:
                await self._stream()
        except Exception as error:  # noqa: BLE001 -- which failure it is does not matter here
            self._submit(self.mention.interrupt(Status.FAILED, self._clock.now_ms(), str(error)))
        finally:
            await trio.lowlevel.checkpoint()  # where a cancelled task ends
            self._submit(self.mention.interrupt(self._stop_as, self._clock.now_ms()))
            self._on_end(self)
            await self._settle()

    patch.setattr(RunningAnswer, "run", run)


def a_call_without_its_result(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Mention, "_answer", lambda *_: [])


def a_result_without_its_call(patch: pytest.MonkeyPatch) -> None:
    original = Mention._call

    def call(self: Mention, *args: Any) -> Any:
        return [draft for draft in original(self, *args) if not isinstance(draft, Add)]

    patch.setattr(Mention, "_call", call)


def a_row_left_open(patch: pytest.MonkeyPatch) -> None:
    original = Mention.interrupt

    def interrupt(self: Mention, *args: Any) -> Any:
        return [draft for draft in original(self, *args) if not isinstance(draft, Finish)]

    patch.setattr(Mention, "interrupt", interrupt)


def a_double_finish(patch: pytest.MonkeyPatch) -> None:
    def interrupt(self: Any, status: Status, now_ms: int, reason: str = "") -> Any:
        return [Finish(self.row_id, status)] if self.over and self.row_id else []

    original = Mention.interrupt
    patch.setattr(
        Mention,
        "interrupt",
        lambda self, *args: [*original(self, *args), *interrupt(self, *args)],
    )


# --- reading


def a_reader_off_by_one(patch: pytest.MonkeyPatch) -> None:
    original = Room.since

    def since(self: Room, cursor: int) -> Any:
        found = original(self, cursor)
        return found[1:] if isinstance(found, list) and len(found) > 2 else found

    patch.setattr(Room, "since", since)


def a_cursor_taken_too_late(patch: pytest.MonkeyPatch) -> None:
    original = Follower.__anext__

    async def following(self: Any) -> Any:
        if not self._events and not self._backlog and not getattr(self, "late", False):
            self.late, self._cursor = True, self._room.number  # what was committed during the printing is skipped
        return await original(self)

    patch.setattr(Follower, "__anext__", following)


def entries_in_the_wrong_order(patch: pytest.MonkeyPatch) -> None:
    original = Room.since

    def since(self: Room, cursor: int) -> Any:
        found = original(self, cursor)
        return found[::-1] if isinstance(found, list) else found

    patch.setattr(Room, "since", since)


def a_resync_off_by_one(patch: pytest.MonkeyPatch) -> None:
    original = Follower._read_changed

    async def read_changed(self: Any) -> None:
        self._cursor += 1
        await original(self)

    patch.setattr(Follower, "_read_changed", read_changed)


# --- places, scopes, limits


def a_place_that_is_not_given_back(patch: pytest.MonkeyPatch) -> None:
    original = FairLimiter.depart

    def depart(self: FairLimiter, ticket: Ticket) -> None:
        if not ticket.inside or self.waiting:
            original(self, ticket)

    patch.setattr(FairLimiter, "depart", depart)


def a_stopped_answer_kept_as_running(patch: pytest.MonkeyPatch) -> None:
    original = Answers._ended

    def ended(self: Answers, answer: RunningAnswer) -> None:
        if not answer.stopped:
            original(self, answer)

    patch.setattr(Answers, "_ended", ended)


def answers_without_a_limit(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Answers, "_check", lambda *_: None)


def a_gate_that_admits_one_too_many(patch: pytest.MonkeyPatch) -> None:
    original = FairLimiter.__init__

    def init(self: FairLimiter, what: str, places: int, queue: int) -> None:
        original(self, what, places + 1, queue)

    patch.setattr(FairLimiter, "__init__", init)


def a_swallowed_cancelled(patch: pytest.MonkeyPatch) -> None:
    original = ToolLoop._answer

    async def answer(self: ToolLoop, question: Any) -> None:
        with suppress(trio.Cancelled):
            await original(self, question)

    patch.setattr(ToolLoop, "_answer", answer)


def an_unbounded_queue(patch: pytest.MonkeyPatch) -> None:
    async def breathe(self: Any) -> None:
        await trio.lowlevel.checkpoint()

    patch.setattr(RunningAnswer, "_breathe", breathe)


def a_bell_left_hanging(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Recorder, "unwatch", lambda *_: None)


# --- sessions


def a_lua_callback_re_entered(patch: pytest.MonkeyPatch) -> None:
    draw, want_frame = ScreenFront.draw, ScreenFront.want_frame
    known: dict[ScreenFront, Any] = {}

    async def remember(front: ScreenFront, interface: Any) -> None:
        known[front] = interface
        await draw(front, interface)

    def draw_now(front: ScreenFront) -> None:
        if front not in known:
            want_frame(front)
            return
        drawing = draw(front, known[front])
        with suppress(StopIteration):
            drawing.send(None)

    patch.setattr(ScreenFront, "draw", remember)
    patch.setattr(ScreenFront, "want_frame", draw_now)


def a_slow_terminal_that_holds_up_everybody(patch: pytest.MonkeyPatch) -> None:
    original, lock = Painter.run, trio.Lock()

    async def run(self: Painter) -> None:
        sent = self._terminal.wait_sent

        async def wait_sent() -> None:
            async with lock:
                await sent()

        patch.setattr(self._terminal, "wait_sent", wait_sent)
        await original(self)

    patch.setattr(Painter, "run", run)


def an_escape_split_over_pieces(patch: pytest.MonkeyPatch) -> None:
    original = KeyDecoder.feed

    def feed(self: KeyDecoder, data: bytes) -> Any:
        return original(self, data) + (self.expire() if self.escape_pending else [])

    patch.setattr(KeyDecoder, "feed", feed)


PLANTED: tuple[Planted, ...] = (
    Planted(shown_before_it_is_committed),
    Planted(a_commit_given_up_when_the_disk_fails, soon=3),
    Planted(a_lost_wake_up, soon=1),
    Planted(a_commit_that_drops_what_came_meanwhile),
    Planted(an_await_before_the_finish, soon=4),
    Planted(a_call_without_its_result, soon=6),
    Planted(a_row_left_open, soon=5),
    Planted(a_double_finish),
    Planted(a_reader_off_by_one, soon=1),
    Planted(entries_in_the_wrong_order, soon=1),
    Planted(a_place_that_is_not_given_back),
    Planted(a_stopped_answer_kept_as_running, soon=13),
    Planted(a_swallowed_cancelled, soon=1),
    Planted(a_lua_callback_re_entered),
    Planted(a_result_without_its_call, soon=6),
    Planted(an_escape_split_over_pieces, soon=16),
    Planted(a_bell_left_hanging),
    Planted(an_unbounded_queue, soon=6),
    Planted(a_gate_that_admits_one_too_many, soon=22),
    Planted(a_ring_that_is_not_kept, soon=23),
    Planted(a_resync_off_by_one, soon=1),
    Planted(answers_without_a_limit, soon=1),
    Planted(a_cursor_taken_too_late, soon=1),
    Planted(a_slow_terminal_that_holds_up_everybody, soon=434),
)

EXPECTED_LATER: tuple[Planted, ...] = ()
