"""What the parts of one session share: made first, known by all of them. The session alone changes who and where."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVarTuple

import trio

from chatd.core.room import Room
from chatd.core.visit import Visitor
from chatd.ports import MAX_SUSPENDED, Terminal
from chatd.tasks.chat.hub import Hub
from chatd.tasks.chat.login import Login
from chatd.tasks.chat.notices import Level
from chatd.tasks.screens.canvas import Drawing
from chatd.tasks.scripts.timers import MAX_TIMERS
from chatd.tasks.session.inbox import Inbox, Notice

Arguments = TypeVarTuple("Arguments")


class State:
    """One session: who is in which room, the channel into its script, and the nursery of its tasks."""

    def __init__(self, hub: Hub, terminal: Terminal, login: Login, room: Room) -> None:
        self.hub = hub
        self.terminal = terminal
        self.login = login
        self.room = room
        self.cursor = room.number
        """The number of the last entry that the script was told of."""
        # Of results and timers, those of the runtime before the present one may be in the channel still.
        self.inbox = Inbox(hub.limits.keys_queued, MAX_SUSPENDED * 2, MAX_TIMERS * 2)
        self.drawing = Drawing()
        """What the script draws on."""
        self._nursery: trio.Nursery | None = None

    @property
    def visitor(self) -> Visitor:
        """Who the person is at the moment."""
        return self.login.visitor

    def open(self, nursery: trio.Nursery) -> None:
        """The session's tasks run in this nursery."""
        self._nursery = nursery

    @property
    def nursery(self) -> trio.Nursery:
        """The nursery of the session's tasks, its mentions among them."""
        assert self._nursery is not None, "the session has not begun"
        return self._nursery

    def start(
        self, job: Callable[[*Arguments], Awaitable[object]], *arguments: *Arguments,
        name: str | None = None,
    ) -> None:  # fmt: skip
        """Start a task of the session."""
        self.nursery.start_soon(job, *arguments, name=name)

    def end(self) -> None:
        """End the session now: its nursery is cancelled."""
        self.nursery.cancel_scope.cancel()

    def notice(self, text: str, level: Level) -> None:
        """Tell the person something when it is its turn."""
        self.inbox.put_now(Notice(text, level))
