"""The fan: one task that brings what is new in the rooms to all screens, at the pace of frames, and wakes nobody.

A bell rings for each watcher; it costs a place in a set. Each visit shows a watcher what is new, most of it in bytes
that others have had made. Who cannot be served so goes on by themselves: whose terminal has not taken what was written,
whose rows have to be loaded first, who has scripts of their own that draw rows.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

import trio

from chatd.errors import TerminalGone
from chatd.tasks.screens.looks import Looks
from chatd.tasks.screens.room_facts import PHASE_MS
from chatd.tasks.screens.screen import NOTHING, Missing

logger = logging.getLogger("chatd.session")

STEP = 25
"""Followers visited before others have their turn: about a millisecond."""

ROUNDS = 4
"""Times that what is missing is drawn within one visit: the status line, the rows, those that name somebody."""

SHARE = 2
"""Times as long as a round of visits took it is at least until the next one begins: others have half of the time."""


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

    @property
    def moves(self) -> bool:
        """Whether it is to be visited with each phase of what moves."""
        ...


class Fan:
    """The fan of one server; `run` is its task."""

    def __init__(self, looks: Looks, interval: Callable[[], float], now_ms: Callable[[], int]) -> None:
        """`interval` gives the seconds between two rounds of visits, and is asked each time."""
        self._looks = looks
        self._interval = interval
        self._now_ms = now_ms
        self._watchers: dict[Watcher, None] = {}  # dicts keep their order, sets would not
        self._rung: dict[Watcher, None] = {}
        self._moving: dict[Watcher, None] = {}
        self._left: set[Watcher] = set()
        """Those who have left during this round."""
        self._bell = trio.Event()
        self._due = 0.0

    @property
    def watched(self) -> bool:
        """Whether somebody is to be visited, or may be."""
        return bool(self._watchers or self._rung or self._moving)

    def join(self, watcher: Watcher) -> None:
        """This one is rung for from now on."""
        self._watchers[watcher] = None

    def ring_all(self) -> None:
        """Things look otherwise for everybody."""
        for watcher in self._watchers:
            watcher.changed()
            self.ring(watcher)

    def ring(self, watcher: Watcher) -> None:
        """There is something new for this one; who has left is not visited, whoever rings still."""
        if watcher in self._watchers:
            self._rung[watcher] = None
            self._bell.set()

    def move(self, watcher: Watcher) -> None:
        """Something on its screen moves with the time: it is visited with each phase."""
        if watcher not in self._moving:
            self._moving[watcher] = None
            self._bell.set()

    def leave(self, watcher: Watcher) -> None:
        """It is visited no more."""
        self._watchers.pop(watcher, None)
        self._rung.pop(watcher, None)
        self._moving.pop(watcher, None)
        self._left.add(watcher)

    async def run(self) -> None:
        """Visit whoever was rung for, until cancelled."""
        while True:
            await self._wait()
            await trio.sleep_until(self._due)
            began = trio.current_time()
            self._bell = trio.Event()
            watchers, self._rung = list(self._rung), {}
            self._left.clear()
            for number, watcher in enumerate(watchers, 1):
                await self._visit(watcher)
                if number % STEP == 0:
                    await trio.lowlevel.checkpoint()
            took = trio.current_time() - began
            self._due = began + max(self._interval(), SHARE * took)

    async def _wait(self) -> None:
        """Until somebody was rung for; where something moves, until it moves on."""
        if not self._moving:
            await self._bell.wait()
            return
        left_ms = PHASE_MS - self._now_ms() % PHASE_MS
        with trio.move_on_after(left_ms / 1000):
            await self._bell.wait()
            return
        for watcher in self._moving:
            self.ring(watcher)

    async def _visit(self, watcher: Watcher) -> None:
        with suppress(TerminalGone):  # its session ends
            missing: Missing | None = NOTHING
            for tries in range(ROUNDS):
                if watcher in self._left:
                    return
                missing = watcher.visit(again=tries > 0)
                if missing is None or not missing.wants:
                    break
                await self._looks.draw(missing.wants)
            if missing is not NOTHING and missing != NOTHING and watcher not in self._left:
                watcher.hand_over()
        if watcher.moves and watcher not in self._left:
            self._moving[watcher] = None
        else:
            self._moving.pop(watcher, None)
