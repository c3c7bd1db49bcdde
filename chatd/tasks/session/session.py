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
from chatd.core.sanitize import sanitize
from chatd.errors import Exit, ScriptError
from chatd.ports import Terminal
from chatd.tasks.chat import views
from chatd.tasks.chat.cancel import cancel
from chatd.tasks.chat.facts import STOPPING
from chatd.tasks.chat.hub import Hub
from chatd.tasks.chat.login import Login
from chatd.tasks.chat.notices import Level
from chatd.tasks.chat.views import NOTHING_NEW, Since
from chatd.tasks.log.throttle import Throttle
from chatd.tasks.scripts.runner import CallEnded, TimerRang
from chatd.tasks.session import inbox as items
from chatd.tasks.session.actions import Actions
from chatd.tasks.session.effects import Effects
from chatd.tasks.session.frame_pace import FramePace
from chatd.tasks.session.front import Front, FrontMode
from chatd.tasks.session.health import Health
from chatd.tasks.session.inbox import MAX_NOTICES, ItemBell
from chatd.tasks.session.room_presence import RoomPresence
from chatd.tasks.session.script_api import ScriptApi
from chatd.tasks.session.script_loop import ScriptLoop
from chatd.tasks.session.state import State
from chatd.tasks.session.ticker import Ticker
from chatd.tasks.session.transitions import Transitions


async def serve_session(hub: Hub, terminal: Terminal, front: Front, login: Login) -> int:
    """Run one person's chat session to its end, beginning in the lobby; returns the exit status.

    `front` is the screen or the line mode it talks through. Cancelled when the channel goes. Raises ScriptError when
    the interface cannot be loaded, StorageError when the lobby cannot be read.
    """
    state = State(hub, terminal, login, await hub.open_room(LOBBY, login.visitor))
    return await Session(state, front).serve()


