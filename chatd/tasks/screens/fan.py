"""The fan: one task that brings what is new in the rooms to all screens, at the pace of frames, and wakes nobody.

A bell rings for each watcher; it costs a place in a set. Each visit shows a watcher what is new, most of it in bytes
that others have had made. Who cannot be served so goes on by themselves: whose terminal has not taken what was written,
whose rows have to be loaded first, who has scripts of their own that draw rows. So does who meets a bug: it is raised
in their session, and nobody else's screen stands still.

All of a round are shown the same facts of a room (`room_facts`): where answers run these are soon others, and each
screen would have a status line of its own, which nobody else finds drawn.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from math import inf
from typing import Protocol

import trio

from chatd.errors import TerminalGone
from chatd.tasks.log.bell import Bell
from chatd.tasks.screens.display import NOTHING, Missing
from chatd.tasks.screens.looks import Looks
from chatd.tasks.screens.room_facts import PHASE_MS, RoomFactsMaker

logger = logging.getLogger("chatd.screens")

STEP = 25
"""Followers visited before others have their turn: about a millisecond, where they share what is sent."""

STEP_S = 0.01
"""Seconds after which others have their turn in any case: a large screen of emoji alone takes as long."""

ROUNDS = 4
"""Times that what is missing is drawn within one visit: the status line, the rows, those that name somebody."""

SHARE = 2
"""Times as long as a round of visits took it is at least until the next one begins: others have half of the time."""


AT_ONCE = 3
"""Rounds that follow each other at once after a pause: a question is shown, who answers it, and how that begins."""


class Watcher(Protocol):
    """Somebody whose screen shows what is new in a room."""

    def visit(self, *, again: bool) -> Missing | None:
        """Show what is new. Returns what has to be drawn first, and then it is called `again`; None when the watcher
        does that itself. Raises TerminalGone.
        """
        ...

    def changed(self) -> None:
        """Things look otherwise: what is shown is drawn anew."""
        ...

    def hand_over(self) -> None:
        """What is missing is not to be had here: see to it yourself."""
        ...

    def fail(self, bug: Exception) -> None:
        """Its visit has met a bug, which is its own affair: nobody else hears of it."""
        ...

    @property
    def moves(self) -> bool:
        """Whether it is to be visited with each phase of what moves."""
        ...

    @property
    def is_due(self) -> bool:
        """Whether it may be visited again, for that."""
        ...


class Rounds:
    """When the next round of visits may begin: one for each interval, and some at once after a while in which there
    were none, so that what begins is shown at once. Whatever rounds take, others have the rest of the time.
    """

    def __init__(self) -> None:
        self.due = 0.0
        """trio's time of the next one, at the earliest."""
        self._paid_until = -inf
        """Up to when, in intervals of those there were, the time is taken."""

    def took(self, began: float, seconds: float, interval: float) -> None:
        """A round began then, and took so long; the interval is as long as this at present."""
        self._paid_until = max(self._paid_until, began - interval * (AT_ONCE - 1)) + interval
        self.due = max(self._paid_until, began + SHARE * seconds)


class Fan:
    """The fan of one server; `run` is its task."""

    def __init__(
        self, looks: Looks, facts: RoomFactsMaker, interval: Callable[[], float], now_ms: Callable[[], int]
    ) -> None:
        """`interval` gives the seconds between two rounds of visits, and is asked each time."""
        self._facts = facts
        self._looks = looks
        self._interval = interval
        self._now_ms = now_ms
        self._watchers: dict[Watcher, None] = {}  # dicts keep their order, sets would not
        self._rung: dict[Watcher, None] = {}
        self._moving: dict[Watcher, None] = {}
        self._bell = Bell()
        self._rounds = Rounds()
        self._phase = 0
        """Of what moves, the last one that was rung for."""

    @property
    def watched(self) -> bool:
        """Whether somebody is to be visited, or may be."""
        return bool(self._watchers or self._rung or self._moving)

    def join(self, watcher: Watcher) -> None:
        """This one is rung for from now on. It sees its room as it is now."""
        self._watchers[watcher] = None
        self._facts.renew()

    def ring_all(self) -> None:
        """Things look otherwise for everybody."""
        for watcher in self._watchers:
            watcher.changed()
            self.ring(watcher)

    def ring(self, watcher: Watcher) -> None:
        """There is something new for this one; who has left is not visited, whoever rings still."""
        if watcher in self._watchers:
            self._rung[watcher] = None
            self._bell.ring()

    def move(self, watcher: Watcher) -> None:
        """Something on its screen moves with the time: it is visited with each phase."""
        if watcher not in self._moving:
            self._moving[watcher] = None
            self._bell.ring()

    def look_again(self) -> None:
        """When something is late may be another time than it was."""
        self._bell.ring()

    def leave(self, watcher: Watcher) -> None:
        """It is visited no more."""
        self._watchers.pop(watcher, None)
        self._rung.pop(watcher, None)
        self._moving.pop(watcher, None)

    async def run(self) -> None:
        """Visit whoever was rung for, until cancelled."""
        while True:
            await self._wait()
            await trio.sleep_until(self._rounds.due)
            await self._round()

    async def _round(self) -> None:
        """Visit all who were rung for until now."""
        began = since = trio.current_time()
        watchers, self._rung = list(self._rung), {}
        self._facts.renew()
        visited = 0
        for watcher in watchers:
            await self._visit(watcher)
            visited += 1
            if visited == STEP or trio.current_time() - since > STEP_S:
                await trio.lowlevel.checkpoint()
                visited, since = 0, trio.current_time()
        seconds = trio.current_time() - began
        self._rounds.took(began, seconds, self._interval())
        logger.debug("%d screens were visited in %.1f ms, of %d", len(watchers), seconds * 1000, len(self._watchers))

    async def _wait(self) -> None:
        """Until somebody was rung for; where something moves, or is late, until it is time for that."""
        while True:
            self._ring_due()
            if self._rung:
                return
            left = (PHASE_MS - self._now_ms() % PHASE_MS) / 1000 if self._moving else inf
            with trio.move_on_at(min(trio.current_time() + left, self._facts.due)):
                await self._bell.wait()

    def _ring_due(self) -> None:
        """For what is late, and for whom another phase has begun since the last time."""
        if self._facts.due <= trio.current_time():
            self._facts.ring_late()
        phase = self._now_ms() // PHASE_MS
        if phase != self._phase:
            self._phase = phase
            for watcher in self._moving:
                if watcher.is_due:
                    self.ring(watcher)

    async def _visit(self, watcher: Watcher) -> None:
        try:
            await self._show(watcher)
        except TerminalGone:
            pass  # its session ends
        except Exception as bug:  # noqa: BLE001 - the session raises it, and ends alone
            watcher.fail(bug)
        if watcher in self._watchers and watcher.moves:
            self._moving[watcher] = None
        else:
            self._moving.pop(watcher, None)

    async def _show(self, watcher: Watcher) -> None:
        """Have it show what is new, having drawn first what that takes."""
        missing: Missing | None = NOTHING
        for tries in range(ROUNDS):
            if watcher not in self._watchers:  # it has left meanwhile
                return
            missing = watcher.visit(again=tries > 0)
            if missing is None or not missing.wants:
                break
            await self._looks.draw(missing.wants)
        if missing != NOTHING and watcher in self._watchers:
            logger.debug(
                "a screen is left to itself: %d drawings are missing", 0 if missing is None else len(missing.wants)
            )
            watcher.hand_over()
