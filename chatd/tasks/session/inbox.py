"""A session's script channel: everything that enters Lua is an item of it, and one task receives.

Keys wait when it is full, so a session that cannot keep up is not read. Everything else has a reserved place: a room's
bell, a tick or a new size is at most one item however often it happens, results and timers are bounded by the calls and
timers there may be, and Ctrl-C never waits.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import trio

from chatd.core.room import Room
from chatd.tasks.chat.login import Login
from chatd.tasks.chat.notices import Level
from chatd.tasks.scripts.runner import CallEnded, TimerRang
from chatd.wire.keys import Key


@dataclass(frozen=True, slots=True)
class KeyPressed:
    """A key, a run of text, or a paste."""

    key: Key


@dataclass(frozen=True, slots=True)
class LineTyped:
    """A whole input line (line mode)."""

    text: str


@dataclass(frozen=True, slots=True)
class InputEnded:
    """Nothing more will be typed."""


@dataclass(frozen=True, slots=True)
class Interrupted:
    """Ctrl-C, in its reserved place."""


@dataclass(frozen=True, slots=True)
class SizeChanged:
    """The terminal has another size."""


@dataclass(frozen=True, slots=True)
class RoomRang:
    """The room has new entries, or people came and went."""


@dataclass(frozen=True, slots=True)
class HealthRang:
    """The log began to fail, or works again."""


@dataclass(frozen=True, slots=True)
class Ticked:
    """The ticker says that time passes."""


@dataclass(frozen=True, slots=True)
class FrameWanted:
    """The painter is ready to show something new."""


@dataclass(frozen=True, slots=True)
class ScriptsChanged:
    """The interface's files are others now."""


@dataclass(frozen=True, slots=True)
class RoomOpened:
    """The room that was asked for is ready to be entered; or it cannot be, and why."""

    room: Room | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Renamed:
    """The name that was asked for is this person's; what goes with it has been loaded."""

    login: Login
    notice: str


@dataclass(frozen=True, slots=True)
class Notice:
    """The host tells the person something."""

    text: str
    level: Level


Item = (
    KeyPressed | LineTyped | InputEnded | Interrupted | SizeChanged | RoomRang | HealthRang | Ticked
    | FrameWanted | CallEnded | TimerRang | ScriptsChanged | RoomOpened | Renamed | Notice
)  # fmt: skip

SINGLE = (
    InputEnded,
    Interrupted,
    SizeChanged,
    RoomRang,
    HealthRang,
    Ticked,
    FrameWanted,
    ScriptsChanged,
    RoomOpened,
    Renamed,
)
"""At most one of each of these is in the channel; the next one of its kind adds nothing to it."""

INPUT = (KeyPressed, LineTyped, InputEnded)

MAX_NOTICES = 16
"""Notices in the channel; more in one breath are counted, and the person is told how many."""


class Inbox:
    """The channel. Every method but `put` and `take` is synchronous and may be called from any task or callback."""

    def __init__(self, keys: int, calls: int, timers: int = 0) -> None:
        """`keys` may wait, and the results of `calls` suspended callbacks, and `timers`."""
        self._places = trio.Semaphore(keys, max_value=keys)
        self._pending: set[type] = set()
        self.waiting = 0
        """Items in the channel."""
        self.notices = 0
        """Notices that wait."""
        self.dropped = 0
        """Notices there was no room for; whoever shows notices sets it back."""
        self.held = False
        """While set, input waits: keys and lines typed ahead are for the room that is being opened."""
        self._typed_ahead: deque[Item] = deque()  # bounded by the places for input, which these still occupy
        capacity = keys + calls + timers + len(SINGLE) + MAX_NOTICES
        self._send, self._receive = trio.open_memory_channel[Item](capacity)

    async def put(self, item: KeyPressed | LineTyped) -> None:
        """Add input, waiting for a place; nobody has a turn meanwhile where there is one."""
        try:
            self._places.acquire_nowait()
        except trio.WouldBlock:
            await self._places.acquire()
        self._send.send_nowait(item)
        self.waiting += 1

    def put_now(self, item: Item) -> None:
        """Add an item that has a reserved place."""
        kind = type(item)
        if kind in SINGLE:
            if kind in self._pending:
                return
            self._pending.add(kind)
        elif isinstance(item, Notice):
            if self.notices >= MAX_NOTICES:
                self.dropped += 1
                return
            self.notices += 1
        self._send.send_nowait(item)
        self.waiting += 1

    def ring(self) -> None:
        """The bell of the room this session watches."""
        self.put_now(RoomRang())

    async def take(self) -> Item:
        """The next item; for the script loop alone."""
        if self._typed_ahead and not self.held:
            await trio.lowlevel.checkpoint()
            item = self._typed_ahead.popleft()
        else:
            item = await self._received()
            while isinstance(item, INPUT) and (self.held or self._typed_ahead):
                self._typed_ahead.append(item)
                item = await self._received()
        if isinstance(item, KeyPressed | LineTyped):
            self._places.release()
        elif isinstance(item, Notice):
            self.notices -= 1
        else:
            self._pending.discard(type(item))
        return item

    async def _received(self) -> Item:
        item = await self._receive.receive()
        self.waiting -= 1
        return item


class ItemBell:
    """A bell that puts an item into a session's channel."""

    def __init__(self, inbox: Inbox, item: Item) -> None:
        self._inbox = inbox
        self._item = item

    def ring(self) -> None:
        """Put it there, unless one is there already."""
        self._inbox.put_now(self._item)