class Session:
    """One person in one room, with a script. It alone takes from the inbox, and changes who and where one is."""

    def __init__(self, state: State, front: Front) -> None:
        self._state = state
        self._hub = state.hub
        self._front = front
        self._pace = FramePace(state, is_screen=front.mode is FrontMode.SCREEN)
        front.attach(state, self._pace.frame)
        self._bell = Throttle(front.rang, self._pace.frame)
        self._presence = RoomPresence(state, self._bell)
        self._exit_status = int(Exit.OK)
        self._transitions = Transitions(state)
        actions = Actions(state)
        self._effects = Effects(state, actions, self._transitions, self._leave_server)
        self._host = ScriptApi(state, actions, front, notify=self._notified, pace=self._pace.choose)
        self._health = Health(state, lambda: self._effects.unwritten)
        self._loop: ScriptLoop
        self._ticker = Ticker(self._pace.tick, lambda: state.inbox.put_now(items.Ticked()))
        self._quit = False
        self._input_ended = False
        self._unheard = 0
        """Times in a row that the script failed to take a Ctrl-C, and nothing else could."""

    async def serve(self) -> int:
        """Run to the end; returns the exit status. Raises ScriptError when the interface cannot be loaded."""
        state, hub, front = self._state, self._hub, self._front
        self._loop = await ScriptLoop.first(state, self._host, self._effects)
        since = self._presence.enter(state.room)
        front.enter(state.room, since)
        hub.recorder.health.hang(health := ItemBell(state.inbox, items.HealthRang()))
        hub.script_watch.bells.hang(changes := ItemBell(state.inbox, items.ScriptsChanged()))
        try:
            async with trio.open_nursery() as nursery:
                state.open(nursery)
                self._loop.begin()
                front.begin(self._loop)
                nursery.start_soon(front.read)
                nursery.start_soon(front.paint)
                nursery.start_soon(self._watch_stop)
                nursery.start_soon(self._bell.run)
                nursery.start_soon(self._ticker.run)
                await self._run_script(since)
                nursery.cancel_scope.cancel()
        finally:
            hub.recorder.health.unhang(health)
            hub.script_watch.bells.unhang(changes)
            front.leave()
            try:
                await self._loop.stop()
            finally:
                self._loop.close()
                self._effects.last()
                self._presence.leave()
                self._transitions.close()
                front.end()
        return self._exit_status

    # --- the script loop

    async def _run_script(self, since: Since) -> None:
        await self._loop.call("on_start")
        await self._tell_room(since)
        self._front.entered(self._state.room)
        self._front.want_frame()
        while not self._may_end():
            self._ticker.runs = self._loop.hears("on_tick")
            item = await self._state.inbox.take()
            self._front.gather()
            await self._take(item)
            await self._front.show_gathered(self._loop)

    def _may_end(self) -> bool:
        if self._quit and self._front.mode is FrontMode.SCREEN:
            return True
        if not (self._input_ended or self._quit):
            return False
        unwritten = self._effects.unwritten
        if self._hub.recorder.trouble and unwritten:
            self._exit_status = int(Exit.FAILED)
            return True
        state = self._state
        own = any(answer.owner is state for answer in self._hub.answers.running)
        busy = own or unwritten or state.inbox.notices or self._transitions.pending or self._loop.waits
        return not busy and state.cursor == state.room.number and self._front.idle()

    async def _take(self, item: items.Item) -> None:
        """One item of the channel."""
        match item:
            case items.KeyPressed() | items.LineTyped() if self._quit:
                pass  # typed after the goodbye
            case items.KeyPressed(key=key):
                await self._loop.call("on_key", key.name, key.text, key.size)
            case items.Interrupted():
                await self._interrupt()
            case items.LineTyped(text=text):
                await self._loop.call("on_line", text)
            case items.InputEnded():
                self._input_ended = True
            case items.SizeChanged():
                await self._loop.call("on_resize", *self._front.size())
            case items.RoomRang():
                self._front.show()
                await self._loop.read_room(self._front.alerts)
                if self._presence.others_moved() and self._loop.hears("on_people"):
                    await self._loop.call("on_people")
            case items.HealthRang():
                self._health.tell()
            case items.Ticked():
                await self._loop.call("on_tick", self._hub.clock.now_ms())
            case items.FrameWanted():
                await self._front.draw(self._loop)
            case CallEnded():
                await self._loop.resume(item)
            case TimerRang():
                await self._loop.ring(item)
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

    async def _interrupt(self) -> None:
        """Ctrl-C: the script decides. When it cannot, the newest answer is cancelled all the same, and where there is
        none the session ends at the second time, as no key might do anything.
        """
        if await self._loop.call("on_key", "C-c", "", 0):
            self._unheard = 0
        elif (answer := self._hub.answers.newest(self._state)) is not None:
            cancel([answer])
        else:
            self._unheard += 1
            if self._unheard >= 2:
                self._leave_server()

    def _leave_server(self) -> None:
        """The person wants to leave: on a screen at once, in line mode when what there is to print has been."""
        self._quit = True
        self._effects.stop_answers()

    # --- another runtime

    async def _reload(self) -> None:
        """Go on with the interface as its files are now; if they are broken, with the one there is."""
        if (new := await self._opened_anew()) is None:
            return
        await self._loop.stop()
        self._effects.apply()
        await self._swap(new)

    async def _opened_anew(self) -> ScriptLoop | None:
        before, self._host.reloaded = self._host.reloaded, True
        try:
            return await ScriptLoop.opened(self._state, self._host, self._effects)
        except ScriptError as error:
            self._host.reloaded = before
            self._state.notice(f"the changed scripts are broken, the old ones go on: {error}", Level.ERROR)
            return None

    async def _swap(self, new: ScriptLoop, since: Since = NOTHING_NEW) -> None:
        old, self._loop = self._loop, new
        old.close()
        new.begin()
        self._front.begin(new)
        await new.call("on_start")
        await self._tell_room(since)
        self._front.want_frame()

    # --- rooms and names

    async def _opened(self, opened: items.RoomOpened) -> None:
        if opened.room is None:
            self._state.notice(opened.problem, Level.ERROR)
        elif not self._hub.lobby.has(opened.room):
            self._transitions.again()
            return
        else:
            await self._switch(opened.room)
        self._transitions.arrived()

    async def _switch(self, room: Room) -> None:
        self._presence.leave()
        since = self._presence.enter(room)
        self._front.enter(room, since)
        await self._tell_room(since)
        self._front.entered(room)
        self._front.want_frame()

    async def _renamed(self, renamed: items.Renamed) -> None:
        """Be somebody else from now on; the script begins anew, for everything it knows is of the old name."""
        state, lobby = self._state, self._hub.lobby
        await self._loop.stop()
        self._effects.apply()
        self._presence.leave()
        state.login.become(renamed.login)
        before = state.room
        since = self._presence.enter(lobby.find(before.name, state.visitor.name) or lobby.get(LOBBY, ""))
        self._front.renamed(state.room)
        since = since if state.room is not before else NOTHING_NEW
        if (new := await self._opened_anew()) is not None:
            await self._swap(new, since)
        else:
            self._loop.goes_on()
            await self._tell_room(since)
        state.notice(renamed.notice, Level.INFO)
        self._transitions.arrived()

    async def _tell_room(self, since: Since = NOTHING_NEW) -> None:
        await self._loop.call("on_room", views.room_view(self._state.room, since))

    # --- words for the person

    def _notified(self, text: str) -> None:
        """The script tells the person something; what nobody will read costs nobody time."""
        self._state.notice(sanitize(text) if self._state.inbox.notices < MAX_NOTICES else "", Level.INFO)

    async def _show(self, text: str, level: Level) -> None:
        inbox = self._state.inbox
        await self._front.tell(self._loop, text, level)
        if inbox.dropped and not inbox.notices:
            await self._front.tell(self._loop, f"… and {inbox.dropped} more notices", level)
            inbox.dropped = 0

    async def _watch_stop(self) -> None:
        await self._hub.stopping.wait()
        self._exit_status = int(Exit.STOPPING)
        self._front.farewell(STOPPING)
        self._state.end()
