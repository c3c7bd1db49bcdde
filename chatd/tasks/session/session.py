"""A session (N3): reader, script loop, painter, and the nursery its mentions live in.

    nursery
      reader         the only one that reads the terminal; keys or lines into the inbox
      script loop    the only one that enters Lua; applies what it asked for
      painter        the only one that waits for the client (full screen only)
      ticker, watchers of the server's stop and of the log's health
      mention × m    each with its own nursery and scope (N4)
      timer × 16     of the script

The channel's end cancels the session, which cancels its mentions; each finishes its rows before the session is gone.
"""

from __future__ import annotations

from typing import assert_never

import trio

from chatd.core.lobby import LOBBY
from chatd.core.room import Room
from chatd.core.row import Status
from chatd.core.sanitize import sanitize
from chatd.core.visit import Visitor
from chatd.errors import Exit, ScriptError
from chatd.ports import MAX_SUSPENDED, Terminal
from chatd.tasks.chat import views
from chatd.tasks.chat.facts import STOPPING
from chatd.tasks.chat.hub import Hub
from chatd.tasks.chat.login import Login
from chatd.tasks.log.throttle import Throttle
from chatd.tasks.scripts.runner import CallEnded, TimerRang
from chatd.tasks.scripts.timers import MAX_TIMERS
from chatd.tasks.session import inbox as items
from chatd.tasks.session.actions import Actions
from chatd.tasks.session.effects import Effects
from chatd.tasks.session.frame_pace import FramePace
from chatd.tasks.session.front import Front
from chatd.tasks.session.health import Health
from chatd.tasks.session.inbox import MAX_NOTICES, Inbox, ItemBell
from chatd.tasks.session.script_api import ScriptApi
from chatd.tasks.session.script_loop import ScriptLoop, tick
from chatd.tasks.session.transitions import Transitions


