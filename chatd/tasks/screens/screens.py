"""All screens of one server: what they have in common, and the tasks that serve them."""

from __future__ import annotations

import trio

from chatd.tasks.chat.hub import Hub
from chatd.tasks.screens.display import Shared
from chatd.tasks.screens.fan import Fan
from chatd.tasks.screens.look_script import LookScript
from chatd.tasks.screens.looks import Looks
from chatd.tasks.screens.paints import Paints
from chatd.tasks.screens.room_facts import RoomFactsMaker
from chatd.tasks.screens.room_news import RoomNews
from chatd.tasks.screens.standing import Standings


class Screens:
    """What screens share. `serve` is a task that outlives every session."""

    def __init__(self, hub: Hub) -> None:
        self._script = LookScript(hub, self._changed)
        self.shared = Shared(Looks(self._script), RoomFactsMaker(hub, self._late), Standings(), Paints())
        hub.comings.shown_by(self.shared.facts.moved)
        self.news = RoomNews(hub.texts)
        self.fan = Fan(self.shared.looks, self.shared.facts, hub.frame_interval, hub.clock.now_ms)

    async def serve(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Draw what looks alike for all, and show what is new, until cancelled. Started when that is possible.

        Raises ScriptError when the shipped interface is broken.
        """
        async with trio.open_nursery() as nursery:
            await nursery.start(self._script.serve)
            nursery.start_soon(self.fan.run)
            task_status.started()

    def _changed(self) -> None:
        """Things look otherwise from now on."""
        self.shared.looks.forget()
        self.shared.facts.forget()
        self.fan.ring_all()

    def _late(self) -> None:
        """Who is in a room is shown a little later."""
        self.fan.look_again()