class Session:
    """One person in one room, with a script. `front` is the screen or the line mode it talks through."""

    def __init__(self, hub: Hub, terminal: Terminal, front: Front, notice: str, login: Login) -> None:
        self.hub = hub
        self.terminal = terminal
        self.login = login
        # Of results and timers, those of the runtime before the present one may be in the channel still.
        self.inbox = Inbox(hub.limits.keys_queued, MAX_SUSPENDED * 2, MAX_TIMERS * 2)
        self.pace = FramePace(self)
        self.bell = Throttle(self.inbox.ring, self.pace.frame)
        self.front = front
        self.cursor = 0
        self.exit_status = int(Exit.OK)
        self.room: Room
        self.nursery: trio.Nursery
        self.loop: ScriptLoop
        self.actions = Actions(hub, login, self, lambda: self.room)
        self.host = ScriptApi(
            hub, login, self.actions, front, owner=self, notice=notice, room=lambda: self.room,
            notify=self._notified, pace=self.pace.choose, begin=lambda job: self.nursery.start_soon(job, name="row"),
        )  # fmt: skip
        self.effects = Effects(self)
        self.moves = Transitions(self)
        self.health = Health(self)
        self._quit = False
        self._input_ended = False
        self._comings = 0
        self._unheard = 0  # times in a row that the script failed to take a Ctrl-C, and nothing else could
        self._unread = 0

    @property
    def visitor(self) -> Visitor:
        """Who the person is at the moment."""
        return self.login.visitor

    async def serve(self) -> int:
        """Run to the end; returns the exit status. Raises ScriptError when the interface cannot be loaded."""
        self.room = await self.hub.open_room(LOBBY, self.visitor)
        self.loop = await ScriptLoop.first(self)
        self._enter(self.room)
        self.hub.recorder.health.hang(health := ItemBell(self.inbox, items.HealthRang()))
        self.hub.script_watch.bells.hang(changes := ItemBell(self.inbox, items.ScriptsChanged()))
        try:
            async with trio.open_nursery() as nursery:
                self.nursery = nursery
                self.loop.begin()
                self.front.begin(self)
                nursery.start_soon(self.front.read)
                nursery.start_soon(self.front.paint)
                nursery.start_soon(self._watch_stop)
                nursery.start_soon(self.bell.run)
                nursery.start_soon(tick, self.pace.tick, lambda: self.inbox.put_now(items.Ticked()))
                await self._run_script()
                nursery.cancel_scope.cancel()
        finally:
            self.hub.recorder.health.unhang(health)
            self.hub.script_watch.bells.unhang(changes)
            try:
                await self.loop.stop()
            finally:
                self.loop.close()
                self.effects.last()
                self._leave()
                self.moves.close()
                self.front.end()
        return self.exit_status

    # --- the script loop

    async def _run_script(self) -> None:
        await self.loop.call("on_start")
        await self.loop.call("on_room", views.room_view(self.hub, self.room, self.login.unread(self.room)))
        self.front.entered(self.room)
        self.front.want_frame()
        while not self._may_end():
            await self._take(await self.inbox.take())

    def _may_end(self) -> bool:
        if self._quit and self.front.mode == "screen":
            return True
        if not (self._input_ended or self._quit):
            return False
        unwritten = self.effects.unwritten
        if self.hub.recorder.trouble and unwritten:
            self.exit_status = int(Exit.FAILED)
            return True
        own = any(answer.owner is self for answer in self.hub.answers.running)
        busy = own or unwritten or self.inbox.notices or self.moves.pending or self.loop.waits
        return not busy and self.cursor == self.room.number and self.front.idle()

    async def _take(self, item: items.Item) -> None:
        """One item of the channel."""
        match item:
            case items.KeyPressed() | items.LineTyped() if self._quit:
                pass  # typed after the goodbye
            case items.KeyPressed(key=key):
                await self.loop.call("on_key", key.name, key.text, key.size)
            case items.Interrupted():
                await self._interrupt()
            case items.LineTyped(text=text):
                await self.loop.call("on_line", text)
            case items.InputEnded():
                self._input_ended = True
            case items.SizeChanged():
                await self.loop.call("on_resize", *self.front.size())
            case items.RoomRang():
                self.front.show()
                await self.loop.read_room()
                await self._look_around()
                self.front.want_frame()
            case items.HealthRang():
                self.health.tell()
            case items.Ticked():
                await self.loop.call("on_tick", self.hub.clock.now_ms())
            case items.FrameWanted():
                await self.front.draw()
            case CallEnded():
                await self.loop.resume(item)
            case TimerRang():
                await self.loop.ring(item)
            case items.ScriptsChanged():
                await self._reload()
            case items.RoomOpened():
                await self._opened(item)
            case items.Renamed():
                await self._renamed(item)
            case items.Notice(text=text, level=level):
                await self._show(text, level)
            case _:
                assert_never(item)

    async def _look_around(self) -> None:
        """Tell the script when somebody came or went."""
        comings = self.hub.lobby.presence(self.room).index
        if comings != self._comings:
            self._comings = comings
            await self.loop.call("on_people")

    async def _interrupt(self) -> None:
        """Ctrl-C: the script decides. When it cannot, the newest answer is cancelled all the same, and where there is
        none the session ends at the second time, as no key might do anything.
        """
        if await self.loop.call("on_key", "C-c", "", 0):
            self._unheard = 0
        elif (answer := self.hub.answers.newest(self)) is not None:
            answer.stop(Status.CANCELLED)
        else:
            self._unheard += 1
            if self._unheard >= 2:
                self.quit()

    def quit(self) -> None:
        """The person wants to leave: on a screen at once, in line mode when what there is to print has been."""
        self._quit = True
        self.effects.stop_answers()

    # --- another runtime

    async def _reload(self) -> None:
        """Go on with the interface as its files are now; if they are broken, with the one there is."""
        if (new := await self._opened_anew()) is None:
            return
        await self.loop.stop()
        self.effects.apply()
        await self._swap(new)

    async def _opened_anew(self) -> ScriptLoop | None:
        before, self.host.reloaded = self.host.reloaded, True
        try:
            return await ScriptLoop.opened(self)
        except ScriptError as error:
            self.host.reloaded = before
            self.notice(f"the changed scripts are broken, the old ones go on: {error}", "error")
            return None

    async def _swap(self, new: ScriptLoop) -> None:
        old, self.loop = self.loop, new
        old.close()
        new.begin()
        await new.call("on_start")
        await self._tell_room()
        self.front.want_frame()

    # --- rooms and names

    async def _opened(self, opened: items.RoomOpened) -> None:
        if opened.room is None:
            self.notice(opened.problem, "error")
        elif not self.hub.lobby.has(opened.room):
            self.moves.again()
            return
        else:
            await self._switch(opened.room)
        self.moves.arrived()

    async def _switch(self, room: Room) -> None:
        self._leave()
        self._enter(room)
        await self.loop.call("on_room", views.room_view(self.hub, room, self.login.unread(room)))
        self.front.entered(room)
        self.front.want_frame()

    async def _renamed(self, renamed: items.Renamed) -> None:
        """Be somebody else from now on; the script begins anew, for everything it knows is of the old name."""
        await self.loop.stop()
        self.effects.apply()
        self._leave()
        self.login.become(renamed.login)
        self._enter(self.hub.lobby.find(self.room.name, self.visitor.name) or self.hub.lobby.get(LOBBY, ""))
        if (new := await self._opened_anew()) is not None:
            await self._swap(new)
        else:
            self.loop.goes_on()
            await self._tell_room()
        self.notice(renamed.notice, "info")
        self.moves.arrived()

    async def _tell_room(self, unread: int = 0) -> None:
        await self.loop.call("on_room", views.room_view(self.hub, self.room, unread))

    def _enter(self, room: Room) -> None:
        self.room = room
        self._unread = room.seq - self.login.marks.get(room.id, room.seq)
        self.cursor = room.number
        self.hub.recorder.watch(room, self.bell)
        self.hub.enter(room, self.visitor)
        self.hub.subscribe(self.visitor.name, self.notice)
        self._comings = self.hub.lobby.presence(room).index

    def _leave(self) -> None:
        self.login.marks[self.room.id] = self.room.seq
        self.hub.unsubscribe(self.visitor.name, self.notice)
        self.hub.recorder.unwatch(self.room, self.bell)
        self.hub.leave(self.room, self.visitor)

    def notice(self, text: str, level: str) -> None:
        """Tell the person something when it is its turn; `level` is info, warn, error or message."""
        self.inbox.put_now(items.Notice(text, level))

    def _notified(self, text: str) -> None:
        """The script tells the person something; what nobody will read costs nobody time."""
        self.notice(sanitize(text) if self.inbox.notices < MAX_NOTICES else "", "info")

    async def _show(self, text: str, level: str) -> None:
        await self.front.tell(text, level)
        if self.inbox.dropped and not self.inbox.notices:
            await self.front.tell(f"… and {self.inbox.dropped} more notices", level)
            self.inbox.dropped = 0

    async def _watch_stop(self) -> None:
        await self.hub.stopping.wait()
        self.exit_status = int(Exit.STOPPING)
        self.front.farewell(STOPPING)
        self.nursery.cancel_scope.cancel()
